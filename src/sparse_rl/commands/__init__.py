"""Commands of `sparse-rl`: each of our own is a module with a function `main`.

`run_cli` has Lightning's commands for any kind of model, `programs` their additions for policies
that write programs; the other modules are shared code.
"""

__all__: list[str] = []
