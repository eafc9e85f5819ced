"""Parts of `experiments/compare.py`: plan, running, records, statistics, page."""
