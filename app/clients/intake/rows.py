"""What a request becomes: the person, how to reach them, who stands where, the dates, the case itself."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import phonenumbers
from flask_babel import force_locale

from app.accounts.models import Programme, User
from app.accounts.operations_offices import office_for
from app.core import clock
from app.core.db import session
from app.core.sealed import fold, keyed_hash

from ..models import (
    Case,
    Channel,
    ChannelKind,
    Client,
    Consent,
    ConsentKind,
    CriticalDate,
    IntakeDraft,
    Opening,
    Party,
    PartyRole,
    Person,
)
from ..problems import asked_by_forum, usual_forum
from . import choices as say
from . import places
from .steps import DATES, Answers, lines, ways

SAFE = {"yes": True, "no": False}
SENSITIVE_CODES = frozenset({"37", "41", "42", "43", "44", "49", "81", "86"})
SENSITIVE = frozenset({"protective_order", "detained_removal", "child_taken"})


def new_case(draft: IntakeDraft, programme: Programme, county: str, number: str, *, actor: User | None) -> Case:
    """The case as the answers describe it, with its lead opening."""
    answers = draft.answers
    code = say.problem_code(answers["problem"]["problem"])
    state = places.state_of(county) or programme.state
    forum = usual_forum(code)
    licence, credentials = asked_by_forum(forum, state)
    urgent, office = answers["urgent"], office_for(programme.id, county)
    case = Case(
        programme=programme,
        office_id=office.id if office else None,
        number=number,
        received_at=clock.now(),
        problem_code=code,
        forum=forum,
        forum_state=state,
        licence=licence,
        credentials=credentials,
        county=county,
        language=answers["language"]["spoken"],
        interpreter=answers["language"].get("interpreter") == "yes" or answers["language"]["spoken"] == "en",
        narrative=answers["story"].get("story") or None,
        address=answers["place"].get("address") or None,
        at_intake=facts_at_intake(draft),
        access_needs=access_needs(answers),
        harms=urgent.get("harms") or [],
        emergencies=urgent.get("emergencies") or [],
        circumstances=answers["circumstances"].get("circumstances") or [],
        other_side_has_lawyer=SAFE.get(answers["other_side"].get("other_lawyer") or ""),
        hours=1000,
        sensitive=is_sensitive(code, answers),
        entered_by_id=actor.id if actor else None,
    )
    case.openings.append(Opening(hours=case.hours))
    session.add(case)
    return case


def is_sensitive(code: str | None, answers: Answers) -> bool:
    """Safety, immigration and children's matters never reach a public teaser."""
    told = {*(answers["urgent"].get("emergencies") or []), *(answers["circumstances"].get("circumstances") or [])}
    return code in SENSITIVE_CODES or bool(told & {*SENSITIVE, "abuse"})


def facts_at_intake(draft: IntakeDraft) -> dict[str, Any]:
    """What was typed about household and money, as it was: yearly amounts in cents beside the words typed."""
    answers = draft.answers
    household, income, assets = answers["household"], answers["income"], answers["assets"]
    return {
        "adults": household["adults"],
        "children": household["children"],
        "household_size": household["adults"] + household["children"],
        "gross_income": say.yearly(income["income"], income["income_period"]),
        "income_typed": income.get("income_typed") or f"{income['income'] / 100:.2f}",
        "income_period": income["income_period"],
        "assets": assets["assets"],
        "problem_choice": answers["problem"]["problem"],
        "form_language": draft.language,
        "calls_us": bool(answers["reach"].get("no_way")),
    }


def access_needs(answers: Answers) -> str | None:
    """What is needed to work together, in staff's words."""
    with force_locale("en"):
        ticked = say.labels(say.ACCESS, answers["access"].get("access"))
    return "; ".join(text for text in (ticked, answers["access"].get("access_note") or "") if text) or None


def add_client(case: Case, draft: IntakeDraft, pin_hash: str) -> Client:
    """The person as the client of this case."""
    names = draft.answers["names"]
    person = Person(
        programme=case.programme,
        given_name=names["given_name"],
        family_name=names["family_name"],
        other_names=lines(names.get("other_names")) or None,
        born_on=names.get("born_on"),
    )
    session.add(person)
    client = Client(case=case, person=person, watched_device=draft.watched_device, pin_hash=pin_hash)
    session.add(client)
    session.flush()
    return client


def add_channels(client: Client, answers: Answers, *, actor: User | None) -> None:
    """Every way to reach the client, with what they said about it."""
    given, safe, now = ways(answers), answers.get("safe", {}), clock.now()
    trusted = ", ".join(t for t in (answers["reach"].get("trusted_name") or "", given["trusted_phone"]) if t)
    rows = (
        (ChannelKind.CALL, given["phone"], "call"),
        (ChannelKind.TEXT, given["phone"], "text"),
        (ChannelKind.VOICEMAIL, given["phone"], "voicemail"),
        (ChannelKind.EMAIL, given["email"], "email"),
        (ChannelKind.POST, given["address"], "post"),
        (ChannelKind.TRUSTED_PERSON, trusted if given["trusted_phone"] else "", "trusted"),
    )
    for kind, value, name in rows:
        if value:
            client.channels.append(_channel(kind, value, name, safe, now, actor))


def _channel(kind: ChannelKind, value: str, name: str, safe: Any, now: datetime, actor: User | None) -> Channel:
    return Channel(
        kind=kind,
        value=value,
        value_hash=value_hash(kind, value),
        safe=SAFE.get(safe.get(f"{name}_safe") or ""),
        safe_hours=safe.get(f"{name}_hours") or None,
        may_be_said=safe.get(f"{name}_say") or None,
        asked_by_id=actor.id if actor else None,
        asked_at=now,
    )


def value_hash(kind: ChannelKind, value: str) -> str:
    """What tells equal contacts: the address in lower case, the digits of a number, the words of a place."""
    if kind is ChannelKind.EMAIL:
        return keyed_hash(value.casefold(), "address")
    if kind is ChannelKind.POST:
        return keyed_hash(fold(value), "post")
    number = phonenumbers.parse(value.rpartition(", ")[2], "US")
    return keyed_hash(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), "phone")


def add_parties(case: Case, answers: Answers) -> None:
    """The client and the other side, by every name given; an unknown other side is no party yet."""
    person, other = case.client.person, answers["other_side"]
    aliases = person.other_names
    session.add(
        Party(
            case=case,
            role=PartyRole.CLIENT,
            name=person.name,
            aliases=aliases,
            person_id=person.id,
            born_on=person.born_on,
        )
    )
    kind = other["other_kind"]
    if kind in ("person", "organisation"):
        session.add(
            Party(
                case=case,
                role=PartyRole.ADVERSE,
                name=other["other_name"],
                aliases=lines(other.get("other_aliases")) or None,
                is_organisation=kind == "organisation",
            )
        )
    if kind != "none":
        for name in lines(other.get("other_more")):
            session.add(Party(case=case, role=PartyRole.ADVERSE, name=name))


def add_dates(case: Case, answers: Answers, *, actor: User | None) -> None:
    """The dates on the papers, as the client tells them; one that is not known is an open question, never none."""
    dates = answers["dates"]
    who = actor.id if actor else None
    if dates["has_dates"] == "unsure":
        session.add(CriticalDate(case=case, kind="other", standing="open_question", entered_by_id=who))
    if dates["has_dates"] != "yes":
        return
    known: list[date] = []
    for name in DATES:
        if not dates.get(f"{name}_kind"):
            continue
        day = date.fromisoformat(dates[f"{name}_on"]) if dates.get(f"{name}_on") else None
        known += [day] if day else []
        standing = "confirmed" if day else "open_question"
        told_by = None if day else who  # nobody has seen the paper yet
        session.add(
            CriticalDate(case=case, kind=dates[f"{name}_kind"], on_day=day, standing=standing, entered_by_id=told_by)
        )
    today = clock.today_in(case.programme.time_zone)
    case.next_critical_on = min((day for day in known if day >= today), default=None)


def add_consent(case: Case, draft: IntakeDraft, *, actor: User | None) -> None:
    """The yes to sharing names, with how it was given; a no leaves nothing."""
    if draft.answers["consent"]["share_names"] != "yes":
        return
    session.add(
        Consent(
            case=case,
            kind=ConsentKind.SHARE_NAMES,
            purpose="possible lawyers",
            language=draft.language,
            given_how="phone" if actor else "form",
            given_at=clock.now(),
            recorded_by_id=actor.id if actor else None,
        )
    )
