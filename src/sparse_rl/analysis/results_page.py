"""Helpers of the scripts that write result pages."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path


def hardware() -> str:
    """Describes the machine, without names."""
    return f"{platform.machine()}, {platform.system()}, {os.cpu_count()} cores"


def machine() -> str:
    """Describes the machine and how busy it is, without names."""
    return f"{hardware()}, load average at the end {os.getloadavg()[0]:.1f}"


def write_section(page: Path, title: str, text: str) -> None:
    """Writes a section into a Markdown page; replaces a section of the same title."""
    section = f"## {title}\n{text.strip()}\n"
    old = page.read_text(encoding="utf-8") if page.is_file() else ""
    found = re.compile(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
    if found.search(old):
        new = found.sub(lambda _: f"{section}\n", old)
    else:
        new = f"{old.rstrip()}\n\n{section}" if old else section
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(new.rstrip() + "\n", encoding="utf-8")
