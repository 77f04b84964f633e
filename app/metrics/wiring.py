"""What the application takes from this package."""

from __future__ import annotations

from flask import Flask

from .commands import roll_up_command
from .views import bp


def init_app(app: Flask) -> None:
    """Register pages and the backfill command."""
    app.register_blueprint(bp)
    app.cli.add_command(roll_up_command)
