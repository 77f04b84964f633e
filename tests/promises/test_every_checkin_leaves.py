"""Every check-in that falls due is sent or becomes a person's task, whoever is killed in whatever is under way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from app.accounts import calendars
from app.clients.models import CaseStatus, Channel, Client
from app.core import clock
from app.core.db import session, transaction
from app.core.mail import Mail, MailStatus
from app.core.sealed import keyed_hash
from app.engagement.models import Audience, Checkin
from app.matching.models import Assignment
from app.tasks.models import Task
from app.volunteers.models import Volunteer
from tests import factories
from tests.conftest import KEYS
from tests.core import mail_servers

ROOT = Path(__file__).parents[2]
PLACED_AT = datetime(2026, 3, 2, 16, tzinfo=UTC)  # a Monday, 10 am in Chicago
NOW = PLACED_AT + timedelta(days=8)  # the volunteer was to reach the client by yesterday
NAMES = ("ana", "grey", "refused", "hangup", "bo", "spam", "cy", "dee")
GIVEN_UP = (MailStatus.FAILED, MailStatus.PARKED)


@pytest.mark.promise(5)
@pytest.mark.parametrize(
    ("asked", "kills", "span"),
    [(32, 6, 0.8), pytest.param(10_000, 200, 2.5, marks=pytest.mark.full)],
    ids=["small", "published"],
)
def test_every_checkin_is_sent_or_becomes_a_task(
    app: Flask, database_url: str, asked: int, kills: int, span: float
) -> None:
    place(asked // 2)
    server = mail_servers.Postmaster()
    with mail_servers.running(server) as port:
        took = run_the_desk(database_url, port, kills, span)
    found = Found(server)
    wrong = list(found.wrong())
    print(  # noqa: T201
        f"promise 5: {asked} check-ins due, {kills} workers and schedulers killed, five schedulers at once: "
        f"{', '.join(f'{count} {kind}' for kind, count in sorted(found.kinds.items()))}, {len(found.tasks)} tasks, "
        f"{found.called} by phone, {found.repeated} repeated with the same Message-ID, {len(wrong)} lost, doubled or "
        f"without an end; {took}"
    )
    assert wrong == []
    assert len(found.checkins) == asked
    assert found.kinds[MailStatus.SENT] >= asked * 5 // 8
    check_that_faults_are_found(server)


class Found:
    """What became of everything."""

    def __init__(self, server: mail_servers.Postmaster) -> None:
        session.rollback()
        self.server, self.times = server, server.count()
        self.mails = list(session.scalars(select(Mail)))
        self.checkins = list(session.scalars(select(Checkin)))
        self.kinds = Counter(mail.status for mail in self.mails)
        open_tasks = session.execute(select(Task.record_kind, Task.record_id).where(Task.done_at.is_(None)))
        self.tasks = {(kind, number) for kind, number in open_tasks}
        self.called = sum(("checkins", checkin.id) in self.tasks for checkin in self.checkins)
        self.repeated = sum(count > 1 for count in self.times.values())
        self.taken: dict[str, set[str]] = defaultdict(set)
        for address, message in server.taken:
            self.taken[address].add(message["Message-ID"])

    def wrong(self) -> Iterator[str]:
        """What must not be: somebody who was not asked, mails too many, mails without an end."""
        yield from self._people_not_asked()
        for mail in self.mails:
            yield from (f"{mail.to_address}: {said}" for said in self._wrong_with(mail))
        known = {mail.message_id for mail in self.mails}
        strange = sum(each["Message-ID"] not in known for _address, each in self.server.taken)
        if strange:
            yield f"server: {strange} mails that nobody wrote"

    def _people_not_asked(self) -> Iterator[str]:
        told = {mail.to_address for mail in self.mails}
        by_part = defaultdict(list)
        for checkin in self.checkins:
            by_part[checkin.assignment_id, checkin.audience].append(checkin)
        for part, volunteer, client in session.execute(everybody()):
            for audience, address in ((Audience.VOLUNTEER, volunteer), (Audience.CLIENT, client)):
                asked = by_part[part, audience]
                if len(asked) != 1 or asked[0].sent_at is None:
                    yield f"{address}: {len(asked)} check-ins made, or not sent"
                elif address not in told and ("checkins", asked[0].id) not in self.tasks:
                    yield f"{address}: neither written to nor called"

    def _wrong_with(self, mail: Mail) -> Iterator[str]:
        ended = mail.status is MailStatus.SENT or mail.status in GIVEN_UP
        if not ended:
            yield f"still {mail.status}"
        if mail.status is MailStatus.SENT and mail.message_id not in self.taken[mail.to_address]:
            yield "said to be sent, and not taken under its own id"
        if (mail.status in GIVEN_UP) != (("outbox_mails", mail.id) in self.tasks):
            yield "given up without a task, or a task without a reason"
        times = self.times[mail.to_address]
        if times > 2 or (times == 2 and mail.harmless_twice):
            yield "came more often than once again after it was parked"
        if len(self.taken[mail.to_address]) > 1:
            yield "came under more than one id"


def everybody() -> object:
    """Each part with the addresses of its two sides."""
    return (
        select(Assignment.id, Volunteer.email, Channel.value)
        .join(Volunteer, Volunteer.id == Assignment.volunteer_id)
        .join(Client, Client.case_id == Assignment.case_id)
        .join(Channel, Channel.client_id == Client.id)
    )


def check_that_faults_are_found(server: mail_servers.Postmaster) -> None:
    """The planted faults: said to be sent and never taken; taken twice; given up in silence; never asked."""
    with transaction():
        failed = session.scalars(select(Mail).where(Mail.status == MailStatus.FAILED).limit(2)).all()
        failed[0].status = MailStatus.SENT
        session.execute(delete(Task).where(Task.record_kind == "outbox_mails", Task.record_id == failed[1].id))
        sent = select(Mail).where(Mail.status == MailStatus.SENT, Mail.harmless_twice, Mail.id != failed[0].id)
        twice, lost = session.scalars(sent.order_by(Mail.id.desc()).limit(2)).all()
        session.execute(update(Checkin).where(Checkin.id == lost.record_id).values(sent_at=None))
        address = twice.to_address
    server.taken.append(next(each for each in server.taken if each[0] == address))
    assert len({each.partition(":")[0] for each in Found(server).wrong()}) == 4


def place(cases: int, first: int = 0) -> None:
    """So many cases, each with a volunteer and a client to ask, at addresses of every kind."""
    with clock.at(PLACED_AT), transaction():
        programme = factories.programme()
        owner = factories.coordinator(programme)
        for n in range(first, first + cases):
            one, other = (addressed(2 * n + m) for m in range(2))
            lead = factories.volunteer(email=one, email_hash=keyed_hash(one, "address"), areas={}, licences=[])
            case = factories.case(programme, CaseStatus.PLACED, owner=owner, lead=lead)
            channel = session.scalars(select(Channel).join(Client).where(Client.case_id == case.id)).one()
            channel.value, channel.value_hash = other, keyed_hash(other, "address")
            part = case.assignments[0]
            part.first_contact_due_on = calendars.today(programme) + timedelta(days=7)
            if n % 20 == 19:
                session.flush()
                session.expunge_all()
                programme, owner = session.merge(programme), session.merge(owner)


def addressed(n: int) -> str:
    """One in a thousand hangs."""
    name = "slow" if n % 1000 == 500 else NAMES[n % len(NAMES)]
    return f"{name}{n}@example.net"


def run_the_desk(database_url: str, port: int, kills: int, span: float) -> str:
    """In a process of its own, so that nothing of this test is forked."""
    environ = {
        **os.environ, **{name.upper(): value for name, value in KEYS.items()}, "DATABASE_URL": database_url,
        "MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(port), "MAIL_TIMEOUT": "4", "MAILS_PER_MINUTE": "1000000",
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.promises.mortal_desk", str(kills), NOW.isoformat(), str(span)]
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=3600, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip().splitlines()[-1]
