"""What the application takes from this package."""

from __future__ import annotations

from flask import Flask

from .views import bp

PAGES = ()  # the modules of `views`, named so that they are imported before the blueprint is registered


def init_app(app: Flask) -> None:
    """Register pages, commands and checks."""
    app.register_blueprint(bp)
