"""Placeholder replaced by its owner."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Wire it."""
