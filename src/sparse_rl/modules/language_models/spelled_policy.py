"""A language model that spells the actions of a world.

Legend: B example, N trajectory or walk, T token, D choice, M token of a choice, V token of the
vocabulary, A slot of an action.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from sparse_rl.interpreters.world import Trajectory
from sparse_rl.modules.language_models.policy import EncodedPrompts, LanguageModelPolicy
from sparse_rl.modules.language_models.reading import ReadRows, Tokens, padded_right, read
from sparse_rl.modules.language_models.spelling import Fork, Spelling, spelled_program

Say = Callable[[Any], tuple[Tokens, Sequence[Tokens]]]
"""Returns the tokens of an example's prompt, and those of every action id."""


class SpelledPolicy(LanguageModelPolicy[Spelling]):
    """Programs of a world in words: the model chooses only where the valid actions differ.

    Args:
        model: a causal language model of the library `transformers`.
        say: tokens of an example's prompt and actions.
        end: the token that stands for going no further.
        context: greatest number of tokens that the model reads.
        reference: the start model, if entropies are relative to it.
        recompute: whether gradients recompute the activations.
    """

    def __init__(
        self,
        model: Any,
        say: Say,
        end: int,
        context: int,
        reference: Any = None,
        recompute: bool = False,
    ) -> None:
        super().__init__(model, context, reference, recompute)
        self._say = say
        self._end = end

    def encode(self, examples: Sequence[Any]) -> EncodedPrompts[Spelling]:
        said = [self._say(example) for example in examples]
        spellings = [Spelling(actions, self._end) for _, actions in said]
        return EncodedPrompts([prompt for prompt, _ in said], spellings)

    def score(
        self,
        encoded: EncodedPrompts[Spelling],
        trajectories: Sequence[Trajectory],
        examples: Sequence[int],
    ) -> tuple[Tensor, Tensor]:
        spellings = [encoded.spellings[example] for example in examples]
        programs = list(map(spelled_program, trajectories, spellings))
        scores = self.scores(encoded, [program.tokens for program in programs], examples)
        choices = [(n, *choice) for n, program in enumerate(programs) for choice in program.choices]
        sums_2N = scores[0].new_zeros(2, len(programs))
        if not choices:
            return sums_2N[0], sums_2N[1]
        row_D, column_D, tokens_D, place_D = zip(*choices, strict=True)
        log_p_DM, reference_DM = (
            None if part is None else chosen_among(part, row_D, column_D, tokens_D)
            for part in scores
        )
        assert log_p_DM is not None
        index_D1 = torch.tensor(place_D, device=self.device).unsqueeze(1)
        chosen_D = log_p_DM.gather(1, index_D1).squeeze(1)
        relative_DM = log_p_DM if reference_DM is None else log_p_DM - reference_DM
        # The places that fill up a row have probability 0.
        impossible_DM = log_p_DM == -torch.inf
        entropy_D = -(log_p_DM.exp() * relative_DM.masked_fill(impossible_DM, 0.0)).sum(1)
        index_D = torch.tensor(row_D, device=self.device)
        log_prob_N, entropy_N = sums_2N.index_add(1, index_D, torch.stack((chosen_D, entropy_D)))
        return log_prob_N, entropy_N

    def log_likelihood(
        self,
        encoded: EncodedPrompts[Spelling],
        trajectories: Sequence[Trajectory],
        examples: Sequence[int],
    ) -> Tensor:
        """Returns log p of every token of given programs among all tokens, (N,)."""
        spelled = [encoded.spellings[example].tokens for example in examples]
        rows = [
            [token for action in trajectory.actions for token in tokens[action]]
            for trajectory, tokens in zip(trajectories, spelled, strict=True)
        ]
        # What follows the last token of a program has no part in it.
        scores_NTV, _ = self.scores(encoded, [row[:-1] for row in rows], examples)
        token_NT, mask_NT = padded_right(rows, self.device)
        log_p_NT = scores_NTV.log_softmax(-1).gather(2, token_NT.unsqueeze(-1)).squeeze(-1)
        return log_p_NT.where(mask_NT > 0, 0.0).sum(1)

    def stepper(self, encoded: EncodedPrompts[Spelling], examples: Sequence[int]) -> SpelledStepper:
        return SpelledStepper(self, encoded, examples)


def chosen_among(
    scores_NTV: Tensor,
    row_D: Sequence[int],
    column_D: Sequence[int],
    tokens_D: Sequence[Sequence[int]],
) -> Tensor:
    """Returns log-probabilities (D, M) of some tokens at some places; -inf where a row has fewer.

    Args:
        scores_NTV: scores of all tokens.
        row_D: row of each choice.
        column_D: column of each choice.
        tokens_D: up to M tokens to choose from.
    """
    token_DM, mask_DM = padded_right(tokens_D, scores_NTV.device)
    place_D = torch.tensor(row_D) * scores_NTV.shape[1] + torch.tensor(column_D)
    flat_DM = place_D.to(token_DM.device).unsqueeze(1) * scores_NTV.shape[2] + token_DM
    score_DM = scores_NTV.flatten()[flat_DM]
    return score_DM.masked_fill(mask_DM == 0, -torch.inf).log_softmax(-1)


class SpelledStepper:
    """Programs that are decoded together. An action's slot is its place among the options."""

    def __init__(
        self,
        policy: SpelledPolicy,
        encoded: EncodedPrompts[Spelling],
        examples: Sequence[int],
    ) -> None:
        self._policy = policy
        self._spellings = [encoded.spellings[example] for example in examples]
        self._lengths = [len(encoded.prompts[example]) for example in examples]
        self._reading = policy.begin(encoded, examples)
        self._options: list[tuple[int, ...]] = [()] * len(examples)
        # Chosen and not read yet: what follows the last action of a program is not needed.
        self._chosen: list[Tokens] = [()] * len(examples)

    @torch.no_grad()
    def log_probs(self, options: Sequence[Sequence[int]]) -> Tensor:
        self._read_chosen()
        self._options = [tuple(actions) for actions in options]
        rows = [row for row, actions in enumerate(self._options) if len(actions) > 1]
        tries = {row: self._spellings[row].trie(self._options[row]) for row in rows}
        forks = [(row, fork) for row in rows for fork in tries[row].forks]
        place = {(row, fork.prefix): number for number, (row, fork) in enumerate(forks)}
        below = [(row, prefix) for row in rows for prefix in tries[row].deepest()]
        log_p_D = self._at_forks(forks, below)
        filled = torch.full((len(options), max(map(len, options), default=0) or 1), -torch.inf)
        for row, actions in enumerate(self._options):
            if len(actions) < 2:
                filled[row, 0] = 0.0
                continue
            trie = tries[row]
            filled[row, : len(actions)] = torch.tensor(
                [
                    sum(
                        log_p_D[place[row, trie.forks[number].prefix]][token]
                        for number, token in trie.paths[action]
                    )
                    for action in actions
                ]
            )
        return filled.to(self._policy.device)

    def _at_forks(
        self,
        forks: Sequence[tuple[int, Fork]],
        below: Sequence[tuple[int, tuple[int, ...]]],
    ) -> list[list[float]]:
        """Returns log-probabilities of the tokens at each fork.

        Args:
            forks: forks of walks.
            below: prefixes of walks to read, on which all forks lie.
        """
        if not forks:
            return []
        scores_N1V = self._reading.next_NV.unsqueeze(1)
        at: dict[tuple[int, tuple[int, ...]], tuple[int, int]] = {}
        if below:
            reads = self._read_on([row for row, _ in below], [prefix for _, prefix in below])
            width = reads.shape[1] - scores_N1V.shape[1]
            scores_N1V = torch.nn.functional.pad(scores_N1V, (0, 0, 0, width))
            first = len(scores_N1V)
            scores_N1V = torch.cat((scores_N1V, reads))
            for number, (row, prefix) in enumerate(below, first):
                for length in range(1, len(prefix) + 1):
                    at[row, prefix[:length]] = (number, length - 1)
        places = [at[row, fork.prefix] if fork.prefix else (row, 0) for row, fork in forks]
        row_D, column_D = zip(*places, strict=True)
        tokens_D = [fork.tokens for _, fork in forks]
        found: list[list[float]] = chosen_among(scores_N1V, row_D, column_D, tokens_D).tolist()
        return found

    def _read_on(self, rows: Sequence[int], prefixes: Sequence[Tokens]) -> Tensor:
        """Returns scores after each token of some continuations, and forgets them again."""
        policy = self._policy
        pairs = zip(rows, prefixes, strict=True)
        policy.check_length(max(self._lengths[row] + len(prefix) for row, prefix in pairs))
        index = torch.tensor(rows, device=policy.device)
        with policy.drawing() as model:
            scores, _ = read(
                model, self._reading.select(index), *padded_right(prefixes, policy.device)
            )
        return scores

    def _read_chosen(self) -> None:
        """Reads the chosen actions, which have different numbers of tokens."""
        if not any(self._chosen):
            return
        policy, before = self._policy, self._reading
        self._lengths = [
            length + len(tokens) for length, tokens in zip(self._lengths, self._chosen, strict=True)
        ]
        policy.check_length(max(self._lengths))
        token_NT, mask_NT = padded_right(self._chosen, policy.device)
        with policy.drawing() as model:
            scores_NTV, mask_NL = read(model, before, token_NT, mask_NT)
        last_N = (mask_NT.sum(1) - 1).clamp(min=0)
        next_NV = scores_NTV[torch.arange(len(last_N), device=policy.device), last_N]
        # A walk that has ended has read nothing.
        next_NV = torch.where(mask_NT.any(1, keepdim=True), next_NV, before.next_NV)
        self._reading = ReadRows(before.cache, mask_NL, next_NV)
        self._chosen = [()] * len(self._chosen)

    def take(self, slots: list[int]) -> list[int]:
        # An entry of a beam that does not count may have any slot.
        actions = [
            valid[min(slot, len(valid) - 1)] if valid else 0
            for slot, valid in zip(slots, self._options, strict=True)
        ]
        self._chosen = [
            spelling.tokens[action] if valid else ()
            for action, spelling, valid in zip(actions, self._spellings, self._options, strict=True)
        ]
        return actions

    def select(self, index_N: Tensor) -> None:
        self._reading = self._reading.select(index_N)
        rows = index_N.tolist()
        self._spellings = [self._spellings[row] for row in rows]
        self._lengths = [self._lengths[row] for row in rows]
        self._options = [self._options[row] for row in rows]
        self._chosen = [self._chosen[row] for row in rows]

    def keep(self, rows: Sequence[int]) -> None:
        """Keeps these walks only."""
        self.select(torch.tensor(rows, device=self._policy.device))
