"""`python -m bench.lake [--rows N] [--quick]`: one size after the other, each in processes of its own (options: `--help`)."""

from bench.lake.driver import main

raise SystemExit(main())
