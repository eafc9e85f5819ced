"""The LightningModule of a trained policy: validate, test and predict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytorch_lightning as pl
import torch
from torchmetrics import MeanMetric

from sparse_rl.bounds import Amount, Beam, bounded
from sparse_rl.exploration.budget import Budget
from sparse_rl.modules.decoding import Hypothesis, beam
from sparse_rl.modules.policy import Policy
from sparse_rl.modules.task import Task


class PolicyEvaluator(pl.LightningModule):
    """Evaluates and describes the programs that beam search finds for every example.

    Args:
        task: the policy and its worlds.
        beam_width: programs kept by beam search.
        answerable_seconds: time limit of the test's search for any program that answers a
            question that the beam misses; 0 for no limit.
    """

    @bounded
    def __init__(
        self, task: Task[Any, Any], beam_width: Beam, answerable_seconds: Amount = 0.0
    ) -> None:
        super().__init__()
        self.task = task
        self.answerable_budget = Budget(seconds=answerable_seconds)
        self.beam_width = beam_width
        self.accuracy = torch.nn.ModuleDict(
            {
                f"{stage}_{how}": MeanMetric()
                for stage in ("val", "test")
                for how in ("greedy", "beam")
            }
        )
        self.policy: Policy

    def best(self, batch: list[Any], width: int) -> list[list[Hypothesis]]:
        """Finds the `width` best programs of every example."""
        encoded = self.policy.encode(batch)
        worlds = [self.task.world(example) for example in batch]
        return beam(self.policy, encoded, worlds, width)

    def predictions(self, batch: list[Any]) -> list[list[dict[str, Any]]]:
        """Describes the programs of every example's beam, the most probable first."""
        return self._described(batch, self.best(batch, self.beam_width))

    def validation_step(self, batch: list[Any], batch_index: int) -> None:
        # While fitting, greedy decoding is enough to choose the best checkpoint.
        self._evaluate("val", batch, with_beam=self.trainer.state.fn != "fit")

    def test_step(self, batch: list[Any], batch_index: int) -> dict[str, Any]:
        found = self._evaluate("test", batch, with_beam=True)
        # The search costs more than the policy: it is skipped where the beam has found a program.
        answerable = [
            any(f.trajectory.reward > 0 for f in programs)
            or self.task.answerable(example, self.answerable_budget)
            for example, programs in zip(batch, found, strict=True)
        ]
        shares = {
            "test/answerable": sum(known is True for known in answerable) / len(batch),
            "test/undecided": sum(known is None for known in answerable) / len(batch),
        }
        self.log_dict(shares, on_epoch=True, sync_dist=True, batch_size=len(batch))
        return {"predictions": [programs[0] for programs in self._described(batch, found)]}

    def predict_step(self, batch: list[Any], batch_index: int) -> list[dict[str, Any]]:
        return [programs[0] for programs in self.predictions(batch)]

    def _evaluate(self, stage: str, batch: list[Any], with_beam: bool) -> list[list[Hypothesis]]:
        """Logs the accuracies; returns the programs of the last, widest search."""
        found: list[list[Hypothesis]] = []
        for how, width in (("greedy", 1), ("beam", self.beam_width)):
            if how == "beam" and not with_beam:
                continue
            found = self.best(batch, width)
            metric = self.accuracy[f"{stage}_{how}"]
            assert isinstance(metric, MeanMetric)
            rewards = [programs[0].trajectory.reward for programs in found]
            metric.update(torch.tensor(rewards, device=self.device))
            name = f"{stage}/{how}_accuracy"
            self.log(name, metric, prog_bar=True, on_epoch=True, batch_size=len(batch))
        return found

    def _described(
        self, batch: list[Any], found: list[list[Hypothesis]]
    ) -> list[list[dict[str, Any]]]:
        return [
            [self.task.prediction(example, f.trajectory, f.log_prob) for f in programs]
            for example, programs in zip(batch, found, strict=True)
        ]


def summary_of_test(test: Mapping[str, float], count: int) -> dict[str, Any]:
    """Returns accuracies and counts of a test, as `test_metrics.json` has them.

    Args:
        test: the logged metrics, `test/beam_accuracy` and so on.
        count: number of test examples.
    """
    accuracy, answerable = test["test/beam_accuracy"], test["test/answerable"]
    return {
        "accuracy": accuracy,
        "greedy_accuracy": test["test/greedy_accuracy"],
        "answerable_accuracy": accuracy / answerable if answerable else None,
        "count": count,
        "answerable": round(answerable * count),
        "undecided": round(test["test/undecided"] * count),
    }
