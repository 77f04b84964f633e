"""Cases with random lives of every kind that a figure reads."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from app.accounts.models import Office, Programme
from app.casework.models import AmountKind, ClosingAmount, ClosingReport, ClosingStatus, TimeEntry
from app.casework.transfer_models import Transfer, TransferKind, TransferStatus
from app.clients.models import (
    Case,
    CaseGrant,
    CaseMove,
    CaseStatus,
    Client,
    ConflictSearch,
    CriticalDate,
    EligibilityDecision,
)
from app.core import clock
from app.core.db import session
from app.engagement.models import Audience, Checkin
from app.engagement.models_escalations import Escalation
from app.engagement.models_surveys import Survey
from app.engagement.surveys import items
from app.matching.models import Assignment
from app.tasks.models import Task
from app.volunteers.models import Organisation, Volunteer
from tests import factories

START = datetime(2026, 1, 5, 16, tzinfo=UTC)
ENDS = [CaseStatus.PLACED, CaseStatus.PLACED, CaseStatus.NOT_PLACED, CaseStatus.RETURNED_TO_STAFF,
        CaseStatus.WITHDRAWN, None]  # fmt: skip


class Lives:
    """A programme's helpers, and the chance by which its cases go."""

    def __init__(self, programme: Programme, seed: int) -> None:
        self.programme, self.chance, self.again = programme, random.Random(seed), random.Random(seed)
        self.people: list[int] = []
        self.grant = factories.grant(programme)
        self.office = factories.add(Office(programme_id=programme.id, name=f"Office {seed}", county="55025"))
        firm = factories.add(Organisation(name=f"Firm {seed} of {programme.id}"))
        self.helpers = [factories.volunteer(), factories.volunteer()]
        factories.member(self.helpers[0].id, firm.id).confirmed_at = START
        self.staff = factories.coordinator(programme)

    def some(self, size: int) -> None:
        """So many cases over a hundred days."""
        for _ in range(size):
            self.one(START + timedelta(days=self.chance.randrange(100), hours=self.chance.randrange(24)))

    def one(self, received: datetime) -> Case:
        """One case, from its request to wherever it gets."""
        chance = self.chance
        with clock.at(received):
            case = factories.case(
                self.programme, problem_code=chance.choice(["63", "32", "02"]), received_at=received, owner=self.staff,
                county=chance.choice(["55025", "55079"]), language=chance.choice(["en", "es"]),
                office_id=chance.choice([None, self.office.id]), at_intake={"children": chance.randrange(3)},
            )  # fmt: skip
            session.add(CaseGrant(case=case, grant_id=self.grant.id, from_on=received.date()))
        self._came_before(case)
        case.moves[0].at = received
        if chance.random() < 0.15:
            self._move(case, CaseStatus.REJECTED, received, 2)
            return case
        self._move(case, CaseStatus.ACCEPTED, received, 1)
        listed = self._move(case, CaseStatus.AVAILABLE, received, 3)
        self._before_placement(case, listed)
        end = chance.choice(ENDS)
        if end is not None:
            left = self._move(case, end, listed, chance.randrange(20))
            if end is CaseStatus.PLACED:
                self._service(case, left)
        return case

    def _came_before(self, case: Case) -> None:
        """Some are clients again."""
        client = session.execute(select(Client).where(Client.case_id == case.id)).scalar_one()
        if self.people and self.again.random() < 0.4:
            client.identity_id = self.again.choice(self.people)
        self.people.append(client.identity_id)

    def _move(self, case: Case, to: CaseStatus, at: datetime, days: int) -> datetime:
        when = at + timedelta(days=days)
        session.add(CaseMove(case=case, from_status=case.status, to_status=to, at=when, recorded_at=when,
                             operation="t"))  # fmt: skip
        case.status = to
        return when

    def _before_placement(self, case: Case, listed: datetime) -> None:
        chance = self.chance
        if chance.random() < 0.6:
            day = listed.date() + timedelta(days=chance.randrange(40))
            session.add(CriticalDate(case=case, kind="hearing", on_day=day))
        if chance.random() < 0.7:
            session.add(ConflictSearch(case=case, parties_version=1, searched_at=listed, names_searched=2, hits=[],
                                       hit_count=0, outcome="clear", decided_at=listed))  # fmt: skip
        if chance.random() < 0.2:
            self._task(case, "decide_clock", case.id, listed + timedelta(days=2), None)

    def _task(self, case: Case, cause: str, record: int, due: datetime, done: datetime | None) -> None:
        session.add(Task(programme=self.programme, case_id=case.id, record_kind="cases", record_id=record, cause=cause,
                         title="T", due_at=due, done_at=done, created_at=due))  # fmt: skip

    def _service(self, case: Case, placed: datetime) -> None:
        chance, helper = self.chance, self.chance.choice(self.helpers)
        lead = factories.assignment(
            case, helper, started_at=placed, letter_due_on=placed.date() + timedelta(days=14),
            first_contact_at=chance.choice([None, placed + timedelta(days=chance.randrange(12))]),
            letter_signed_on=chance.choice([None, placed.date() + timedelta(days=chance.randrange(20))]),
            ended_at=placed + timedelta(days=60),
        )  # fmt: skip
        self._task(case, "answer_request", case.id, placed, placed + timedelta(hours=chance.choice([-1, 1])))
        self._asked(case, lead, placed)
        if chance.random() < 0.3:
            session.add(Transfer(case=case, assignment=lead, kind=TransferKind.TRANSFER, status=TransferStatus.LEFT,
                                 reason="t", opened_at=placed, left_at=placed + timedelta(days=9)))  # fmt: skip
        self._hours(case, helper, placed)
        if chance.random() < 0.8:
            self._closing(case, helper, placed + timedelta(days=60))

    def _asked(self, case: Case, lead: Assignment, placed: datetime) -> None:
        chance = self.chance
        for n in range(2):
            sent = placed + timedelta(days=7 * n + 3)
            answered = sent + timedelta(days=chance.randrange(5)) if chance.random() < 0.8 else None
            session.add(Checkin(
                case=case, assignment=lead, audience=chance.choice(list(Audience)), series_key="t", questions="t",
                due_on=sent.date(), due_at=sent, sent_at=sent, answered_at=answered,
                handed_over_at=chance.choice([None, sent + timedelta(days=2)]),
            ))  # fmt: skip
        if chance.random() < 0.5:
            session.add(Escalation(
                case=case, cause=chance.choice(["mismatch", "silence"]), opened_at=placed + timedelta(days=5),
                respond_by=placed + timedelta(days=6), in_time=chance.choice([None, True, False]),
                level=chance.choice([1, 2]),
            ))  # fmt: skip

    def _hours(self, case: Case, helper: Volunteer, placed: datetime) -> None:
        for n in range(self.chance.randrange(3)):
            day, hundredths = placed.date() + timedelta(days=n), self.chance.randrange(10, 900)
            session.add(TimeEntry(case=case, user=helper.user, volunteer_id=helper.id, role="lead", on_day=day,
                                  hundredths=hundredths))  # fmt: skip

    def _closing(self, case: Case, helper: Volunteer, at: datetime) -> None:
        chance = self.chance
        move = self._move(case, CaseStatus.CLOSED, at, 0)
        session.add(EligibilityDecision(
            case=case, grant_id=self.grant.id, ruleset="lsc", guideline_year=2026, gross_income=1, assets=0,
            household_size=chance.randrange(1, 6), percent=500, eligible=True, reason="t",
            decided_by_id=self.staff.id, decided_at=move,
        ))  # fmt: skip
        report = factories.add(ClosingReport(
            case=case, reported_by_id=helper.user_id, status=ClosingStatus.APPROVED, work_ended_on=at.date(),
            closing_code=chance.choice(["A", "F", "L"]), main_benefit=chance.choice([None, "6301"]), reported_at=at,
            outcome=chance.choice([None, "settled_well"]), approved_at=at,
        ))  # fmt: skip
        kind = chance.choice(list(AmountKind))
        session.add(ClosingAmount(report=report, kind=kind, cents=chance.randrange(100, 90_000),
                                  months=12 if kind is AmountKind.MONTHLY else None))  # fmt: skip
        session.flush()
        side = chance.choice(list(Audience))
        scores = {item.key: chance.randrange(1, 6) for item in items(side)[:2]} if chance.random() < 0.8 else None
        session.add(Survey(case=case, move=case.moves[-1], audience=side, due_at=at, sent_at=at, channel="mail",
                           ends_at=at, answered_at=at if scores else None, scores=scores))  # fmt: skip


PERIODS = ((date(2026, 1, 1), date(2026, 6, 30)), (date(2026, 2, 11), date(2026, 4, 9)), (date(2026, 3, 8),) * 2,
           (date(2025, 12, 20), date(2026, 12, 31)))  # fmt: skip
__all__ = ["PERIODS", "START", "Lives"]
