"""What the application takes from this package."""

from __future__ import annotations

from flask import Flask

from app.core import delivery, outbox

from .mail_trouble import close_mail_task, open_mail_task


def init_app(app: Flask) -> None:
    """Register pages, commands and checks."""
    delivery.tell_a_person(open_mail_task)
    outbox.when_decided(close_mail_task)
