"""The commands of `sparse-rl`: a module with the function `main` for each of our own.

`run_cli` has Lightning's, for any kind of model, and `programs` what those that write programs
add; the rest is what the commands share.
"""

__all__: list[str] = []
