"""A case's parts as their forms show them, so that a stale edit can show both texts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.accounts.models import User
from app.core.audit import AuditEntry
from app.core.db import session
from app.core.i18n import hours, when_at

from ..models import Case, Channel, CriticalDate, Party
from ..standing import latest_eligibility, latest_merits


def matter_facts(case: Case) -> dict[str, Any]:
    """What the matter is, as its form shows it."""
    return {
        "problem_code": case.problem_code or "",
        "forum": case.forum,
        "forum_state": case.forum_state,
        "county": case.county,
        "licence": case.licence,
        "credentials": list(case.credentials),
    }


def triage_facts(case: Case) -> dict[str, Any]:
    """What is at stake, as its form shows it."""
    lawyer = {True: "yes", False: "no", None: ""}[case.other_side_has_lawyer]
    return {
        "emergencies": list(case.emergencies),
        "harms": list(case.harms),
        "circumstances": list(case.circumstances),
        "other_side_has_lawyer": lawyer,
    }


def eligibility_facts(case: Case) -> dict[str, Any]:
    """The last decision on who can pay, as its form takes it; nothing before the first."""
    made = max(latest_eligibility(case).values(), key=lambda each: each.id, default=None)
    if made is None:
        return {}
    names = ("household_size", "gross_income", "assets", "adjusted_income")
    return {
        "grant": str(made.grant_id),
        **{name: getattr(made, name) for name in names},
        "left_out": made.left_out or None,
        "left_out_reason": made.left_out_reason or "",
        "exception": made.exception or "",
        "note": made.exception_note or "",
    }


def merits_facts(case: Case) -> dict[str, Any]:
    """The last judgement of the merits, as its form takes it; nothing before the first."""
    made = latest_merits(case)
    return {"rating": made.rating, "note": made.note or ""} if made else {}


def party_facts(party: Party) -> dict[str, Any]:
    """A party, as its form shows it."""
    return {
        "name": party.name,
        "role": party.role.value,
        "aliases": "\n".join(party.aliases or []),
        "is_organisation": party.is_organisation,
        "born_on": party.born_on or "",
    }


def date_facts(row: CriticalDate) -> dict[str, Any]:
    """A critical date, as its form shows it."""
    return {"kind": row.kind, "on_day": row.on_day, "at_time": row.at_time or "", "paper": row.paper or ""}


def way_facts(way: Channel) -> dict[str, Any]:
    """What the client said about a way, as its form shows it."""
    return {
        "value": way.value,
        "safe": {True: "yes", False: "no", None: "unsure"}[way.safe],
        "safe_hours": way.safe_hours or "",
        "may_be_said": way.may_be_said or "neutral",
    }


def safety_facts(case: Case) -> dict[str, Any]:
    """Who decides, speaks and must not be told, as the form shows it."""
    client = case.client
    return {
        "kind": client.kind.value,
        "decides": client.decides or "",
        "speaks": client.speaks or "",
        "must_not_be_told": client.must_not_be_told or "",
        "watched_device": client.watched_device,
        "safety_word": client.safety_word or "",
    }


def listing_facts(case: Case) -> dict[str, Any]:
    """The listing, as its form shows it; its words are never filled in from the story."""
    return {
        "title": case.listing_title or "",
        "text": case.listing_text or "",
        "level": case.level.value,
        "hours": hours(case.hours),
        "role": case.role,
        "licence": case.licence,
        "credentials": list(case.credentials),
        "service_level": case.service_level.value,
        "short_term_by": case.short_term_by or "",
        "representation": case.representation.value,
        "costs_paid_by": case.costs_paid_by,
        "trainings": "\n".join(case.trainings),
        "in_person": case.in_person,
        "interpreter": case.interpreter,
        "sensitive": case.sensitive,
    }


def last_change(case: Case) -> dict[str, str]:
    """Who changed a case last, and when."""
    found = (
        select(AuditEntry, User)
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .where(AuditEntry.case_id == case.id, AuditEntry.action.not_like("%.view"))
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    row = session.execute(found).first()
    if row is None:
        return {"who": "", "when": ""}
    entry, user = row
    return {"who": user.name if user else "", "when": when_at(entry.at, case.programme.time_zone)}
