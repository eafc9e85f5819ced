"""Graph-parameterised inputs of the table policy: does a mask of its inputs answer better?

    python experiments/causal_tables.py --data.root DIR

The policy of GACA on WikiSQL is trained twice: as it is, and with a mask over three groups of its
inputs, drawn anew for every batch and told to the policy (de Haan, Jayaraman and Levine, NeurIPS
2019). The mask is then chosen by intervention: a trial is the greedy accuracy on a few dev
questions. All masks and both policies are tested on the same questions.

Groups: the question's words (their vectors; the marks of words that are in a cell, a header or a
constant stay), the columns' features (overlap of header and question, constants in the cells), and
the previous action of the program.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from sparse_rl.analysis.results_page import hardware
from sparse_rl.callbacks.checkpoints import BestCheckpoint
from sparse_rl.commands.programs import instantiate
from sparse_rl.config_files import find_config
from sparse_rl.control.causal.masks import all_masks
from sparse_rl.control.causal.trials import try_masks
from sparse_rl.modules.tables.decoder import DecoderState, MemoryDecoder
from sparse_rl.modules.tables.encoder import KeyVariableMemory, MemoryEncoder
from sparse_rl.modules.tables.inputs import Inputs
from sparse_rl.modules.tables.policy import TablePolicy
from sparse_rl.modules.tables.table_task import TableTask
from sparse_rl.modules.tables.vocabulary import Vocabulary

DOCS = Path(__file__).resolve().parents[1] / "docs"
GROUPS = ("question words", "column features", "previous action")
ALL = "111"
# Of a trial of the intervention: about a tenth of the masks' differences, as in MountainCar.
TEMPERATURE = 0.05


class MaskedEncoder(MemoryEncoder):
    """Hides groups of inputs, and tells the decoder's first state which."""

    def set_mask(self, mask: Tensor, hidden: int) -> None:
        """Shares the mask of the policy; a policy that is told nothing yet begins as without."""
        self.mask = mask
        self.told = nn.Linear(len(GROUPS), hidden, bias=False)
        nn.init.zeros_(self.told.weight)

    def forward(
        self, inputs: Inputs, context_BLE: Tensor, context_BCE: Tensor
    ) -> KeyVariableMemory:
        words, columns, _ = self.mask
        seen = replace(
            inputs,
            tokens_BL=inputs.tokens_BL * words.long(),
            column_features_BCF=inputs.column_features_BCF * columns,
        )
        memory = super().forward(seen, context_BLE, context_BCE)
        return replace(memory, summary_BH=memory.summary_BH + self.told(self.mask))


class MaskedDecoder(MemoryDecoder):
    """Hides the action that led to a step."""

    def set_mask(self, mask: Tensor) -> None:
        """Shares the mask of the policy."""
        self.mask = mask

    def read(self, input_N1H: Tensor, state: DecoderState) -> tuple[Tensor, DecoderState]:
        return super().read(self.mask[2] * input_N1H, state)

    def read_all(self, inputs_PH: Tensor, parents: Sequence[Tensor], state: DecoderState) -> Tensor:
        return super().read_all(self.mask[2] * inputs_PH, parents, state)


class MaskedTablePolicy(TablePolicy):
    """A `TablePolicy` with a mask, 1 for each group of inputs that it sees."""

    def __init__(self, vocabulary: Vocabulary, *args: Any, **options: Any) -> None:
        super().__init__(vocabulary, *args, **options)
        hidden, dropout = options["hidden"], options["dropout"]
        self.register_buffer("mask", torch.ones(len(GROUPS)))
        width = options["embedding"]
        self.encoder = MaskedEncoder(
            len(vocabulary), self.num_tokens, width, self.context.width, hidden, dropout
        )
        self.encoder.set_mask(self.mask, hidden)
        decoder = self.decoder
        self.decoder = MaskedDecoder(hidden, dropout, decoder.first_variable, decoder.num_variables)
        self.decoder.set_mask(self.mask)

    def see(self, mask: Tensor) -> None:
        """Sets the mask, which encoder and decoder share."""
        self.mask.copy_(mask)


class MaskedTableTask(TableTask):
    """A `TableTask` with a `MaskedTablePolicy`."""

    def _policy(self, vocabulary: Vocabulary) -> TablePolicy:
        return MaskedTablePolicy(vocabulary, self.language, **self.sizes, context=self.context())


class UniformMasks(pl.Callback):
    """Draws a mask for every batch; validations see everything."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._masks = all_masks(len(GROUPS))

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: Any, batch: Any, batch_idx: int
    ) -> None:
        pl_module.policy.see(self._masks[self._rng.randrange(len(self._masks))])

    def on_validation_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        pl_module.policy.see(self._masks[-1])


def trained(masked: bool, seed: int, options: argparse.Namespace) -> tuple[Any, Any]:
    """Trains GACA; returns the learner, with the weights at the end, and the data."""
    cli = instantiate(
        [
            f"--config={find_config('gaca_wikisql.yaml')}",
            f"--seed_everything={seed}",
            f"--data.root={options.root}",
            f"--data.limit={options.questions}",
            f"--data.batch_size={options.batch}",
            f"--trainer.max_epochs={options.epochs}",
            f"--trainer.logger.save_dir={options.runs}",
            "--trainer.accelerator=cpu",
            "--trainer.limit_val_batches=0",
            "--trainer.enable_progress_bar=false",
            *(["--model.task=causal_tables.MaskedTableTask"] if masked else []),
        ]
    )
    trainer = cli.trainer
    trainer.callbacks = [c for c in trainer.callbacks if not isinstance(c, BestCheckpoint)]
    if masked:
        trainer.callbacks.append(UniformMasks(seed))
    trainer.fit(cli.model, cli.datamodule)
    cli.model.eval()
    return cli.model, cli.datamodule


@torch.no_grad()
def accuracy(learner: Any, questions: Sequence[Any]) -> float:
    """Share of the questions that the most probable programs answer, by greedy decoding."""
    right = 0.0
    for start in range(0, len(questions), 100):
        found = learner.best(questions[start : start + 100], 1)
        right += sum(programs[0].trajectory.reward for programs in found)
    return right / len(questions)


def measure(seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """Trains both policies, chooses a mask, and tests all."""
    begin = time.process_time()
    learner, data = trained(False, seed, options)
    test = data.examples("test")[: options.test]
    ordinary = accuracy(learner, test)
    learner, data = trained(True, seed, options)
    dev = data.examples("dev")[: options.dev]
    rng = random.Random(seed)

    def trial(mask: Tensor) -> float:
        learner.policy.see(mask)
        return accuracy(learner, rng.sample(dev, options.per_trial))

    generator = torch.Generator().manual_seed(seed)
    inputs = len(GROUPS)
    trials = try_masks(trial, inputs, options.trials, TEMPERATURE, options.ridge, generator)
    masks = {}
    for mask in all_masks(inputs):
        learner.policy.see(mask)
        masks[spelt(mask)] = {"dev": accuracy(learner, dev), "test": accuracy(learner, test)}
    return {
        "seed": seed,
        "ordinary": ordinary,
        "masks": masks,
        "chosen": spelt(trials.best()),
        "weights": trials.weight_TI[-1].tolist(),
        "cpu_minutes": (time.process_time() - begin) / 60,
    }


def spelt(mask: Tensor) -> str:
    """Writes a mask as digits."""
    return "".join(str(int(there)) for there in mask.tolist())


def page(records: Sequence[dict[str, Any]], options: argparse.Namespace, command: str) -> str:
    """The result page."""
    rows = [
        ("ordinary policy", [r["ordinary"] for r in records]),
        ("masks in training, chosen mask", [r["masks"][r["chosen"]]["test"] for r in records]),
        ("masks in training, all inputs", [r["masks"][ALL]["test"] for r in records]),
    ]
    methods = ["| policy | test, greedy |", "|---|---|"]
    methods += [f"| {name} | {_spread(found)} |" for name, found in rows]
    masks = [f"| {' | '.join(GROUPS)} | dev | test |", "|---|---|---|---|---|"]
    for mask in records[0]["masks"]:
        sees = ["sees" if there == "1" else "" for there in mask]
        cells = [_spread([r["masks"][mask][split] for r in records]) for split in ("dev", "test")]
        masks.append(f"| {' | '.join([*sees, *cells])} |")
    chosen = [f"| seed | chosen | {' | '.join(GROUPS)} |", "|---|---|---|---|---|"]
    for r in records:
        weights = " | ".join(f"{100 * weight:+.1f}" for weight in r["weights"])
        chosen.append(f"| {r['seed']} | `{r['chosen']}` | {weights} |")
    minutes = sum(r["cpu_minutes"] for r in records)
    return f"""\
# WikiSQL: masks of the table policy's inputs

Graph-parameterised policies for programs: GACA's policy is trained with a mask over three groups of
its inputs, which is drawn anew for every batch and told to the policy, and the mask is then chosen
by intervention: {options.trials} trials, each the greedy accuracy on {options.per_trial} of
{options.dev} dev questions. {options.questions:,} training questions, {options.epochs} epochs in
batches of {options.batch}; accuracy in per cent on {options.test:,} test questions,
± standard deviation over {len(records)} seeds.

{chr(10).join(methods)}

## All masks

{chr(10).join(masks)}

## Choices

What an input adds to the accuracy on dev, in points, by the regression of the last trial:

{chr(10).join(chosen)}

The question's words are the vectors of its words; without them the policy still has the marks of
words that are in a cell, a header or a constant. The columns' features are the overlap of header
and question, and constants found in the cells. The previous action is the decoder's input.

Machine: {hardware()}. CPU minutes: {minutes:.0f}. Command: `{command}`.
Records: `data/causal_tables.jsonl`.
"""


def _spread(values: Sequence[float]) -> str:
    deviation = stdev(values) if len(values) > 1 else 0.0
    return f"{100 * mean(values):.1f} ± {100 * deviation:.1f}"


def main() -> None:
    """Runs the seeds that have no record, and writes the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data.root", dest="root", required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--questions", type=int, default=2000)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch", type=int, default=25)
    parser.add_argument("--dev", type=int, default=500)
    parser.add_argument("--test", type=int, default=500)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--per-trial", type=int, default=50, help="dev questions of a trial")
    parser.add_argument("--ridge", type=float, default=1.0)
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder of the results")
    parser.add_argument("--runs", default="runs", help="folder of the runs")
    options = parser.parse_args()
    torch.set_num_threads(1)
    path = options.docs / "results" / "data" / "causal_tables.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    records = {record["seed"]: record for record in map(json.loads, lines)}
    for seed in options.seeds:
        if seed not in records:
            records[seed] = measure(seed, options)
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(records[seed]) + "\n")
    chosen = [records[seed] for seed in options.seeds]
    given = " ".join(sys.argv[1:]).replace(options.root, "DIR")
    command = f"python experiments/causal_tables.py {given}"
    text = page(chosen, options, command)
    (options.docs / "results" / "causal_tables.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
