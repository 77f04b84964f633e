"""What the application takes from this package."""

from __future__ import annotations

from flask import Flask

from app.core.mail import check_before_sending

from . import mails
from .views import bp, credentials, organisations, people, profile, public, requirements, screening, ties

PAGES = (credentials, organisations, people, profile, public, requirements, screening, ties)


def init_app(app: Flask) -> None:
    """Register pages and the last look before a reminder leaves."""
    app.register_blueprint(bp)
    for kind in (mails.EXPIRING, mails.CONFIRM):
        check_before_sending(kind, mails.no_longer_needed)
