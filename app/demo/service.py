"""The work on a placed case in the demo: contact, hours, check-ins, closing."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from app.accounts import calendars
from app.accounts.models import User
from app.casework import closing
from app.casework import operations as casework
from app.casework import operations_closing as endings
from app.casework import operations_transfer as leaving
from app.casework.models import AmountKind
from app.casework.operations_transfer_steps import Checklist
from app.casework.queries import closing_report
from app.clients.models import Case, CaseStatus
from app.core import clock
from app.core.db import session
from app.engagement import operations as engagement
from app.engagement.answers import questions
from app.engagement.models import Audience, Checkin
from app.engagement.operations_escalations import close_escalation
from app.engagement.queries import next_checkin
from app.engagement.queries_escalations import open_escalations
from app.matching.models import Assignment

from .words import NOTES

if TYPE_CHECKING:
    from .lives import Plan

Life = Generator[datetime, None, None]
Later = Callable[[random.Random, float, float], datetime]


def lead_of(case_id: int) -> Assignment | None:
    """The live lead of the case."""
    case = session.get_one(Case, case_id)
    return next((a for a in case.assignments if a.ended_at is None and a.role == "lead"), None)


def serve(fate: Plan, case_id: int, later: Later, staff_id: int) -> Life:
    """From placement to the closing, or to today."""
    chance = fate.chance
    ends = clock.now() + timedelta(days=chance.randrange(35, 170))
    reached = clock.now() + timedelta(days=chance.uniform(0.5, 8))
    while clock.now() < ends:
        yield _next_moment(case_id, later(chance, 6, 16))
        if lead_of(case_id) is None:
            return
        if clock.now() >= reached:
            _work(case_id, chance)
        yield from _check_in(case_id, chance, later)
        if chance.random() < 0.008:
            _leave(case_id, chance, staff_id)
            return
    yield from _close(fate, case_id, later, staff_id)


def _next_moment(case_id: int, otherwise: datetime) -> datetime:
    """The next check-in's morning, or some other day before it."""
    due = next_checkin(session.get_one(Case, case_id))
    if due is None:
        return otherwise
    morning = datetime.combine(due.on_day, time(16), UTC)
    return max(min(morning, otherwise), clock.now() + timedelta(hours=1))


def _work(case_id: int, chance: random.Random) -> None:
    lead = lead_of(case_id)
    account = lead.volunteer.user if lead else None
    if lead is None or account is None:
        return
    if lead.first_contact_at is None:
        casework.record_first_contact(lead, actor=account)
    elif lead.letter_signed_on is None and chance.random() < 0.5:
        casework.sign_letter(lead, on_day=calendars.today(lead.case.programme), actor=account)
    if chance.random() < 0.35:
        casework.add_note(lead.case, chance.choice(NOTES), actor=account)
    if chance.random() < 0.45:
        day = calendars.today(lead.case.programme)
        casework.add_time(lead.case, on_day=day, hundredths=chance.randrange(30, 320, 10), actor=account)


def _check_in(case_id: int, chance: random.Random, later: Later) -> Life:
    """Whatever is due leaves; most people answer, some only when reminded."""
    lead = lead_of(case_id)
    if lead is None:
        return
    made = [checkin.id for checkin in engagement.plan_checkins(lead)]
    for checkin_id in made:
        engagement.send_checkin(session.get_one(Checkin, checkin_id))
    for checkin_id in made:
        if chance.random() < 0.82:
            yield later(chance, 0.1, 2)
            _answer(checkin_id, chance)
        else:
            yield from _silence(checkin_id, later, chance)


def _silence(checkin_id: int, later: Later, chance: random.Random) -> Life:
    for _step in range(3):
        checkin = session.get_one(Checkin, checkin_id)
        if checkin.next_step_at is None:
            return
        yield max(checkin.next_step_at + timedelta(minutes=5), clock.now() + timedelta(hours=1))
        engagement.climb(session.get_one(Checkin, checkin_id))
        if chance.random() < 0.5:
            yield later(chance, 0.1, 1)
            _answer(checkin_id, chance)
            return


def _answer(checkin_id: int, chance: random.Random) -> None:
    checkin = session.get_one(Checkin, checkin_id)
    if checkin.closed_at is not None or checkin.answered_at is not None or checkin.assignment.ended_at is not None:
        return
    values: dict[str, object] = {}
    for question in questions(checkin.questions, "en"):
        if question.kind == "choice":
            values[question.key] = _pick(question.key, [value for value, _words in question.options], chance)
        elif question.kind == "hours" and chance.random() < 0.6:
            values[question.key] = chance.randrange(50, 400, 10)
    how = "link" if checkin.channel == "email" else "phone"
    engagement.answer(checkin, values, how=how)
    if checkin.audience is Audience.CLIENT and values.get("contact") == "no" and chance.random() < 0.7:
        _settle_mismatch(checkin.case)


def _pick(key: str, values: list[str], chance: random.Random) -> str:
    """Most people say that all is well."""
    if key == "call_me":
        return chance.choices(("no", "yes"), (88, 12))[0]
    good = values[0]
    return good if chance.random() < 0.86 else chance.choice([v for v in values if v != "cannot_go_on"])


def _settle_mismatch(case: Case) -> None:
    for escalation in open_escalations(case):
        staff = case.custody.user if case.custody else None
        if staff is not None:
            close_escalation(
                escalation, found="Number had changed; both have talked now.", root_cause="contact_details", actor=staff
            )


def _leave(case_id: int, chance: random.Random, staff_id: int) -> None:
    lead, staff = lead_of(case_id), session.get_one(User, staff_id)
    if lead is None:
        return
    case = lead.case
    if chance.random() < 0.5:
        endings.withdraw_case(case, reason="client_wish", actor=staff)
    elif lead.volunteer.user is not None and case.status is not CaseStatus.CLOSING:
        given = Checklist("The papers are in the file.", "Call the client and confirm the date.")
        gone = leaving.hand_back(lead, "no_time", given, actor=staff)
        leaving.record_cause(gone, chance.choice(("no_time", "left_practice", "matter_grew")), actor=staff)


def _close(fate: Plan, case_id: int, later: Later, staff_id: int) -> Life:
    lead, chance = lead_of(case_id), fate.chance
    if lead is None or lead.volunteer.user is None or lead.case.status is not CaseStatus.IN_SERVICE:
        return
    report, amounts = _report(fate, lead.case, chance)
    endings.report_closing(lead.case, report, amounts=amounts, actor=lead.volunteer.user)
    yield later(chance, 1, 6)
    waiting = closing_report(session.get_one(Case, case_id))
    if waiting is not None and waiting.status == "reported":
        endings.approve_closing(waiting, actor=session.get_one(User, staff_id))


def _report(fate: Plan, case: Case, chance: random.Random) -> tuple[closing.Closing, list[endings.Amount]]:
    code = closing.closing_codes()[chance.choice(fate.matter.closings)]
    today = calendars.today(case.programme)
    extended = code.service_level == "extended"
    report = closing.Closing(
        closing_code=code.code,
        main_benefit=fate.matter.benefit if extended else None,
        outcome=chance.choice(("hearing_won", "settled_well", "other_good", "settled_badly")) if extended else None,
        decision="Order of the court" if code.needs_decision else None,
        decided_on=today - timedelta(days=3) if code.needs_decision else None,
        counsel_of_record=code.needs_counsel_of_record,
        settlement_documented=code.needs_settlement_papers,
        work_ended_on=today,
        hours=max(fate.matter.hours // 2, chance.randrange(100, 3000, 10)),
    )
    amounts = []
    if extended and chance.random() < 0.5:
        kind = AmountKind.AVOIDED if fate.matter.harm in ("home", "debt") else AmountKind.LUMP_SUM
        amounts.append(endings.Amount(kind, chance.randrange(40_000, 900_000, 1_000)))
    return report, amounts
