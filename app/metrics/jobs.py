"""The nightly roll-up."""

from __future__ import annotations

from .rollup import refresh_all


def roll_up() -> None:
    """Bring all figures up to date; once is enough, however much was touched."""
    refresh_all()
