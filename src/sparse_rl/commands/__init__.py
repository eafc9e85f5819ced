"""The commands of `sparse-rl`: a module with the function `main` for each of our own.

`training` has Lightning's; the rest is what they share.
"""
