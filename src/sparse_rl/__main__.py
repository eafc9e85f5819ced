"""`python -m sparse_rl`: the same program as `sparse-rl`."""

from sparse_rl.cli import main

if __name__ == "__main__":
    main()
