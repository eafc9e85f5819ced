"""Filters of libraries' routine messages at the start; each entry has its reason.

Only messages named here are left out: all other warnings show, of these libraries and our own.
"""

from __future__ import annotations

import logging
import re
import warnings
from importlib.util import find_spec

# Located without an import: `ask` must not wait for Lightning.
_SPECS = (find_spec(package) for package in ("lightning_fabric", "pytorch_lightning"))
_LIGHTNING = tuple(place for s in _SPECS if s for place in s.submodule_search_locations or ())

_WARNINGS = (
    # Lightning's own use of torch, once per run: a user cannot change it.
    (r"`isinstance\(treespec, LeafSpec\)` is deprecated", FutureWarning),
    # Training ended before its first validation: our own line says so, and what to do.
    (r"`ModelCheckpoint\(monitor=.* could not find the monitored key", UserWarning),
    # Examples are in memory and a batch is a list of them: workers would only cost time.
    (r"The '\w+_dataloader' does not have many workers", UserWarning),
)


class _NotLightnings(logging.Filter):
    """Leaves out Lightning's own messages of level INFO.

    These are tips, devices, the seed and checkpoints read; a run's own first lines give the
    relevant ones. Our callbacks and users' callbacks use the same logger (`rank_zero_info`), so the
    filter goes by the file that logs.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno > logging.INFO or not record.pathname.startswith(_LIGHTNING)


class _NotUnexpectedWeights(logging.Filter):
    """Leaves out transformers' tables of weights, unless weights are missing or do not fit.

    An encoder is read up to the layer in use, so the weights of higher layers are unexpected; the
    pooler, which many checkpoints lack, is unused.
    """

    _serious = re.compile(r"^(?!\S*pooler).*\|\s*\S*(MISSING|MISMATCH|CONVERSION)", re.MULTILINE)

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        return "LOAD REPORT" not in text or self._serious.search(text) is not None


class _OnlyWarnings(logging.Filter):
    """Leaves out messages below a warning.

    Such as the shape of every replay that TorchRL makes, and the name of a study of Optuna.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno > logging.INFO


_FILTERS: dict[str, logging.Filter] = {
    "torchrl": _OnlyWarnings(),
    "optuna.storages.journal._storage": _OnlyWarnings(),
    "pytorch_lightning.utilities.rank_zero": _NotLightnings(),
    "lightning_fabric.utilities.rank_zero": _NotLightnings(),
    "lightning_fabric.utilities.seed": _NotLightnings(),
    "transformers.modeling_utils": _NotUnexpectedWeights(),
    "transformers.utils.loading_report": _NotUnexpectedWeights(),
}


def set_quiet(quiet: bool) -> None:
    """Leaves out libraries' routine messages, or shows them again."""
    for name, filter_ in _FILTERS.items():
        logger = logging.getLogger(name)
        # Adding a filter twice, or removing an absent one, does nothing.
        (logger.addFilter if quiet else logger.removeFilter)(filter_)
    for message, category in _WARNINGS:
        warnings.filterwarnings("ignore" if quiet else "default", message, category)
