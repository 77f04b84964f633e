"""What the application takes from this package."""

from __future__ import annotations

from flask import Flask

from app.accounts.policy import check_before_reading

from . import schedules_mails
from .commands import roll_up_command
from .publishing_beside import against_reading
from .views import (
    behind_closed,
    behind_gaps,
    bp,
    equity,
    figures_api,
    files,
    funder_files,
    lsc_checks,
    own_impact,
    page_files,
    rates,
)

PAGES = (
    behind_closed,
    behind_gaps,
    equity,
    figures_api,
    files,
    funder_files,
    lsc_checks,
    own_impact,
    page_files,
    rates,
)  # imported before they register


def init_app(app: Flask) -> None:
    """Register pages and the backfill command."""
    app.register_blueprint(bp)
    app.cli.add_command(roll_up_command)
    schedules_mails.init_app()
    check_before_reading("published together", against_reading)
