"""The nightly roll-up."""

from __future__ import annotations

from .rollup import refresh_all


def roll_up() -> int:
    """Bring all figures up to date; how many days were counted again."""
    return refresh_all()
