"""Fixtures that every test may ask for."""

from __future__ import annotations

import gc
import itertools
import json
import os
import runpy
import shutil
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import settings

# Machines are shared: the time of an example says nothing about the code.
settings.register_profile("shared", deadline=None, max_examples=25)
settings.register_profile("thorough", deadline=None, max_examples=400)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "shared"))

# For a torch that is imported during a test, or in a process that a test starts.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Two workers, and every process that a test starts, would otherwise compile all modules anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# What is imported while tests are collected, torch and transformers among it, is half a million
# objects that live to the end: the garbage collector looks through none of them, then or later.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def one_torch_thread() -> None:
    """The tests' tensors are tiny: threads cost more than they give, and workers compete.

    A session whose tests need no torch does not import it here.
    """
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def no_run_seed() -> Iterator[None]:
    """Lightning keeps a run's seed in the environment; the next test is no part of that run."""
    yield
    os.environ.pop("PL_GLOBAL_SEED", None)


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of the data packs: SPARSE_RL_DATA, else ../shared/data beside the checkout."""
    named = os.environ.get("SPARSE_RL_DATA")
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    root = Path(named) if named else beside
    if not root.is_dir():
        pytest.skip(f"set SPARSE_RL_DATA to the folder of the data packs: {root} is not there")
    return root


def shared_folder(factory: pytest.TempPathFactory, name: str) -> Path:
    """A place that is one for all workers of the session."""
    base = factory.getbasetemp()
    # Each worker's base is a folder in that of the session.
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name


@pytest.fixture(scope="session")
def wikitables_pack(data_root: Path) -> Path:
    pack = data_root / "wikitablequestions.tar.xz"
    if not pack.is_file():
        pytest.skip(f"put WikiTableQuestions into the data packs: {pack} is not there")
    return pack


@pytest.fixture(scope="session")
def wikitables_root(wikitables_pack: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """WikiTableQuestions' release, unpacked from the data pack."""
    folder = tmp_path_factory.mktemp("wikitablequestions")
    shutil.unpack_archive(wikitables_pack, folder, filter="data")
    return folder / "WikiTableQuestions"


# Of whose questions papers show programs.
SHOWN_TABLES = ("203-csv/507", "203-csv/515", "204-csv/232", "204-csv/913", "204-csv/68")


@pytest.fixture(scope="session")
def wikitables_sample(wikitables_pack: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A part of WikiTableQuestions' release: all workers unpack it once, in one pass.

    The questions of training, the annotated ones of the test split, the tables of which papers
    show programs, and one in fifty of the annotated tables.
    """
    from sparse_rl.folders import cached_folder

    wanted = {"data/training.tsv", "tagged/data/pristine-seen-tables.tagged"}
    wanted |= {f"csv/{table}.csv" for table in SHOWN_TABLES}
    wanted |= {f"tagged/{table.replace('-csv', '-tagged')}.tagged" for table in SHOWN_TABLES}

    def unpack(folder: Path) -> None:
        tables = itertools.count()
        with tarfile.open(wikitables_pack) as archive:
            for member in archive:
                name = member.name.removeprefix("WikiTableQuestions/")
                sampled = "-tagged/" in name and next(tables) % 50 == 0
                if member.isfile() and (sampled or name in wanted):
                    archive.extract(member, folder, filter="data")

    folder = shared_folder(tmp_path_factory, "wikitables_sample")
    cached_folder(folder, unpack)
    return folder / "WikiTableQuestions"


@pytest.fixture(scope="session")
def small_wikisql(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in WikiSQL's format with a few dozen generated questions."""
    from sparse_rl.datamodules.quickstart.data import Size, generate

    root = tmp_path_factory.mktemp("wikisql")
    generate(root, 0, {"train": Size(8, 80), "dev": Size(3, 20), "test": Size(3, 24)})
    return root


@pytest.fixture(scope="session")
def cache(small_wikisql: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of preprocessed examples that all tests share, and all workers.

    Its folders are named after the content of the data, and are complete or not there. The
    quickstart's data lie in it, so that its thousands of questions are not generated: they are
    those of `small_wikisql`.
    """
    from sparse_rl.datamodules.quickstart.quickstart import QuickstartDataModule
    from sparse_rl.folders import cached_folder

    folder = shared_folder(tmp_path_factory, "cache")
    cached_folder(
        QuickstartDataModule(cache=str(folder)).root,
        lambda partial: shutil.copytree(small_wikisql, partial, dirs_exist_ok=True),
    )
    return folder


@pytest.fixture(scope="session")
def small_wtq(small_wikisql: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The questions of `small_wikisql` in WikiTableQuestions' layout, without annotation."""
    import csv

    from sparse_rl.datamodules.tables.wikisql_format import execute, read_questions, read_tables

    root = tmp_path_factory.mktemp("wikitablequestions")
    names = {
        "train": "random-split-1-train",
        "dev": "random-split-1-dev",
        "test": "pristine-unseen-tables",
    }
    (root / "data").mkdir()
    for number, (split, name) in enumerate(names.items()):
        tables = read_tables(small_wikisql / f"{split}.tables.jsonl")
        folder = root / "csv" / f"{number}-csv"
        folder.mkdir(parents=True)
        contexts = {}
        for index, (id_, table) in enumerate(tables.items()):
            contexts[id_] = f"csv/{number}-csv/{index}.csv"
            with (folder / f"{index}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
                writer.writerow(table.header)
                writer.writerows(zip(*table.columns, strict=True))
        lines = ["id\tutterance\tcontext\ttargetValue"]
        for question in read_questions(small_wikisql / f"{split}.jsonl", split, tables):
            assert question.query is not None
            answer = "|".join(map(str, execute(question.query, tables[question.table_id])))
            lines.append(
                "\t".join((question.id, question.text, contexts[question.table_id], answer))
            )
        (root / "data" / f"{name}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def small_own_tables(small_wtq: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same questions as a folder of a user's own: train.tsv, dev.tsv, test.tsv and tables."""
    root = tmp_path_factory.mktemp("own_tables")
    shutil.copytree(small_wtq / "csv", root / "csv")
    files = sorted((small_wtq / "data").glob("*.tsv"))
    for split, path in zip(("test", "dev", "train"), files, strict=True):
        _, *lines = path.read_text(encoding="utf-8").splitlines()
        text = "\n".join(("id\tquestion\ttable\tanswer", *lines, ""))
        (root / f"{split}.tsv").write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def annotated_wtq(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table with questions in WikiTableQuestions' layout, and human forms of the questions."""
    root = tmp_path_factory.mktemp("annotated_wtq")
    for folder in ("data", "csv/0-csv"):
        (root / folder).mkdir(parents=True)
    (root / "csv/0-csv/0.csv").write_text(
        '"Nation","Golds","Silvers"\n"Brazil","7","1"\n"Peru","3","4"\n"Chile","2","3"\n'
    )
    questions = {
        "random-split-1-train": [
            ("nt-0", "how many golds did peru win?", "3"),
            ("nt-1", "which nation won the most golds?", "Brazil"),
            ("nt-2", "did it rain?", "yes"),
            ("nt-3", "how many medals did peru win?", "7"),
            ("nt-4", "how many bronzes did chile win?", "2"),
            ("nt-5", "how many nations have a flag?", "195"),
        ],
        "random-split-1-dev": [
            ("nt-0", "how many golds did peru win?", "3"),
            ("nt-6", "how many nations are there?", "3"),
        ],
        "pristine-unseen-tables": [("nu-0", "how many golds did chile win?", "2")],
    }
    for name, lines in questions.items():
        rows = [f"{id_}\t{text}\tcsv/0-csv/0.csv\t{answer}" for id_, text, answer in lines]
        text = "\n".join(["id\tutterance\tcontext\ttargetValue", *rows, ""])
        (root / "data" / f"{name}.tsv").write_text(text)
    forms = {
        "nt-0": "(@!p.num (!r.golds (r.nation c.peru)))",
        "nt-1": "(!r.nation (argmax 1 1 (@type @row) (reverse (lambda x (!r.golds (var x))))))",
        "nt-3": "(+ (!r.golds (r.nation c.peru)) (!r.silvers (r.nation c.peru)))",
        "nt-4": "(!r.bronzes (r.nation c.chile))",
        "nt-5": "(count (@type @row))",
        "nt-6": "(count (@type @row))",
        "nt-7": "(count (@type @row))",
    }
    lines = [f"(example (id {id_}) (targetFormula {form}))" for id_, form in forms.items()]
    lines.append('(example (id nt-2) (error "Yes/No Question"))')
    (root / "data" / "annotated-all.examples").write_text("\n".join(lines))
    return root


@pytest.fixture(scope="session")
def annotated_run(
    annotated_wtq: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of a run on `annotated_wtq`: an untrained, tiny policy with a full memory."""
    import torch
    import yaml

    from sparse_rl.datamodules.tables.wikitablequestions import WikiTableQuestionsDataModule
    from sparse_rl.modules.learner import PolicyLearner
    from sparse_rl.modules.tables.table_task import TableTask

    data = {"root": str(annotated_wtq), "cache": str(cache), "trigger_words": None}
    module = WikiTableQuestionsDataModule(**data)
    torch.manual_seed(0)
    learner = PolicyLearner(TableTask(8, 8))
    learner.policy = learner.task.build(module)
    for example in module.examples("train"):
        learner.memory.file_found(example.id, learner.task.exhaustive(example).programs)
    checkpoint = {"state_dict": learner.state_dict()}
    learner.on_save_checkpoint(checkpoint)
    run = tmp_path_factory.mktemp("annotated_run")
    (run / "checkpoints").mkdir()
    torch.save(checkpoint, run / "checkpoints" / "best.ckpt")
    config = {
        "model": {"task": {"class_path": "TableTask"}, "estimator": {"class_path": "Gaca"}},
        "data": {"class_path": "WikiTableQuestionsDataModule", "init_args": data},
        "trainer": {"devices": 64, "logger": {"init_args": {"name": "gaca_medals"}}},
    }
    (run / "config.yaml").write_text(yaml.safe_dump(config))
    return run


@pytest.fixture(scope="session")
def checkpoint_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Any], Path]:
    """Writes a checkpoint of an untrained, tiny policy for the data of a datamodule."""

    def write(data: Any) -> Path:
        import torch

        from sparse_rl.modules.mazes.maze_task import MazeTask
        from sparse_rl.modules.tables.table_task import TableTask

        torch.manual_seed(0)
        task: Any = TableTask(8, 8) if hasattr(data, "language") else MazeTask()
        policy = task.build(data)
        path = tmp_path_factory.mktemp("run") / "checkpoints" / "best.ckpt"
        path.parent.mkdir()
        weights = {f"policy.{name}": value for name, value in policy.state_dict().items()}
        torch.save({"state_dict": weights, "sparse_rl": task.state_dict(policy)}, path)
        return path

    return write


@pytest.fixture(scope="session")
def small_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a BERT with random weights, whose pieces are a few words and all letters."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces = [*special, *"?|.,-'", "what", "the", "is", *letters, *(f"##{c}" for c in letters)]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    folder = tmp_path_factory.mktemp("encoder")
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    ).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=16,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=160,
        initializer_range=0.3,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture
def report(
    small_wikisql: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., dict[str, Any]]:
    """Runs a script of the repository with options; the JSON object in its output's last line.

    In this process, because every new one would import torch and Lightning again.
    """

    def run(script: str, *options: str) -> dict[str, Any]:
        path = str(Path(__file__).resolve().parents[1] / script)
        monkeypatch.setenv("SPARSE_RL_CACHE", str(cache))
        monkeypatch.setattr(sys, "argv", [path, "--root", str(small_wikisql), *options])
        runpy.run_path(path, run_name="__main__")
        found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
        return found

    return run


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A headless Chromium."""
    from selenium import webdriver

    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("install chromium and chromium-driver: they are not on the path")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    flags = "headless no-sandbox disable-gpu disable-quic no-first-run disable-sync "
    flags += "disable-background-networking disable-component-update "
    flags += "force-prefers-reduced-motion window-size=1280,1000 "
    flags += f"user-data-dir={tmp_path_factory.mktemp('chromium')}"
    for flag in flags.split():
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options, webdriver.ChromeService(driver))
    yield chrome
    chrome.quit()


WAITING = """
import os
import time
from pathlib import Path
from threading import Thread

import pytorch_lightning as pl


class Waiting(pl.Callback):
    def on_train_epoch_start(self, trainer, pl_module):
        if trainer.current_epoch == 1 and not Path("killed").exists():
            Path("waiting").mkdir(exist_ok=True)
            Path("waiting", str(os.getpid())).touch()
            while not Path("killed").exists():
                time.sleep(0.01)
"""


@pytest.fixture
def losing_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a Ray cluster of two machines, of which one is killed in its first training.

    That is when two trainings with the callback `waiting.Waiting` have begun their second epochs.
    The test is in a folder of its own, in which workers find this callback.
    """
    pytest.importorskip("ray", reason="the extra: pip install 'sparse_rl[ray]'")
    from ray.cluster_utils import Cluster

    (tmp_path / "waiting.py").write_text(WAITING)
    monkeypatch.chdir(tmp_path)
    # As a shell that starts a worker would have it: what the scripts of experiments import.
    root = Path(__file__).resolve().parents[1]
    folders = [str(root / "src"), str(root / "experiments")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(folders))
    node = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
    cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    doomed = cluster.add_node(**node)

    def kill() -> None:
        while len(list(tmp_path.glob("waiting/*"))) < 2:
            time.sleep(0.01)
        cluster.remove_node(doomed, allow_graceful=False)
        while all(Path("/proc", path.name).exists() for path in tmp_path.glob("waiting/*")):
            time.sleep(0.01)
        (tmp_path / "killed").touch()

    killer = Thread(target=kill, daemon=True)
    killer.start()
    try:
        yield str(cluster.address)
    finally:
        killer.join(10)
        cluster.shutdown()
