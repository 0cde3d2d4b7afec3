from bench.matters.rivals.driver import main

raise SystemExit(main())
