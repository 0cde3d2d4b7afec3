"""`make bench`: the figures of the README, one part after the other. `python -m bench PART …` runs some of them.

Parts: triage (needs the real messages), matters (needs PostgreSQL), planning, rivals
(the same with the rivals beside it), procedures (needs PostgreSQL). Sizes and options: run the parts themselves with `--help`.
"""

from __future__ import annotations

import subprocess
import sys

PARTS = {
    "triage": ["bench.triage"],
    "matters": ["bench.matters", "--rival", "yanzhen"],
    "planning": ["bench.planning"],
    "rivals": ["bench.matters"],
    "lake": ["bench.lake"],
    "procedures": ["bench.procedures"],
}


def main(wanted: list[str]) -> int:
    """Run the parts; the exit code is that of the worst."""
    unknown = [part for part in wanted if part not in PARTS]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are: {', '.join(PARTS)}", file=sys.stderr)
        return 2
    codes = []
    for part in wanted or ["triage", "matters"]:
        print(f"== {part}", flush=True)
        codes.append(subprocess.run([sys.executable, "-m", *PARTS[part]], check=False).returncode)
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
