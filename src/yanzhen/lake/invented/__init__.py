"""An invented city with twelve departments' systems: for the demo, tests and benches. All names are made up."""
