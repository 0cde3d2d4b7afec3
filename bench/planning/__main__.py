"""``python -m bench.planning [--only matching …] [--quick]``: every planner beside its rivals, in one run.

Each planner has ``bench/planning/<name>.py`` with ``run(quick) -> list[Row]``; ``--quick`` takes small sizes (about two minutes).
"""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from importlib import import_module
from importlib.util import find_spec

from bench.planning.frame import Row, machine, show, timed

NAMES = ("matching", "rotation", "grids", "siting", "index", "tables", "draws")


def main() -> int:
    """Run; the exit code is 1 when a part failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], help=", ".join(NAMES))
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    print(json.dumps({"machine": machine()}, ensure_ascii=False), flush=True)
    rows: list[Row] = []
    failed = 0
    for name in options.only or NAMES:
        if find_spec(f"bench.planning.{name}") is None:
            print(f"== {name}: not there")
            continue
        print(f"== {name}", flush=True)
        try:
            found, seconds = timed(lambda name=name: import_module(f"bench.planning.{name}").run(options.quick))
        except Exception:
            traceback.print_exc()
            failed = 1
            continue
        rows += found
        print(f"== {name}: {seconds:.0f} s", flush=True)
    show(rows)
    return failed


if __name__ == "__main__":
    sys.exit(main())
