"""What the application takes from this package."""

from __future__ import annotations

from flask import Flask

from . import mails
from .views import board, bp, holds, offers, requests

PAGES = (board, holds, offers, requests)  # named so that they are imported before the blueprint is registered


def init_app(app: Flask) -> None:
    """Register pages, commands and checks."""
    mails.init_app()
    app.register_blueprint(bp)
