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


@pytest.mark.parametrize(
    "command",
    [
        "explore --config=x --out",
        "explore --config=x --out=found --report",
        "credibility --config=x --programs=x --out",
        "ensemble x --config=x --out",
        "report x --out",
        "spurious --ckpt_path=x --out",
        "ask --ckpt_path=x --table=x --sql_table",
        "borl --out",
        "sweep x --trials=1 --out",
        "fetch wikisql --root",
    ],
)
def test_an_output_that_cannot_be_written_is_refused_before_the_work(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    words = command.replace("--config=x", "--config=gaca_quickstart.yaml").split()
    with pytest.raises(SystemExit) as stopped:
        main([*words, str(tmp_path / "file" / "out.json")])
    text = str(stopped.value)
    assert text.startswith("error: give a file or folder that can be read and written: "), text
    assert "out.json: Not a directory" in text and len(text.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def bomb(line: str) -> bytes:
    levels = zip("abcdefgh", "bcdefghi", strict=True)
    return (line + "".join(f"{c}: &{c} [{','.join([f'*{p}'] * 9)}]\n" for p, c in levels)).encode()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (bomb("a: &a [x, x]\n"), "its aliases stand for more than 100,000 values"),
        (b"a: &a [*a]\n", "its aliases stand for more than 100,000 values"),
        (b"a: " + b"[" * 1000 + b"]" * 1000, "nest the values of"),
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
