"""Parts of `benchmarks/stress.py`."""
