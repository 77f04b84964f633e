"""What the application takes from this package."""

from __future__ import annotations

from flask import Flask

from app.accounts.policy import check_before_leaving
from app.clients.hearing import count_as_heard
from app.clients.models import CaseRole
from app.clients.operations_pauses import stand_still_with
from app.volunteers.held import ask_before_pausing

from . import mails, mails_appeals, mails_digest
from .commands import match_files_command
from .docket_commands import export_docket_command, place_docket_command
from .models import Assignment
from .operations_pauses import case_paused, case_resumed, give_back_all, held_for
from .operations_supervision import supervises
from .views import (
    appealing,
    asking_firms,
    board,
    bp,
    claim_rules,
    firm,
    holds,
    offers,
    proposals,
    requests,
    resting,
    runs,
    shortlists,
    supervision,
)

# named so that they are imported before the blueprint is registered
PAGES = (
    appealing, asking_firms, board, claim_rules, firm, holds, offers, proposals, requests, resting, runs, shortlists,
    supervision,
)  # fmt: skip


def init_app(app: Flask) -> None:
    """Register pages, commands, checks and what counts as having heard of a case."""
    mails.init_app()
    mails_appeals.init_app()
    mails_digest.init_app()
    check_before_leaving("supervision", supervises)
    count_as_heard("placement", Assignment.case_id, Assignment.started_at, Assignment.role == CaseRole.LEAD)
    ask_before_pausing("holds", held_for, give_back_all)
    stand_still_with("placing", paused=case_paused, resumed=case_resumed)
    app.register_blueprint(bp)
    for command in (match_files_command, place_docket_command, export_docket_command):
        app.cli.add_command(command)
