"""What a department's system delivers, declared in one TOML file a source."""
