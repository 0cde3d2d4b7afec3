"""The current snapshot as Iceberg tables, so that the city's Spark, Trino or ClickHouse can read it where it lies.

Files are registered, not copied; a table with deletion lists must be compacted first, for Iceberg would show the deleted rows.
"""

from __future__ import annotations

from importlib.util import find_spec

import pyarrow.parquet as pq

from yanzhen.kernel.errors import DomainError
from yanzhen.lake.home import Lake


def publish(lake: Lake, uri: str, namespace: str = "lake") -> dict[str, int]:
    """Register every table's files in a SQL catalogue; gives the files by table. DomainError without pyiceberg."""
    if find_spec("pyiceberg") is None:
        raise DomainError("lake.iceberg", "没有安装 pyiceberg：pip install 'pyiceberg[sql-sqlite,pyarrow]'。")
    from pyiceberg.catalog.sql import SqlCatalog

    catalog = SqlCatalog(namespace, uri=uri, warehouse=f"file://{(lake.folder / 'iceberg').resolve()}")
    catalog.create_namespace_if_not_exists(namespace)
    snapshot = lake.store.snapshot()
    done = {}
    for contract in lake.book.contracts:
        files = lake.store.manifest(contract.name, snapshot).files
        if any(file.deleted for file in files):
            raise DomainError(
                "lake.iceberg.deleted", "{table}有已替换的行，请先运行 yanzhen lake maintain。", table=contract.name
            )
        if not files:
            continue
        paths = [str(path) for path in lake.store.paths(files)]
        name = f"{namespace}.{contract.name}"
        if catalog.table_exists(name):
            catalog.drop_table(name)
        table = catalog.create_table(name, schema=pq.read_schema(paths[0]))
        table.add_files([f"file://{path}" for path in paths])
        done[contract.name] = len(paths)
    return done
