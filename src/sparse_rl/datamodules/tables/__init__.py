"""Questions over tables: public releases, and a user's own tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparse_rl.late import late_names

if TYPE_CHECKING:
    from sparse_rl.datamodules.tables.own_tables import OwnTablesDataModule
    from sparse_rl.datamodules.tables.table_datamodule import TableDataModule
    from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule
    from sparse_rl.datamodules.tables.wikitablequestions import WikiTableQuestionsDataModule

__all__ = [
    "OwnTablesDataModule",
    "TableDataModule",
    "WikiSQLDataModule",
    "WikiTableQuestionsDataModule",
]

# Late: some of them import Lightning, which other modules of this package do without.
__getattr__ = late_names(
    __name__,
    {
        "OwnTablesDataModule": "sparse_rl.datamodules.tables.own_tables",
        "TableDataModule": "sparse_rl.datamodules.tables.table_datamodule",
        "WikiSQLDataModule": "sparse_rl.datamodules.tables.wikisql",
        "WikiTableQuestionsDataModule": "sparse_rl.datamodules.tables.wikitablequestions",
    },
)
