"""`python -m bench.matters`: our side and the rivals, one after the other, in one run (options: `--help`)."""

from bench.matters.rivals.driver import main

raise SystemExit(main())
