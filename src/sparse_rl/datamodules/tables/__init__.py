"""Questions over tables: public releases, and a user's own tables."""

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
