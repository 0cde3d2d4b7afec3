"""`python -m bench.procedures [--quick] [--cases N]`: steps and inboxes on N running cases in PostgreSQL, beside SpiffWorkflow.

Makes a cluster of its own (fsync on), fills it, measures both sides in one run, prints JSON lines and a table, removes everything.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.matters.rivals.driver import Account
from bench.matters.rivals.postgres import Cluster


def main() -> int:
    """Start the cluster and run the measuring process against it."""
    parser = argparse.ArgumentParser(prog="python -m bench.procedures", description=__doc__)
    parser.add_argument("--cases", type=int, default=200_000, help="running cases")
    parser.add_argument("--acts", type=int, default=600, help="steps measured on each side")
    parser.add_argument("--quick", action="store_true", help="20,000 cases, 150 steps")
    parser.add_argument("--port", type=int, default=55611)
    parser.add_argument("--os-user", default="postgres", help="who runs PostgreSQL when started by root")
    asked = parser.parse_args()
    if asked.quick:
        asked.cases, asked.acts = min(asked.cases, 20_000), min(asked.acts, 150)
    account = Account(asked.os_user)
    with tempfile.TemporaryDirectory(prefix="yanzhen-bench-") as folder:
        os.chmod(folder, 0o755)
        with Cluster(Path(folder) / "pg", asked.port, account) as cluster:
            environment = {
                **os.environ,
                "YANZHEN_MODE": "test",
                "YANZHEN_DATA": str(Path(folder) / "data"),
                "YANZHEN_DATABASE_URL": f"postgresql://{cluster.user}:{cluster.password}@127.0.0.1:{asked.port}/postgres",
                "DJANGO_SETTINGS_MODULE": "yanzhen.site.settings",
            }
            (Path(folder) / "data").mkdir()
            command = [sys.executable, "-m", "bench.procedures.work", str(asked.cases), str(asked.acts)]
            return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
