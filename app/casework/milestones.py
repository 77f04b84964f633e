"""Steps of a case, shared with a client who wants to hear of them."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from app.accounts import calendars
from app.accounts.models import User
from app.clients.models import Case, Client
from app.core import audit
from app.core.db import insert_unless_exists, lock, session
from app.core.errors import refuse_if

from . import message_policy, milestone_mails, policy
from .models_milestones import CaseMilestone, MilestoneWish
from .operations import CannotKeep, NotOnTheCase, WorkIsOver, asked_on

# What a client reads on their own page: it names neither matter nor people nor a court.
CODES: dict[str, Any] = {
    "papers_ready": _l("Your papers are ready"),
    "handed_in": _l("Your papers were handed in"),
    "day_done": _l("The day you prepared for is behind you"),
    "agreement": _l("There is an agreement"),
    "decision": _l("There is a decision"),
}


def share_milestone(case: Case, code: str, *, on_day: date, actor: User) -> CaseMilestone | None:
    """Note that a step is done, and tell the client where they want to hear of it; None where it was noted before.

    :raises CannotKeep: no such step, or a day in the future or before the request
    :raises WorkIsOver: the case is not worked on
    """
    case = lock(case)
    refuse_if(not policy.may_work_on(actor, case), NotOnTheCase)
    refuse_if(not message_policy.takes_messages(case), WorkIsOver)
    if code not in CODES:
        raise CannotKeep("code", _l("Choose a step."))
    if not asked_on(case) <= on_day <= calendars.today(case.programme):
        raise CannotKeep("on_day", _l("The day lies between the request and today."))
    made = insert_unless_exists(CaseMilestone, case_id=case.id, code=code, on_day=on_day, by_id=actor.id)
    if made is None:
        return None
    if wants(case.client):
        milestone_mails.client_told(case.client, made)
    audit.record("case.milestone", made, actor=actor, case=case, after={"code": code})
    return made


def wish(client: Client, wanted: bool, *, actor: User | None) -> None:
    """Keep whether a client wants to hear of the steps of their case."""
    made = insert_unless_exists(MilestoneWish, client_id=client.id, wants=wanted)
    if made is None:
        kept = update(MilestoneWish).where(MilestoneWish.client_id == client.id).values(wants=wanted)
        session.execute(kept, execution_options={"synchronize_session": False})
    audit.record("client.milestones", client, actor=actor, public=actor is None, case=client.case,
                 after={"wants": wanted})  # fmt: skip


def wants(client: Client) -> bool:
    """Does the client want to hear of the steps? Not unless they said so."""
    said = select(MilestoneWish.wants).where(MilestoneWish.client_id == client.id)
    return bool(session.execute(said).scalar_one_or_none())


def milestones_of(case: Case) -> list[tuple[Any, date]]:
    """The steps that are done, in words, the newest first."""
    stmt = select(CaseMilestone.code, CaseMilestone.on_day).where(CaseMilestone.case_id == case.id)
    rows = session.execute(stmt.order_by(CaseMilestone.on_day.desc(), CaseMilestone.id.desc()))
    return [(CODES[code], day) for code, day in rows]


def steps_for(client: Client) -> tuple[bool, list[tuple[Any, date]]]:
    """Whether a client wants to hear of the steps, and then which are done."""
    wanted = wants(client)
    return wanted, milestones_of(client.case) if wanted else []


def not_yet(case: Case) -> list[tuple[str, Any]]:
    """The steps that nobody has noted."""
    noted = set(session.scalars(select(CaseMilestone.code).where(CaseMilestone.case_id == case.id)))
    return [(code, words) for code, words in CODES.items() if code not in noted]
