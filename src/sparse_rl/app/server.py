"""Serves the page on this machine alone, without telemetry and without a network."""

from __future__ import annotations

import socket
from pathlib import Path

from sparse_rl.app.desk import Desk
from sparse_rl.errors import SparseRLError

ADDRESS = "127.0.0.1"
PAGE = Path(__file__).with_name("ui") / "page.py"
_MEGABYTES = 50

OPTIONS = {
    "server_address": ADDRESS,
    # Pages of other hosts that resolve to this machine are refused.
    "server_allowedHosts": [ADDRESS, "localhost"],
    "server_enableCORS": True,
    "server_enableXsrfProtection": True,
    "server_enableStaticServing": False,
    "server_enableAgentApi": False,
    "server_headless": True,
    "server_fileWatcherType": "none",
    "server_maxUploadSize": _MEGABYTES,
    "browser_serverAddress": ADDRESS,
    "browser_gatherUsageStats": False,
    "client_toolbarMode": "minimal",
    # Details of an unexpected error are for the terminal.
    "client_showErrorDetails": "none",
    "client_showErrorLinks": False,
    "logger_hideWelcomeMessage": True,
    "logger_level": "warning",
    "runner_magicEnabled": False,
    "secrets_files": [],
    "theme_base": "light",
    "theme_primaryColor": "#00796b",
}

_desks: list[Desk] = []


def current_desk() -> Desk:
    """The desk that is served; pages of all people share it."""
    return _desks[-1]


def check_port(port: int) -> None:
    """Checks that nothing else listens.

    Raises:
        SparseRLError: the port is taken.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            raise SparseRLError(f"set --port to another one: {port}: {error.strerror}") from None


def serve(desk: Desk, port: int) -> None:
    """Serves the page until Ctrl-C."""
    from streamlit import net_util
    from streamlit.web import bootstrap

    # Before it refuses a foreign origin, Streamlit would ask a host of Amazon for its own address.
    net_util.get_external_ip = lambda: None
    options = {**OPTIONS, "server_port": port, "browser_serverPort": port}
    _desks.append(desk)
    try:
        bootstrap.load_config_options(options)
        bootstrap.run(str(PAGE), False, [], options)
    finally:
        _desks.remove(desk)
        desk.close()
