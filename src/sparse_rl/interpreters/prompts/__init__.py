"""Prompts with verifiable rewards, and the world of their completions."""

from sparse_rl.interpreters.prompts.prompt import Prompt, Verify
from sparse_rl.interpreters.prompts.token_world import Alphabet, TokenWorld

__all__ = ["Alphabet", "Prompt", "TokenWorld", "Verify"]
