"""A typo in an option ends in one line that says what to do."""

from __future__ import annotations

import pytest

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
