"""Patterns of questions and phrases, filled with the words of a table."""

from __future__ import annotations

from pathlib import Path

import yaml

PATTERNS: dict[str, list[str]] = yaml.safe_load(
    Path(__file__).with_name("patterns.yaml").read_text(encoding="utf-8")
)
