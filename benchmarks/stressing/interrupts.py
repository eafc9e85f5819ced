"""Presses Ctrl-C at three moments of every command, and takes away its reader and its output."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import yaml

from sparse_rl.config_files import find_config
from sparse_rl.datamodules.quickstart.data import generate
from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule
from stressing.caches import SIZES
from stressing.kills import OPTIONS
from stressing.lives import Life, live

Row = tuple[str, str, int | None, str, bool]
LIMIT = 20.0
"""Seconds in which an interrupted command must have ended."""
UNWRITABLE = "/proc/none/out.json"


class Slow(BaseHTTPRequestHandler):
    """Sends an archive without end."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            while True:
                self.wfile.write(b"x" * 1000)
                time.sleep(0.05)

    def log_message(self, format: str, *args: object) -> None: ...


def prepare(folder: Path) -> dict[str, list[str]]:
    """Writes what the commands read, trains a policy; the commands by name."""
    root, cache = folder / "data", folder / "cache"
    generate(root, 0, SIZES)
    data = [f"--data.root={root}", f"--data.cache={cache}"]
    # Interrupted before its end, and not so small that it has one.
    model = [
        option for option in OPTIONS if option.startswith(("--model.task", "--model.explored"))
    ]
    config = f"--config={find_config('gaca_wikisql.yaml')}"
    logger = f"--trainer.logger.init_args.save_dir={folder}"
    fit = ["fit", config, *data, logger, *OPTIONS]
    life = live(fit, folder / "trained")
    life.wait(300)
    (best,) = folder.glob("gaca_wikisql/*/checkpoints/best.ckpt")
    forms = root / "data" / "annotated-all.examples"
    forms.parent.mkdir()
    ids = [e.id for e in WikiSQLDataModule(str(root), cache=str(cache)).examples("train")]
    form = "(example (id {}) (targetFormula (count (@type @row))))"
    forms.write_text("\n".join(form.format(id_) for id_ in ids))
    table = folder / "medals.csv"
    table.write_text("Nation,Golds\nPeru,3\nChile,2\n" + "Peru,1\n" * 2000)
    programs = folder / "programs.jsonl"
    live(["explore", config, *data, f"--out={programs}", "--workers=2"], folder / "log").wait(300)
    questions = folder / "questions.tsv"
    asked = [f"q{n}\twho won {n} medals in May {n}?\tmedals.csv\t{n}" for n in range(3000)]
    questions.write_text("\n".join(["id\tutterance\tcontext\ttargetValue", *asked, ""]))
    sweep = folder / "sweep.yaml"
    sweep.write_text(
        yaml.safe_dump(
            {
                "program": "train.py",
                "method": "grid",
                "metric": {"name": "val/greedy_accuracy", "goal": "maximize"},
                "parameters": {"model.lr": {"values": [0.001, 0.002]}},
                "command": ["${env}", "${interpreter}", "${program}", *fit, "${args}"],
            }
        )
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    Thread(target=server.serve_forever, daemon=True).start()
    run = best.parents[1]
    trained = [config, *data, *model]
    long = ["--data.limit=0", "--trainer.max_epochs=50"]
    explore = ["explore", *trained, "--method=systematic", "--workers=2", f"--out={folder}/found"]
    return {
        "fit": [*fit, *long],
        "validate": ["validate", *trained, f"--ckpt_path={best}", logger],
        "test": ["test", *trained, f"--ckpt_path={best}", logger],
        "predict": ["predict", *trained, f"--ckpt_path={best}", logger],
        "ask": ["ask", f"--ckpt_path={run}", f"--table={table}", "who won 3 golds?"],
        "check": ["check", *trained],
        "annotate": ["annotate", str(questions), f"--out={folder}/questions.tagged"],
        "explore": explore,
        "credibility": ["credibility", config, *data]
        + [f"--programs={programs}", f"--out={folder}/kept.jsonl"],
        "report": ["report", str(run), f"--out={folder}/report.html"],
        "ensemble": ["ensemble", str(best), str(best), *trained, f"--out={folder}/voted.jsonl"],
        "spurious": ["spurious", f"--ckpt_path={run}", f"--out={folder}/spurious.json"],
        "sweep": ["sweep", str(sweep), "--trials=2", f"--out={folder}/sweep"],
        "borl": ["borl", f"--config={find_config('borl_wikisql.yaml')}", *data, logger]
        + [*(o for o in OPTIONS if "fresh" not in o), "--trials=3", f"--out={folder}/borl"],
        "fetch": ["fetch", "wikisql", f"--root={folder}/fetched"]
        + [f"--url=http://127.0.0.1:{server.server_port}/data.tar.bz2"],
        "completion": ["completion", "bash"],
    }


def press(args: Sequence[str], log: Path, after: float, fresh: bool) -> Life:
    """Starts a command, in a new interpreter or a fork; presses Ctrl-C after so many seconds."""
    log.unlink(missing_ok=True)
    if fresh:
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "sparse_rl", *args],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        life = Life(process.pid, log)
        # Python itself takes a moment until it runs our code, and longer on a busy machine.
        # A module that all commands load; some load few others.
        life.wait_for(lambda: b"_hashlib" in Path(f"/proc/{life.pid}/maps").read_bytes(), 2)
    else:
        life = live(args, log)
    time.sleep(after)
    if life.running():
        os.killpg(life.pid, signal.SIGINT)
    life.wait(LIMIT)
    return life


def judge(command: str, moment: str, life: Life, folder: Path) -> Row:
    lines = [line for line in life.said.splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    halves = [path for path in folder.rglob("*.partial") if "fetched" not in path.parts]
    right = life.status == 130 and last.startswith("stopped by Ctrl-C: ")
    right &= "Traceback" not in life.said and not life.session() and not halves
    if not right:
        print(
            f"--- {command}, {moment}\n{life.said[-2500:]}\n{halves}", file=sys.stderr, flush=True
        )
    life.end()
    return command, moment, life.status, last.replace(str(folder), "DIR")[:100], right


def measure(folder: Path, seed: int) -> Iterator[Row]:
    """Yields what was seen."""
    rng = random.Random(seed)
    # Of a script in the background it is ignored, and its processes inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    log = folder / "log"
    for command, args in prepare(folder).items():
        if command != "completion":
            for longest in (0.5, 0.1, 0):
                clear(folder, command)
                life = press(args, log, rng.uniform(0, longest), True)
                # A short command may be through before.
                if life.status != 0:
                    break
            yield judge(command, "imports", life, folder)
            # An uninterrupted run shows how long it takes; some have no end.
            log.unlink()
            life = live(args, log)
            begin = time.monotonic()
            life.wait(6)
            whole = time.monotonic() - begin
            life.end()
            for path in folder.rglob("*.partial"):
                path.unlink() if path.is_file() else None
            for moment, low, high in (("reading", 0.02, 0.2), ("work", 0.3, 0.8)):
                for shorter in (1, 0.5, 0.2, 0.1):
                    clear(folder, command)
                    life = press(args, log, shorter * whole * rng.uniform(low, high), False)
                    if life.status != 0:
                        break
                yield judge(command, moment, life, folder)
        clear(folder, command)
        if command not in ("fetch", "fit"):
            log.unlink(missing_ok=True)
            life = live(args, log, reader=False)
            life.wait(120)
            fine = life.status in (0, 141) and "Traceback" not in life.said
            last = (life.said.splitlines() or [""])[-1]
            yield command, "no reader", life.status, last.replace(str(folder), "DIR")[:100], fine
            life.end()
        if any(arg.startswith("--out=") for arg in args):
            out = [f"--out={UNWRITABLE}" if arg.startswith("--out=") else arg for arg in args]
            log.unlink(missing_ok=True)
            life = live(out, log)
            took = life.wait(LIMIT)
            fine = life.status == 1 and life.said.startswith("error: give ")
            fine &= life.said.count("\n") == 1 and took is not None
            yield command, "no output", life.status, life.said.strip()[:100], fine
            life.end()


def clear(folder: Path, command: str) -> None:
    """Removes what annotate does not write twice, and what a sweep or a search goes on with."""
    (folder / "questions.tagged").unlink(missing_ok=True)
    state = folder / command
    if state.is_dir():
        for path in sorted(state.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()


if __name__ == "__main__":
    sys.exit("run benchmarks/stress.py interrupts")
