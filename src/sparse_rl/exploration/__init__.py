"""Systematic, exhaustive, Gumbel and direct search of worlds, explored sets, program files."""

from sparse_rl.exploration.budget import NO_LIMIT, Budget
from sparse_rl.exploration.direct import DirectPair, DirectSearch, direct_search
from sparse_rl.exploration.domain import Domain, NamingWorld
from sparse_rl.exploration.exhaustive import Rewarded, exhaustive_search
from sparse_rl.exploration.explored import Explored, prefix_key
from sparse_rl.exploration.explored_sets import ExploredKind, explored_set
from sparse_rl.exploration.gumbel import GumbelTree, Region, run_together, without_replacement
from sparse_rl.exploration.outlook import ExploredOutlook, HintingWorld
from sparse_rl.exploration.program_file import read_programs, replay_programs, write_programs
from sparse_rl.exploration.search import SearchOptions, SearchResult, search_all, search_example
from sparse_rl.exploration.systematic import SystematicExplorer, systematic_walks, uniform
from sparse_rl.exploration.worker_pool import WorkerPool

__all__ = [
    "NO_LIMIT",
    "Budget",
    "DirectPair",
    "DirectSearch",
    "Domain",
    "Explored",
    "ExploredKind",
    "ExploredOutlook",
    "GumbelTree",
    "HintingWorld",
    "NamingWorld",
    "Region",
    "Rewarded",
    "SearchOptions",
    "SearchResult",
    "SystematicExplorer",
    "WorkerPool",
    "direct_search",
    "exhaustive_search",
    "explored_set",
    "prefix_key",
    "read_programs",
    "replay_programs",
    "run_together",
    "search_all",
    "search_example",
    "systematic_walks",
    "uniform",
    "without_replacement",
    "write_programs",
]
