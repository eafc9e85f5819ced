"""Ray, which runs parts of the work on this machine or on a cluster."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, get_args

from sparse_rl.errors import SparseRLError

STORE = 256 * 2**20
"""Bytes of a local Ray's object store: what is under way between its processes."""

EngineName = Literal["local", "ray"]
"""Where separate pieces of work are done: processes of this machine, or tasks of Ray."""

SILENT = {"log_to_driver": False, "logging_level": "ERROR"}


def find_ray() -> Any:
    """Imports Ray, without reports to its makers.

    Raises:
        SparseRLError: it is not installed.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        import ray
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise SparseRLError("pip install 'sparse_rl[ray]': engine=ray needs it") from error
    return ray


def check_engine(engine: str, address: str | None) -> None:
    """Checks the choice of an engine, before anything is read.

    Raises:
        SparseRLError: there is no such engine, Ray is not installed, or local work has an address.
    """
    if engine not in get_args(EngineName):
        raise SparseRLError(f"set engine to one of {get_args(EngineName)}: got {engine!r}")
    if engine == "ray":
        find_ray()
    elif address is not None:
        raise SparseRLError("set engine to ray, or leave address out: local workers have none")


@contextmanager
def ray_cluster(cpus: int, address: str | None = None) -> Iterator[Any]:
    """Connects to Ray for the block.

    A Ray that runs in this process already is used as it is, and left running.

    Args:
        cpus: CPUs of a Ray that is started here.
        address: of a cluster, as `ray.init` takes it; None starts a Ray that only this machine
            reaches, without a dashboard.

    Yields:
        the package.

    Raises:
        SparseRLError: Ray is not installed, or there is no cluster at the address.
    """
    ray = find_ray()
    started = not ray.is_initialized()
    if started:
        _connect(ray, cpus, address)
    try:
        yield ray
    finally:
        if started:
            ray.shutdown()


def _connect(ray: Any, cpus: int, address: str | None) -> None:
    handler = signal.getsignal(signal.SIGTERM)
    try:
        if address is None:
            # Ray listens on all interfaces but where it knows no clusters, as on macOS.
            ray._private.ray_constants.ENABLE_RAY_CLUSTER = False
            own = {"num_cpus": cpus, "object_store_memory": STORE, "include_dashboard": False}
            ray.init("local", **own, **SILENT)
        else:
            _knock(ray, address)
            ray.init(address, **SILENT)
    except (OSError, ValueError, RuntimeError) as error:
        said = " ".join(str(error).split())
        raise SparseRLError(f"set address to a cluster that runs: {said}") from error
    finally:
        # A training saves its checkpoint at SIGTERM; Ray would end it.
        if signal.getsignal(signal.SIGTERM) is not handler:
            signal.signal(signal.SIGTERM, handler)


def _knock(ray: Any, address: str) -> None:
    """Fails in seconds where there is no cluster: Ray itself would try for minutes."""
    if "://" in address:
        return
    found = ray._private.services.canonicalize_bootstrap_address(address)
    if found is not None:
        host, _, port = found.rpartition(":")
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
