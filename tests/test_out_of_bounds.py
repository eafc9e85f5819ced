"""Values out of bounds, of every option that is shipped, end in one line before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_type_hints

import pytest

from sparse_rl import estimators
from sparse_rl.bounds import bounds_of_type
from sparse_rl.cli import main
from sparse_rl.commands.programs import instantiate
from sparse_rl.commands.trial import TrialCLI, trial
from sparse_rl.config_files import find_config
from sparse_rl.errors import SparseRLError
from sparse_rl.estimators import Estimator

TWO_TASKS = "model.task=TransformerTableTask"
MERL = "model.estimator=Merl --model.estimator.size=4"
BORL = "model.estimator=Borl --model.estimator.phi=[0]"
RAML, DIRPG = "model.estimator=Raml", "model.estimator=DirPg"
OWN, MAZES = "data=OwnTablesDataModule", "data=TextWorldDataModule"
BIG = "9" * 30


@pytest.fixture(scope="module")
def cli() -> TrialCLI:
    return trial()


def quick(options: str) -> list[str]:
    config = find_config("gaca_quickstart.yaml")
    return [f"--config={config}", "--trainer.accelerator=cpu", *f"--{options}".split()]


def check(refused: pytest.ExceptionInfo[SparseRLError], says: str) -> None:
    text = str(refused.value)
    assert text.startswith(says), text
    assert len(text.splitlines()) == 1 and len(text) < 400


@pytest.mark.parametrize(
    ("options", "says"),
    [
        # Data
        ("data.batch_size=0", "set batch_size to 1 or more: got 0"),
        ("data.batch_size=-1", "set batch_size to 1 or more: got -1"),
        ("data.batch_size=ten", "set data.batch_size to a whole number: got ten"),
        ("data.batch_size=[]", "set data.batch_size to a whole number: got []"),
        ("data.batch_size=null", "give data.batch_size a value: it is null"),
        (f"data.batch_size={BIG}", "set batch_size to 9,223,372,036,854,775,807 or less: got 999"),
        ("data.eval_batch_size=-5", "set eval_batch_size to 1 or more"),
        ("data.limit=-1", "set limit to 0 or more"),
        ("data.max_expressions=0", "set max_expressions between 1 and 16"),
        ("data.max_expressions=100000", "set max_expressions between 1 and 16"),
        ("data.narrowing=maybe", "set data.narrowing to true or false: got maybe"),
        ("data.seed=99999999999", "set seed between 0 and 4294967295"),
        ("data=[]", "name a class for data"),
        ("data=Quickstart", "give data one of "),
        (f"{OWN} --data.split_seed=-1", "set split_seed between 0 and 4294967295"),
        (f"{OWN} --data.dev_share=0", "set dev_share above 0 and below 1"),
        (f"{OWN} --data.dev_share=.5 --data.test_share=.5", "set dev_share and test_share below 1"),
        (
            f"{OWN} --data.language=sql",
            "set data.language to one of 'wikisql', 'wtq', 'plain': got sql",
        ),
        (f"{OWN} --data.trigger_words=none", "point to a YAML file of trigger words"),
        ("data=WikiSQLDataModule --data.root=null", "give data.root a value"),
        ("data=WikiTableQuestionsDataModule --data.limit=-1", "set limit to 0 or more"),
        (f"{MAZES} --data.train=0", "set train between 1 and 1000000: got 0"),
        (f"{MAZES} --data.test={BIG}", "set test between 1 and 1000000: got 999"),
        (f"{MAZES} --data.walks=-1", "set walks between 1 and 1000"),
        (f"{MAZES} --data.longest=1000", "set longest between 1 and 64"),
        (f"{MAZES} --data.passes=0", "set passes to 1 or more"),
        # Model
        ("model.lr=1e6", "set lr between 0 and 1: got 1000000.0"),
        ("model.lr=nan", "set model.lr to a finite number: got nan"),
        ("model.lr=-inf", "set model.lr to a finite number: got -inf"),
        ("model.lr=-0.1", "set lr between 0 and 1: got -0.1"),
        ("model.lr_end=5", "set lr_end between 0 and 1"),
        ("model.beam_width=0", "set beam_width between 1 and 65536: got 0"),
        ("model.beam_width=1000000000", "set beam_width between 1 and 65536: got 1000000000"),
        ("model.answerable_seconds=-1", "set answerable_seconds to 0 or more"),
        ("model.capacity_c=-1", "set capacity_c to 0 or more"),
        ("model.explore_per_visit=-1", "set explore_per_visit between 0 and 65536"),
        ("model.explored=bloom --model.explored_capacity=0", "set explored_capacity to 1 or more"),
        ("model.explored=blom", "set model.explored to one of 'exact', 'bloom', 'rbloom'"),
        ("model.seed=4294967296", "set seed between 0 and 4294967295"),
        ("model.task=[]", "name a class for model.task: none is named"),
        ("model.task=Tables", "name a class for model.task: Tables"),
        ("model=5", "set an option of model, such as --model.NAME=VALUE: got 5"),
        ("model.task.hidden=0", "set hidden between 1 and 65536"),
        ("model.task.hidden=100000", "set hidden between 1 and 65536"),
        ("model.task.hidden=1.5", "set model.task.hidden to a whole number: got 1.5"),
        ("model.task.hidden=null", "give model.task.hidden a value: it is null"),
        ("model.task.embedding=-3", "set embedding between 1 and 65536"),
        ("model.task.dropout=2", "set dropout to 0 or more and below 1"),
        ("model.task.min_word_count=0", "set min_word_count to 1 or more"),
        ("model.task.glove_words=-1", "set glove_words to 0 or more"),
        (f"{TWO_TASKS} --model.task.layers=abc", "set model.task.layers to a list: got abc"),
        (f"{TWO_TASKS} --model.task.layers=null", "give model.task.layers a value"),
        (f"{TWO_TASKS} --model.task.encoder_lr=-1", "set encoder_lr to 0 or more"),
        ("model.task=MazeTask --model.task.dropout=1", "set dropout to 0 or more and below 1"),
        ("model.task=WorldTask --model.task.hidden=0", "set hidden between 1 and 65536"),
        # Estimators and priors
        ("model.estimator=[]", "name a class for model.estimator: none is named"),
        ("model.estimator.fresh=-1", "set fresh between 0 and 65536: got -1"),
        (f"model.estimator.fresh={BIG}", "set fresh between 0 and 65536: got 999"),
        ("model.estimator.fresh=null", "give model.estimator.fresh a value"),
        ("model.estimator.replay_c=1000000000", "set replay_c between 0 and 65536"),
        ("model.estimator.enumerate_up_to=-1", "set enumerate_up_to to 0 or more"),
        ("model.estimator.entropy_weight=-1", "set entropy_weight to 0 or more"),
        ("model.estimator.entropy_weight=null", "give model.estimator.entropy_weight a value"),
        ("model.estimator.reading=none", "set model.estimator.reading to one of 'guided'"),
        ("model.estimator.clip_low=null", "give model.estimator.clip_low a value"),
        ("model.estimator.clip_low=2", "set clip_low between 0.0 and 1.0: got 2.0"),
        ("model.estimator.temper_steps=-1", "set temper_steps to 0 or more"),
        ("model.estimator.beta=1", "set beta between -1.0 and 0.0"),
        ("model.estimator.prior=[]", "name a class for model.estimator"),
        ("model.estimator.prior=TemplatePrior --model.estimator.prior.rate=5", "set rate above 0"),
        ("model.estimator.prior=TemplatePrior --model.estimator.prior.kappa=2", "set kappa above"),
        ("model.estimator.prior=MixturePrior --model.estimator.prior.kappa=1", "set kappa above 0"),
        ("model.estimator=Borl", "give phi of Borl a value: it has no default"),
        (f"{BORL} --model.estimator.phi=[nan]", "set model.estimator.phi to a finite number or"),
        (f"{BORL} --model.estimator.clip_low=-1", "set clip_low between 0.0 and 1.0"),
        (f"{MERL} --model.estimator.size=1000000000", "set size between 1 and 65536"),
        (f"{MERL} --model.estimator.meta_every=0", "set meta_every to 1 or more"),
        (f"{MERL} --model.estimator.held_out=1", "set held_out "),
        (f"{RAML} --model.estimator.lam=0", "set lam above 0"),
        (f"{RAML} --model.estimator.replay_fraction=2", "set replay_fraction between 0.0 and 1.0"),
        (f"{DIRPG} --model.estimator.epsilon=0", "set epsilon to anything but 0"),
        (f"{DIRPG} --model.estimator.budget=0", "set budget to 1 or more"),
        ("model.estimator=HardEm --model.estimator.enumerate_up_to=0", "set enumerate_up_to to 1"),
        ("model.estimator=Reinforce --model.estimator.fresh=0", "set fresh to 1 or more"),
        # Warm start and exploration
        ("warm_start.workers=-2", "set workers between 0 and 512"),
        ("warm_start.workers=100000", "set workers between 0 and 512"),
        ("warm_start.method=file", "set warm_start.path to a file of programs"),
        ("warm_start.method=magic", "set warm_start.method to one of 'exhaustive'"),
        ("warm_start.max_seconds=-1", "set max_seconds to 0 or more"),
        ("warm_start.max_programs=0", "set max_programs to 1 or more"),
        ("warm_start.attempts=0", "set attempts to 1 or more"),
        ("warm_start=5", "set an option of warm_start"),
        # Checkpoints, loggers and the rest
        ("best_checkpoint.monitor=accuracy", "set best_checkpoint.monitor to one of val/greedy"),
        ("best_checkpoint.monitor=null", "set best_checkpoint.monitor to "),
        ("best_checkpoint.mode=biggest", "set best_checkpoint.mode to one of 'max', 'min'"),
        ("last_checkpoint.every_n_train_steps=-1", "set every_n_train_steps to 0 or more"),
        ("wandb.project=a/b", "leave / out of wandb.project"),
        ("wandb.timeout=0", "set timeout above 0"),
        ("wandb.mode=sometimes", "set wandb.mode to one of 'auto', 'online', 'offline'"),
        ("seed_everything=4294967296", "set seed_everything between 0 and 4294967295"),
        ("seed_everything=-1", "set seed_everything between 0 and 4294967295"),
        ("seed_everything=abc", "set seed_everything to true or false or a whole number: got abc"),
        ("show=-1", "set show to 0 or more"),
        ("quiet=maybe", "set quiet to true or false"),
        ("optimizer=Adam", "use an option that exists: no optimizer"),
        # Trainer
        ("trainer=5", "set an option of trainer"),
        ("trainer.devices=99999", "set trainer.devices between -1 and "),
        ("trainer.max_epochs=abc", "set trainer.max_epochs to a whole number: got abc"),
        ("trainer.max_epochs=-7", "set trainer.max_epochs to -1 or more"),
        ("trainer.max_steps=-5", "set trainer.max_steps to -1 or more"),
        ("trainer.log_every_n_steps=0", "set trainer.log_every_n_steps to 1 or more"),
        ("trainer.check_val_every_n_epoch=0", "set trainer.check_val_every_n_epoch to 1"),
        ("trainer.val_check_interval=0", "set trainer.val_check_interval above 0"),
        ("trainer.limit_val_batches=-1", "set trainer.limit_val_batches to 0 or more"),
        ("trainer.gradient_clip_val=nan", "set trainer.gradient_clip_val to a whole number or a f"),
        ("trainer.accumulate_grad_batches=0", "set trainer.accumulate_grad_batches to 1 or more"),
        ("trainer.num_nodes=0", "set trainer.num_nodes to 1 or more"),
        ("trainer.enable_checkpointing=false", "leave trainer.enable_checkpointing out"),
        ("trainer.precision=16-true", "set trainer.precision to one of 32-true"),
        ("trainer.deterministic=abc", "set trainer.deterministic to true or false or one of"),
        ("trainer.logger=abc", "give trainer.logger one of CSVLogger"),
        ("trainer.logger.init_args.flush_logs_every_n_steps=0", "set trainer.logger.init_args."),
        ("trainer.callbacks=abc", "name a class for trainer.callbacks: abc"),
    ],
)
def test_the_command_line_refuses_it(cli: TrialCLI, options: str, says: str) -> None:
    with pytest.raises(SparseRLError) as refused:
        cli.attempt(quick(options))
    check(refused, says)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("devices=0", "`Trainer(devices='0')`"),
        ("devices=abc", ""),
        ("devices=[]", ""),
        ("accelerator=none", "You selected an invalid accelerator"),
        ("accelerator=tpu", ""),
        ("strategy=none", ""),
        ("profiler=none", ""),
        ("max_time=abc", ""),
        ("fast_dev_run=-1", "fast_dev_run=-1"),
        ("limit_train_batches=1.5", "You have passed invalid value 1.5"),
        ("val_check_interval=2.5", "You have passed invalid value 2.5"),
        ("gradient_clip_algorithm=abc", "`gradient_clip_algorithm` abc is invalid"),
    ],
)
def test_the_trainer_refuses_it(options: str, says: str) -> None:
    with pytest.raises(SparseRLError) as refused:
        instantiate(quick(f"trainer.{options}"))
    check(refused, f"fix the options of trainer: {says}")


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("data.cache=/dev/null", "give a file or folder that can be read and written: /dev/null"),
        ("trainer.logger.init_args.save_dir=/dev/null", "give a file or folder that can be read"),
        ("ckpt_path=/dev/null/best.ckpt", "give --ckpt_path an existing checkpoint"),
        ("init_from=/dev/null/best.ckpt", "give --init_from an existing checkpoint"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused_before_the_data_are_read(
    option: str, says: str, tmp_path: Path
) -> None:
    logger = f"--trainer.logger.init_args.save_dir={tmp_path}"
    cache = f"--data.cache={tmp_path / 'none'}"
    with pytest.raises(SystemExit) as stopped:
        main(["fit", *quick("quiet=true"), logger, cache, f"--{option}"])
    text = str(stopped.value)
    assert text.startswith(f"error: {says}") and len(text.splitlines()) == 1, text
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_no_number_of_an_estimator_may_be_null(cli: TrialCLI) -> None:
    needed = {"Merl": " --model.estimator.size=4", "Borl": " --model.estimator.phi=[0]"}
    for name in estimators.__all__:
        kind: Any = getattr(estimators, name)
        if not isinstance(kind, type) or not issubclass(kind, Estimator) or kind is Estimator:
            continue
        hints = get_type_hints(kind.__init__).items()
        option = next(option for option, hint in hints if hint in (int, float))
        class_ = f"model.estimator={name}{needed.get(name, '')}"
        with pytest.raises(SparseRLError) as refused:
            cli.attempt(quick(f"{class_} --model.estimator.{option}=null"))
        check(refused, f"give model.estimator.{option} a value")


def test_all_numbers_of_our_callbacks_have_bounds() -> None:
    from sparse_rl import callbacks

    for name in callbacks.__all__:
        kind: Any = getattr(callbacks, name)
        hints = get_type_hints(kind.__init__, include_extras=True)
        for option, hint in hints.items():
            plain = get_type_hints(kind.__init__)[option]
            assert plain not in (int, float) or bounds_of_type(hint), f"{name}.{option}"
