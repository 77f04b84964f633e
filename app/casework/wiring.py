"""What the application takes from this package."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

from app.clients.hearing import count_as_heard
from app.clients.operations_parties import tell_of_new_names
from app.clients.operations_pauses import stand_still_with
from app.clients.updates import count_as_reached
from app.matching.operations_attest import close_file_before_asking
from app.matching.operations_placement import tell_of_conflict
from app.volunteers.followers import FIRM_NAME, SUSPENSION, TIES, follow

from . import message_mails, milestone_mails, transfer_mails, transfer_pauses
from .milestones import steps_for
from .models import ContactAttempt, Note, TimeEntry
from .operations_cut_off import cut_off_if_close, cut_off_the_named, watch_suspension
from .operations_ties import watch_firm_name, watch_ties
from .operations_transfer import record_conflict, take_report_back
from .queries_messages import unread_by, unread_by_client
from .reached import last_reached
from .views import bp

PAGES = ("work", "finish", "staff", "reopening", "handing", "receiving", "transfers", "packages", "cut_off", "messages",
         "client_messages", "milestones")  # fmt: skip


def init_app(app: Flask) -> None:
    """Register the pages, and what counts as having heard of a case."""
    for audience in PAGES:
        import_module(f"app.casework.views.{audience}")
    app.register_blueprint(bp)
    app.jinja_env.globals["unread_messages"] = unread_by
    app.jinja_env.globals["unread_by_client"] = unread_by_client
    app.jinja_env.globals["steps_for"] = steps_for
    message_mails.init_app()
    milestone_mails.init_app()
    transfer_mails.init_app()
    tell_of_new_names(cut_off_the_named)
    close_file_before_asking(cut_off_if_close)
    stand_still_with("transfers", paused=transfer_pauses.case_paused, resumed=transfer_pauses.case_resumed)
    follow(SUSPENSION, watch_suspension)
    follow(TIES, watch_ties)
    follow(FIRM_NAME, watch_firm_name)
    tell_of_conflict(record_conflict, first=take_report_back)
    count_as_reached(last_reached)
    count_as_heard("contact", ContactAttempt.case_id, ContactAttempt.at, ContactAttempt.reached.is_(True))
    count_as_heard("hours", TimeEntry.case_id, TimeEntry.created_at, TimeEntry.removed_at.is_(None))
    count_as_heard("note", Note.case_id, Note.created_at)
