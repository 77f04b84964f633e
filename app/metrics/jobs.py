"""The nightly roll-up."""

from __future__ import annotations

from app.core import clock

from .rollup import refresh_all

SUNDAY = 6


def roll_up() -> None:
    """Bring all figures up to date; on Sundays every day is counted again, whatever has changed."""
    refresh_all(whole=clock.now().weekday() == SUNDAY)
