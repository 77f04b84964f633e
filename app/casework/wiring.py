"""What the application takes from this package."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

from .views import bp


def init_app(app: Flask) -> None:
    """Register the pages."""
    for audience in ("work", "finish", "staff", "reopening"):
        import_module(f"app.casework.views.{audience}")
    app.register_blueprint(bp)
