"""What the application takes from this package."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register pages, commands and checks."""
