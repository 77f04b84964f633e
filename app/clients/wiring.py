"""What the application takes from this package."""

from __future__ import annotations

from flask import Flask

from . import mails, operations_custody
from .views import (
    appointments,
    ask,
    bp,
    calls,
    choices,
    custody,
    decisions,
    docket,
    enter,
    letters,
    matter,
    openings,
    priorities,
    reach,
    resume,
    screening,
    status,
    texts,
)

PAGES = (
    appointments,
    ask,
    calls,
    choices,
    custody,
    decisions,
    docket,
    enter,
    letters,
    matter,
    openings,
    priorities,
    reach,
    resume,
    screening,
    status,
    texts,
)  # the modules of `views`, named so that they are imported before the blueprint is registered


def init_app(app: Flask) -> None:
    """Register pages, commands and checks."""
    app.register_blueprint(bp)
    mails.init_app(app)
    operations_custody.init_app(app)
