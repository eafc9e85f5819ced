"""What libraries say at every start, left out; each entry has its reason.

Only what is named here is left out: all other warnings show, of these libraries and our own.
"""

from __future__ import annotations

import logging
import re
import warnings
from importlib.util import find_spec

# Looked up and not imported: `ask` must not wait for Lightning.
_SPECS = (find_spec(package) for package in ("lightning_fabric", "pytorch_lightning"))
_LIGHTNING = tuple(place for s in _SPECS if s for place in s.submodule_search_locations or ())

_WARNINGS = (
    # Lightning's own use of torch, once per run: nothing that a user could change.
    (r"`isinstance\(treespec, LeafSpec\)` is deprecated", FutureWarning),
    # Examples lie in memory and a batch is a list of them: workers would only cost time.
    (r"The '\w+_dataloader' does not have many workers", UserWarning),
)


class _NotLightnings(logging.Filter):
    """Information that is not Lightning's own.

    Tips, the devices it looks for, the seed, the checkpoints it reads: the lines at the start of a
    run say what matters of these. Our callbacks, and those of users, speak through the same logger
    (`rank_zero_info`), so the file that speaks decides.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno > logging.INFO or not record.pathname.startswith(_LIGHTNING)


class _NotUnexpectedWeights(logging.Filter):
    """transformers' tables of weights, unless some are missing or do not fit.

    An encoder is read up to the layer in use, so what lies above is not expected; and nothing uses
    a pooler, which the checkpoints of many encoders lack.
    """

    _serious = re.compile(r"^(?!\S*pooler).*\|\s*\S*(MISSING|MISMATCH|CONVERSION)", re.MULTILINE)

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        return "LOAD REPORT" not in text or self._serious.search(text) is not None


_FILTERS = {
    "pytorch_lightning.utilities.rank_zero": _NotLightnings(),
    "lightning_fabric.utilities.rank_zero": _NotLightnings(),
    "lightning_fabric.utilities.seed": _NotLightnings(),
    "transformers.modeling_utils": _NotUnexpectedWeights(),
    "transformers.utils.loading_report": _NotUnexpectedWeights(),
}


def set_quiet(quiet: bool) -> None:
    """Leaves out what libraries say at every start, or lets them say it again."""
    for name, filter_ in _FILTERS.items():
        logger = logging.getLogger(name)
        # Adding a filter that is there already, or removing one that is not, does nothing.
        (logger.addFilter if quiet else logger.removeFilter)(filter_)
    for message, category in _WARNINGS:
        warnings.filterwarnings("ignore" if quiet else "default", message, category)
