"""A typo in an option ends in one line that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from sparse_rl.cli import main
from sparse_rl.config_files import read_yaml


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("--trainer.max_epoch=1", "no trainer.max_epoch; did you mean trainer.max_epochs?"),
        ("--model.estimator=Mappo", "no Mappo; did you mean Mapo?"),
        ("--model.estimator.clip_lo=0.1", "use an option of Mapo: no clip_lo; did you mean clip_"),
        ("--model.estimator.clip_low=5", "set clip_low between 0.0 and 1.0: got 5.0"),
        ("--model.task.hiden=3", "use an option of TableTask: no hiden; did you mean hidden"),
        ("--data=WikiSQL", "did you mean WikiSQLDataModule?"),
    ],
)
def test_a_typo_gets_one_line_with_the_nearest_name(option: str, says: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--config=mapo_wikisql.yaml", "--data.root=nowhere", option])
    text = str(stopped.value)
    assert text.startswith("error: ") and says in text, text
    assert len(text.splitlines()) == 1


PRIORS = "give model.estimator.prior one of EnergyPrior, MixturePrior, TemplatePrior"


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("prior=mixture", f"{PRIORS}: no mixture; did you mean MixturePrior?"),
        ("prior=template", f"{PRIORS}: no template; did you mean TemplatePrior?"),
        ("prior.rate=0.1", f"{PRIORS}: no class is named"),
        ("prior=MixturePrior --model.estimator.prior.kappa=5", "set kappa above 0 and below 1"),
        ("prior=MixturePrior --model.estimator.prior.rate=1", "use an option of MixturePrior"),
    ],
)
def test_a_wrong_prior_gets_one_line_that_names_the_classes(option: str, says: str) -> None:
    options = f"--model.estimator.{option}".split()
    with pytest.raises(SystemExit) as stopped:
        main(["--config=gaca_wikisql.yaml", "--data.root=nowhere", *options])
    text = str(stopped.value)
    assert text.startswith("error: ") and says in text, text
    assert len(text.splitlines()) == 1


def test_a_prior_by_its_name_of_old_in_a_config_gets_the_same_line(tmp_path: Path) -> None:
    path = tmp_path / "old.yaml"
    estimator = {"class_path": "Gaca", "init_args": {"prior": "energy"}}
    data = {"class_path": "QuickstartDataModule"}
    path.write_text(yaml.safe_dump({"model": {"estimator": estimator}, "data": data}))
    with pytest.raises(SystemExit) as stopped:
        main([f"--config={path}"])
    text = str(stopped.value)
    assert f"{PRIORS}: no energy; did you mean EnergyPrior?" in text, text
    assert len(text.splitlines()) == 1


QUICK = ["fit", "--config=gaca_quickstart.yaml", "--trainer.accelerator=cpu"]


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("data.batch_size=0", "set batch_size to 1 or more: got 0"),
        ("data.eval_batch_size=-5", "set eval_batch_size to 1 or more"),
        ("data.limit=-1", "set limit to 0 or more"),
        ("data.max_expressions=100000", "set max_expressions between 1 and 16"),
        ("data.seed=99999999999", "set seed between 0 and 4294967295"),
        ("model.lr=1e6", "set lr between 0 and 1: got 1000000.0"),
        ("model.lr=nan", "set model.lr to a finite number: got nan"),
        ("model.lr_end=5", "set lr_end between 0 and 1"),
        ("model.beam_width=0", "set beam_width to 1 or more"),
        ("model.capacity_c=-1", "set capacity_c to 0 or more"),
        ("model.explored=bloom --model.explored_capacity=0", "set explored_capacity to 1 or more"),
        ("model.explored=blom", "set model.explored to one of 'exact', 'bloom', 'rbloom'"),
        ("model.task.hidden=0", "set hidden between 1 and 65536"),
        ("model.task.hidden=1.5", "set model.task.hidden to a whole number: got 1.5"),
        ("model.task.dropout=2", "set dropout to 0 or more and below 1"),
        ("model.estimator.fresh=-1", "set fresh to 0 or more"),
        ("model.estimator.entropy_weight=-1", "set entropy_weight to 0 or more"),
        ("model.estimator.reading=none", "set model.estimator.reading to one of 'guided'"),
        ("model.estimator.prior=TemplatePrior --model.estimator.prior.rate=5", "set rate above 0"),
        ("warm_start.workers=-2", "set workers to 0 or more"),
        ("warm_start.method=file", "set warm_start.path to a file of programs"),
        ("warm_start.max_seconds=-1", "set max_seconds to 0 or more"),
        ("async_explore.walks=0", "set walks to 1 or more"),
        ("best_checkpoint.mode=biggest", "set best_checkpoint.mode to one of 'max', 'min'"),
        ("seed_everything=4294967296", "set seed_everything between 0 and 4294967295"),
        ("seed_everything=abc", "set seed_everything to true or false or a whole number: got abc"),
        ("trainer.devices=0", "fix the options of trainer: `Trainer(devices='0')`"),
        ("trainer.accelerator=none", "fix the options of trainer: You selected an invalid acc"),
        ("trainer.accelerator=tpu", "fix the options of trainer: "),
        ("trainer.log_every_n_steps=0", "set trainer.log_every_n_steps to 1 or more"),
        ("trainer.check_val_every_n_epoch=0", "set trainer.check_val_every_n_epoch to 1"),
        ("trainer.enable_checkpointing=false", "leave trainer.enable_checkpointing out"),
        ("trainer.max_steps=-5", "set trainer.max_steps to -1 or more"),
        ("trainer.precision=16-true", "set trainer.precision to one of 32-true"),
        ("trainer.profiler=none", "fix the options of trainer: "),
        ("trainer.strategy=none", "fix the options of trainer: "),
        ("trainer.logger.init_args.flush_logs_every_n_steps=0", "set trainer.logger.init_args."),
        ("wandb.project=a/b", "leave / out of wandb.project"),
        ("optimizer=Adam", "use an option that exists: no optimizer"),
        ("show=-1", "set show to 0 or more"),
        ("data.cache=/dev/null", "give a file or folder that can be read and written: /dev/null"),
        ("ckpt_path=/dev/null/best.ckpt", "give --ckpt_path an existing checkpoint"),
    ],
)
def test_a_value_out_of_bounds_ends_in_one_line_that_names_the_option(
    option: str, says: str, tmp_path: Path
) -> None:
    logger = f"--trainer.logger.init_args.save_dir={tmp_path}"
    # It is refused before the data are read: these are none.
    cache = [] if "cache" in option else [f"--data.cache={tmp_path / 'none'}"]
    with pytest.raises(SystemExit) as stopped:
        main([*QUICK, logger, *cache, *f"--{option}".split()])
    text = str(stopped.value)
    assert text.startswith(f"error: {says}"), text
    assert len(text.splitlines()) == 1
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("explore --out=x --attempts=0", "set --attempts to 1 or more: got 0"),
        ("explore --out=x --max_seconds=nan", "set --max_seconds to 0 or more: got nan"),
        ("explore --out=x --workers=two", "set --workers to a whole number: got two"),
        ("borl --out=x --trials=0", "set --trials to 1 or more"),
        ("borl --out=x --range=nan", "set --range above 0"),
        ("credibility --out=x --programs=x --keep=2", "set --keep between 0 and 1"),
    ],
)
def test_so_do_the_options_of_our_own_commands(command: str, says: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*command.split(), "--config=gaca_quickstart.yaml"])
    assert str(stopped.value).startswith(f"error: {says}")


def bomb(line: str) -> bytes:
    levels = zip("abcdefgh", "bcdefghi", strict=True)
    return (line + "".join(f"{c}: &{c} [{','.join([f'*{p}'] * 9)}]\n" for p, c in levels)).encode()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (bomb("a: &a [x, x]\n"), "its aliases stand for more than 100,000 values"),
        (b"a: &a [*a]\n", "its aliases stand for more than 100,000 values"),
        (b"a: " + b"[" * 3000 + b"]" * 3000, "nest the values of"),
        ("a: 1\n".encode("utf-16"), "as UTF-8: invalid start byte (byte 0)"),
        ("# \u00e9\na: 1\n".encode("latin-1"), "as UTF-8"),
        (bytes(range(256)), "as UTF-8"),
        (b"", "as `name: value` lines"),
        (b"- a\n", "as `name: value` lines"),
        (b"1: 2\n", "as `name: value` lines"),
        (b"a: " + b"9" * 5000, "fix the YAML of"),
        (b"a: !!python/object/apply:os.abort []\n", "could not determine a constructor"),
    ],
)
@pytest.mark.parametrize("command", ["fit", "explore"])
def test_a_config_that_is_no_config_ends_in_one_line(
    command: str, content: bytes, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_bytes(content)
    with pytest.raises(SystemExit) as stopped:
        main([command, f"--config={path}", "--out=x"])
    text = str(stopped.value)
    assert says in text and "wrong.yaml" in text and len(text.splitlines()) == 1


def test_a_config_may_begin_with_a_mark_of_its_encoding(tmp_path: Path) -> None:
    path = tmp_path / "marked.yaml"
    path.write_bytes(b"\xef\xbb\xbfmodel: &m {a: 1}\ndata: *m\n")
    assert read_yaml(path) == {"model": {"a": 1}, "data": {"a": 1}}
