"""Different answers to a question, with their probabilities."""

from __future__ import annotations

from collections.abc import Sequence

from sparse_rl.asking.candidates import AnswerReading, Candidate


def readings(
    answers: Sequence[tuple[Candidate, float]], confidence: float
) -> tuple[AnswerReading, ...]:
    """Makes readings, of which the first has a given probability.

    The others keep their probabilities, or share what the first leaves in the same proportion.

    Args:
        answers: the best program of every answer, with the probability of all programs that have
            it; the most probable answer first.
        confidence: probability that the first answer is right.
    """
    (first, mass), *others = answers
    left = 1 - mass
    scale = min(1.0, (1 - confidence) / left) if left > 0 else 0.0
    return (AnswerReading(first, confidence), *(AnswerReading(c, scale * p) for c, p in others))
