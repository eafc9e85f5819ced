"""sparse_rl: training policies that write programs, with nothing but the answer to check them.

Guided adaptive credit assignment (GACA) and the methods it is compared with, over tables and
other deterministic worlds. Importing the package itself loads nothing heavy; import what you
need from `sparse_rl.interpreters`, `sparse_rl.estimators`, `sparse_rl.modules` and so on.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("sparse_rl")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"

__all__ = ["__version__"]
