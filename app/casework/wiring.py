"""What the application takes from this package."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

from app.clients.hearing import count_as_heard

from .models import ContactAttempt, Note, TimeEntry
from .views import bp


def init_app(app: Flask) -> None:
    """Register the pages, and what counts as having heard of a case."""
    for audience in ("work", "finish", "staff", "reopening"):
        import_module(f"app.casework.views.{audience}")
    app.register_blueprint(bp)
    count_as_heard("contact", ContactAttempt.case_id, ContactAttempt.at, ContactAttempt.reached.is_(True))
    count_as_heard("hours", TimeEntry.case_id, TimeEntry.created_at, TimeEntry.removed_at.is_(None))
    count_as_heard("note", Note.case_id, Note.created_at)
