"""The commands of `sparse-rl`, one module each, with the function `main`."""
