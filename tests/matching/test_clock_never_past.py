"""Whatever happens to a listed case and however long nobody looks, its clock never runs out in silence."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from flask import Flask

from app.accounts import calendars
from app.clients import operations as clients
from app.clients.jobs import ask_about_clock_one
from app.clients.models import CaseStatus, PriorityLevel
from app.clients.operations_docket import PartsInHands
from app.core import clock
from app.core.db import session, transaction
from app.core.errors import Refusal
from app.matching import jobs, operations
from app.matching.models import LIVE, Referral, ReferralStatus
from tests.matching.desk import MONDAY, Desk, lay, tasks

S = ReferralStatus
LEVELS = [(level, rank) for rank, level in enumerate(PriorityLevel, 1)]


@dataclass
class Life:
    """One case, three volunteers and a coordinator who do whatever comes to their minds, at any hour."""

    desk: Desk
    chance: random.Random
    now: datetime = MONDAY
    did: Counter[str] = field(default_factory=Counter)

    @property
    def mine(self) -> list[Referral]:
        return attempts(self.desk)

    def any_of(self, *statuses: S) -> Referral:
        """One live attempt of these statuses."""
        return self.chance.choice([one for one in self.mine if one.status in statuses])

    def hold(self) -> None:
        operations.hold(self.desk.opening, actor=self.desk.user(self.chance.randrange(3)))

    def wait(self) -> None:
        operations.join_waiting_list(self.desk.opening, actor=self.desk.user(self.chance.randrange(3)))

    def offer(self) -> None:
        operations.send_offer(self.desk.opening, self.desk.volunteer(self.chance.randrange(3)), actor=self.desk.staff)

    def accept(self) -> None:
        one = self.any_of(S.OFFERED)
        operations.accept_offer(one, actor=one.volunteer.user)  # type: ignore[union-attr,arg-type]

    def clear(self) -> None:
        one = self.any_of(S.HELD)
        operations.attest(one, "clear", actor=one.volunteer.user)  # type: ignore[union-attr,arg-type]

    def give_back(self) -> None:
        one = self.any_of(S.HELD, S.REQUESTED, S.WAITLISTED)
        operations.withdraw_hold(one, actor=one.volunteer.user)  # type: ignore[union-attr,arg-type]

    def longer(self) -> None:
        one = self.any_of(S.HELD)
        operations.extend_hold(one, actor=one.volunteer.user)  # type: ignore[union-attr,arg-type]

    def refuse(self) -> None:
        operations.refuse_request(self.any_of(S.REQUESTED), "level", actor=self.desk.staff)

    def extend(self) -> None:
        until = calendars.today(self.desk.programme) + timedelta(days=self.chance.randint(1, 20))
        clients.extend_clock(self.desk.case, until, "offer_out", actor=self.desk.staff)

    def pause(self) -> None:
        day = calendars.today(self.desk.programme) + timedelta(days=3)
        clients.pause_case(self.desk.case, "client_away", day, actor=self.desk.staff)

    def resume(self) -> None:
        clients.resume_case(self.desk.case, actor=self.desk.staff)

    def off_and_on(self) -> None:
        clients.take_off_docket(self.desk.case, "settled", actor=self.desk.staff)

    def keep(self) -> None:
        clients.keep_with_staff(self.desk.case, "urgent", actor=self.desk.staff)

    def say_no(self) -> None:
        clients.tell_not_placed(self.desk.case, "Call 211.", actor=self.desk.staff)

    def step(self) -> None:
        """Let some time pass, do something, and now and then let the workers work."""
        self.now += timedelta(hours=self.chance.choice((0, 1, 5, 30, 100)))
        often = [self.hold, self.wait, self.offer, self.accept, self.clear, self.give_back, self.longer, self.refuse]
        act: Callable[[], None] = self.chance.choice([*often * 3, self.extend, self.pause, self.resume, self.resume])
        if self.chance.random() < 0.01:
            act = self.chance.choice([self.off_and_on, self.keep, self.say_no])
        with clock.at(self.now):
            try:
                with transaction():
                    act()
                self.did[act.__name__] += 1
            except (Refusal, PartsInHands, IndexError):
                session.rollback()
            if self.chance.random() < 0.5:
                sweep()
                check(self.desk)

    def end(self) -> None:
        """The workers were down for weeks."""
        self.now += timedelta(days=60)
        with clock.at(self.now):
            sweep()
            check(self.desk)


def attempts(desk: Desk) -> list[Referral]:
    """The live attempts at the case, oldest first."""
    live = session.query(Referral).filter(Referral.opening_id == desk.opening_id, Referral.status.in_(LIVE))
    return live.order_by(Referral.id).all()


def sweep() -> None:
    """Everything the workers do about it."""
    while any(job() for job in (jobs.expire_one, jobs.warn_one, jobs.drop_one, ask_about_clock_one)):
        pass


def check(desk: Desk) -> None:
    """A case that waits has a clock; past it, somebody holds the case or a person is asked to decide."""
    session.rollback()
    case, asked = desk.case, [task for task in tasks("decide_clock") if task.case_id == desk.case_id]
    assert len(asked) <= 1
    if case.status is not CaseStatus.AVAILABLE:
        assert (case.clock_ends_at, asked) == (None, [])
        return
    assert case.clock_ends_at is not None
    held = any(one.status is S.HELD for one in attempts(desk))
    if case.paused_at is None and not held and case.clock_ends_at <= clock.now():
        assert len(asked) == 1


def live_through(runs: int, steps: int, seed: int) -> Counter[str]:
    did: Counter[str] = Counter()
    for run in range(runs):
        chance = random.Random(seed + run)
        level, rank = chance.choice(LEVELS)
        with clock.at(MONDAY):
            ends = MONDAY + timedelta(hours=chance.randint(1, 400))
            desk = lay(3, priority_level=level, priority_rank=rank, clock_ends_at=ends)
        life = Life(desk, chance)
        for _ in range(steps):
            life.step()
        life.end()
        did += life.did
    return did


@pytest.mark.promise(4)
def test_no_clock_runs_out_in_silence(app: Flask) -> None:
    did = live_through(runs=12, steps=40, seed=4)
    print(f"promise 4: 12 listed cases at random hours, {did.total()} acts: 0 clocks past in silence")  # noqa: T201
    assert len(did) >= 10


@pytest.mark.full
@pytest.mark.promise(4)
def test_no_clock_runs_out_in_silence_in_many_lives(app: Flask) -> None:
    did = live_through(runs=300, steps=60, seed=400)
    print(f"promise 4: 300 listed cases at random hours, {did.total()} acts: 0 clocks past in silence")  # noqa: T201
    assert did.total() >= 3_000


@pytest.mark.promise(4)
def test_a_clock_nobody_asks_about_would_be_found(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: the job that brings a clock to a person does nothing."""
    monkeypatch.setitem(globals(), "ask_about_clock_one", lambda: False)
    with pytest.raises(AssertionError):
        live_through(runs=3, steps=30, seed=4)
