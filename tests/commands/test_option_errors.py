"""A typo in an option ends in one line that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from sparse_rl.cli import main


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
