"""Generated questions over generated tables, for runs without a download."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sparse_rl.bounds import Count, bounded
from sparse_rl.datamodules.quickstart.data import SIZES, Size, generate
from sparse_rl.datamodules.tables.table_datamodule import default_cache
from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule
from sparse_rl.folders import cached_folder
from sparse_rl.seeds import seed_or_run_seed

# Part of the folder's name: raise it whenever the generator's output changes.
GENERATOR_VERSION = 2
_QUESTIONS = SIZES["train"].questions
_PER_TABLE = _QUESTIONS // SIZES["train"].tables


class QuickstartDataModule(WikiSQLDataModule):
    """Synthetic data in WikiSQL's format: a demonstration, not a benchmark.

    Args:
        batch_size: training examples per step, over all processes.
        eval_batch_size: examples per batch of validation and test; no effect on results.
        max_expressions: greatest number of expressions in a program; 1 to 4.
        narrowing: offer a filter only if it drops at least one row; see `Language`.
        limit: use only the first so many questions of every split; 0 for all.
        cache: folder of the data; null for `SPARSE_RL_CACHE` or ~/.cache/sparse_rl.
        seed: seed of the generator and of the order of training; null for the run's
        (seed_everything).
        questions: training questions, of which a table has about 15. Those of dev and test stay
        the same.
    """

    @bounded
    def __init__(
        self,
        batch_size: int = 50,
        eval_batch_size: int = 250,
        max_expressions: int = 4,
        narrowing: bool = True,
        limit: int = 0,
        cache: str | None = None,
        seed: int | None = None,
        questions: Count = _QUESTIONS,
    ) -> None:
        seed = seed_or_run_seed(seed)
        folder = Path(cache) if cache else default_cache()
        self._train = Size(max(1, questions // _PER_TABLE), questions)
        size = "" if self._train == SIZES["train"] else f"-{questions}"
        root = folder / f"quickstart-{GENERATOR_VERSION}-{seed}{size}"
        super().__init__(
            str(root), batch_size, eval_batch_size, max_expressions, narrowing, limit, cache, seed
        )

    def prepare_data(self) -> None:
        """Generates the files if they are missing or damaged."""
        sizes = {**SIZES, "train": self._train}
        cached_folder(self.root, lambda partial: generate(partial, self.seed, sizes))

    def problems(self) -> Iterator[str]:
        """Yields none: generated data have no problems."""
        return iter(())
