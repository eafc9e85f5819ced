"""Parts of `quickstart_lm.py`: what a model reads before it is rewarded."""
