"""Processes that torchrun or SLURM start, in place of Lightning."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from sparse_rl import processes

TWO = ["--trainer.strategy=ddp", "--trainer.devices=2", "--trainer.max_steps=3"]
# What `srun` sets in the second of two tasks, on one node.
SLURM = {
    "SLURM_NTASKS": "2",
    "SLURM_NTASKS_PER_NODE": "2",
    "SLURM_JOB_NAME": "train",
    "SLURM_JOB_ID": "17",
    "SLURM_NNODES": "1",
    "SLURM_NODEID": "0",
    "SLURM_NODELIST": "localhost",
    "SLURM_PROCID": "1",
    "SLURM_LOCALID": "1",
}


@pytest.mark.slow
def test_torchrun_trains_as_lightnings_own_launcher(fit: Callable[..., Any]) -> None:
    own = fit(*TWO, SKIP_TEST="1")
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    other = fit(*TWO, launcher=launcher, SKIP_TEST="1")
    for name in ("train/loss", "train/gradient_norm"):
        assert other.logged(name) == own.logged(name)
        assert len(own.logged(name)) == 3
    assert other.entries() == own.entries()
    assert other.explored() == own.explored()


SHOW = """
from sparse_rl.config_files import resolve_configs
from sparse_rl.commands.programs import instantiate
import sys
trainer = instantiate(resolve_configs(sys.argv[1:])).trainer
environment = trainer._accelerator_connector.cluster_environment
print(type(environment).__name__, trainer.global_rank, trainer.local_rank, trainer.world_size,
      environment.creates_processes_externally)
"""


@pytest.mark.slow
def test_a_task_of_slurm_knows_its_rank_and_starts_no_other() -> None:
    options = ["--config=gaca_quickstart.yaml", "--trainer.accelerator=cpu", *TWO]
    shown = subprocess.run(
        [sys.executable, "-c", SHOW, *options],
        env={**os.environ, **SLURM},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.split()[-5:] == ["SLURMEnvironment", "1", "1", "2", "True"]


def test_before_the_processes_meet_each_counts_itself_alone() -> None:
    """Nothing of the package asks the environment: ranks are those that torch has been told."""
    assert (processes.count(), processes.rank()) == (1, 0)
