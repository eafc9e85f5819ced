"""Parts of `countdown_lm.py`: the model, the rivals and the page."""
