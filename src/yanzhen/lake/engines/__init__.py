"""Where the expressions run: embedded on DuckDB, or on a Spark that is there already."""
