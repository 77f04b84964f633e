"""A database of invented cases of any size, written directly, with every table that a page reads."""

from __future__ import annotations

import hashlib
import random
import secrets
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import DeclarativeBase

from app.accounts.models import Grant, Programme, RoleGrant, SignIn, User
from app.casework.models import ContactAttempt, Note, TimeEntry, Visibility
from app.clients import problems
from app.clients.models import (
    OPEN,
    WITH_VOLUNTEER,
    Case,
    CaseMove,
    CaseRole,
    CaseStatus,
    Channel,
    ChannelKind,
    Client,
    ConflictSearch,
    CriticalDate,
    Custody,
    Opening,
    OpeningStatus,
    Party,
    PartyRole,
    Person,
    Priority,
    PriorityLevel,
)
from app.clients.urgency import first_rules
from app.core import clock
from app.core.access import Role
from app.core.db import engine, new_public_id
from app.core.sealed import keyed_hash, word_hashes
from app.engagement.models import Answer, Audience, Checkin
from app.matching.models import Assignment, Referral, ReferralStatus, ReferralWay
from app.tasks.models import Task
from app.volunteers.models import Area, Credential, CredentialKind, Volunteer, VolunteerStatus, VolunteerWord

S = CaseStatus
SHARES = {
    S.PRESCREEN: 1.5, S.ACCEPTED: 1.5, S.AVAILABLE: 8, S.PLACED: 3, S.IN_SERVICE: 14, S.CLOSING: 1, S.CLOSED: 55,
    S.REJECTED: 9, S.WITHDRAWN: 4, S.RETURNED_TO_STAFF: 1, S.NOT_PLACED: 1, S.ADMINISTRATIVELY_CLOSED: 1,
}  # fmt: skip
WAY = (S.PRESCREEN, S.ACCEPTED, S.AVAILABLE, S.PLACED, S.IN_SERVICE, S.CLOSING, S.CLOSED)
LEVELS = ((PriorityLevel.CRITICAL, 8), (PriorityLevel.HIGH, 24), (PriorityLevel.NORMAL, 48), (PriorityLevel.LOW, 20))
CODES = ("63", "31", "32", "37", "02", "73", "51", "81", "71")
COUNTIES = tuple(fips for fips, _name in problems.counties_of("WI"))[:20]
FACTORS = [rule for rule in first_rules() if rule["points"]][:5]
STORY = "The landlord changed the lock while the tenant was at work and keeps the furniture. " * 12
BLOCK = 4000


class Writer:
    """Rows gathered by table and written in blocks, ids given out beforehand."""

    def __init__(self) -> None:
        self.rows: dict[type[DeclarativeBase], list[dict[str, Any]]] = defaultdict(list)
        self.last: dict[type[DeclarativeBase], int] = defaultdict(int)

    def add(self, kind: type[Any], /, **values: Any) -> int:
        self.last[kind] += 1
        self.rows[kind].append({"id": self.last[kind], **values})
        return self.last[kind]

    def write(self) -> None:
        with engine().connect().execution_options(writing=True) as connection, connection.begin():
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
            for kind, rows in self.rows.items():
                for alike in _alike(rows):
                    connection.execute(insert(kind), alike)
        self.rows.clear()


def _alike(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Blocks of rows that give the same columns, as an insert of many needs them."""
    shapes: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        shapes[tuple(row)].append(row)
    for alike in shapes.values():
        for at in range(0, len(alike), BLOCK):
            yield alike[at : at + BLOCK]


class BigDocket:
    """Programmes, staff, volunteers and cases, drawn from one seed."""

    def __init__(self, seed: int, *, programmes: int = 2, staff: int = 12, volunteers: int = 2000) -> None:
        self.chance, self.to, self.now = random.Random(seed), Writer(), clock.now()
        self.today = self.now.date()
        self.programmes = [self._programme(n) for n in range(programmes)]
        self.staff = [self._staff(n) for n in range(staff)]
        self.claimants: list[tuple[int, str]] = []
        self.volunteers = [self._volunteer(n) for n in range(volunteers)]
        self.claimable: list[str] = []

    def _programme(self, n: int) -> int:
        made = self.to.add(
            Programme,
            name=f"Lakeshore Legal Aid {n}",
            slug=f"lake-{n}",
            prefix=f"L{n}",
            state="WI",
            phone="608-555-0100",
            time_zone="America/Chicago",
            sender_name="Lakeshore office",
            counties=list(COUNTIES),
            opens_at=time(9),
        )
        self.to.add(Grant, programme_id=made, name="Basic field grant", starts_on=self.today - timedelta(days=900))
        return made

    def _user(self, name: str) -> int:
        address = f"{name.replace(' ', '.').lower()}@example.org"
        return self.to.add(User, name=name, email=address, email_hash=keyed_hash(address, "address"))

    def _staff(self, n: int) -> int:
        made = self._user(f"Inés Calloway {n}")
        for programme in self.programmes:
            self.to.add(RoleGrant, user_id=made, role=Role.COORDINATOR, programme_id=programme)
        return made

    def _volunteer(self, n: int) -> int:
        name = f"Sam Orchard {n}"
        user = self._user(name)
        self.to.add(RoleGrant, user_id=user, role=Role.VOLUNTEER, programme_id=None)
        made = self.to.add(
            Volunteer, user_id=user, given_name="Sam", family_name=f"Orchard {n}", email=f"{n}@example.org",
            email_hash=keyed_hash(f"v{n}", "address"), status=VolunteerStatus.APPROVED, applied_at=self.now,
            approved_at=self.now, roles=["attorney"], languages=["en"], counties=["WI"], capacity=40,
            confirmed_on=self.today, mentor_ok=True,
        )  # fmt: skip
        for word in word_hashes(name):
            self.to.add(VolunteerWord, volunteer_id=made, word=word)
        for area in ("Housing", "Family", "Consumer/Finance"):
            self.to.add(Area, volunteer_id=made, area=area, level="experienced")
        for kind, where in (
            (CredentialKind.FULL_LICENCE, "WI"), (CredentialKind.MALPRACTICE_COVER, None),
            (CredentialKind.ORIENTATION, None), (CredentialKind.ATTESTATION, None),
        ):  # fmt: skip
            self.to.add(
                Credential, volunteer_id=made, kind=kind, jurisdiction=where, verified_at=self.now,
                verified_how="register", valid_until=self.today + timedelta(days=400),
            )  # fmt: skip
        self.claimants.append((made, self.sign_in(user)))
        return made

    def sign_in(self, user: int) -> str:
        token = secrets.token_urlsafe(24)
        digest = hashlib.sha256(token.encode()).hexdigest()
        self.to.add(SignIn, user_id=user, token_hash=digest, last_seen_at=self.now)
        return token

    def cases(self, number: int) -> Iterator[int]:
        """Write that many cases; yields how many are written."""
        statuses = self.chance.choices(list(SHARES), list(SHARES.values()), k=number)
        for n, status in enumerate(statuses):
            self._case(n, status)
            if n % BLOCK == BLOCK - 1:
                self.to.write()
                yield n + 1
        self.to.write()
        yield number

    def _case(self, n: int, status: CaseStatus) -> None:
        chance = self.chance
        received = self.now - timedelta(days=chance.randint(6, 60) if status in OPEN else chance.randint(60, 900))
        level = chance.choices([each for each, _ in LEVELS], [weight for _, weight in LEVELS])[0]
        listed = status in (S.AVAILABLE, *WITH_VOLUNTEER, S.CLOSED)
        critical = self.today + timedelta(days=chance.randint(1, 90)) if chance.random() < 0.6 else None
        code = chance.choice(CODES)
        values: dict[str, Any] = {
            "programme_id": self.programmes[n % len(self.programmes)], "number": f"26-{n:06}", "status": status,
            "received_at": received, "problem_code": code, "forum_state": "WI", "licence": "WI",
            "county": chance.choice(COUNTIES), "language": chance.choices(("en", "es", "hmn"), (82, 13, 5))[0],
            "narrative": STORY, "priority_level": level, "priority_rank": level.rank, "points": chance.randint(5, 120),
            "next_critical_on": critical, "public_id": new_public_id(), "changed_at": received,
            "listing_title": f"Matter {n}" if listed else None, "listing_text": "A listing text.",
            "accepted_at": received if status is not S.PRESCREEN else None, "listed_at": received if listed else None,
            "clock_ends_at": self.now + timedelta(days=chance.uniform(-1, 25)) if status is S.AVAILABLE else None,
            "placed_at": received + timedelta(days=5) if status in (*WITH_VOLUNTEER, S.CLOSED) else None,
            "closed_at": received + timedelta(days=50) if status not in OPEN else None,
        }  # fmt: skip
        case = self.to.add(Case, **values)
        self._people(n, case, values["programme_id"])
        self._judged(case, received, level, values)
        opening = self._opening(case, status)
        self._moves(case, status, received)
        if status is S.AVAILABLE:
            self._tries(opening, code)
        elif status in (*WITH_VOLUNTEER, S.CLOSED):
            self._work(case, opening, status, received)
        if status in OPEN and chance.random() < 0.05:
            self._task(case, values)

    def _people(self, n: int, case: int, programme: int) -> None:
        person = self.to.add(Person, programme_id=programme, given_name="Maribel", family_name=f"Castro {n}")
        client = self.to.add(Client, case_id=case, person_id=person)
        address = f"client{n}@example.net"
        self.to.add(
            Channel, client_id=client, kind=ChannelKind.EMAIL, value=address, safe=True,
            value_hash=keyed_hash(address, "address"),
        )  # fmt: skip
        self.to.add(Party, case_id=case, role=PartyRole.CLIENT, name=f"Maribel Castro {n}", person_id=person)
        self.to.add(
            Party, case_id=case, role=PartyRole.ADVERSE, name=f"Cottonwood Row Holdings {n}", is_organisation=True
        )

    def _judged(self, case: int, received: datetime, level: PriorityLevel, values: dict[str, Any]) -> None:
        factors = [
            {"key": r["key"], "label": r["label"], "points": r["points"], "detail": None}
            for r in self.chance.sample(FACTORS, 3)
        ]
        self.to.add(
            Priority, case_id=case, points=values["points"], level=level, factors=factors, rules_version=1,
            reckoned_at=received,
        )  # fmt: skip
        self.to.add(
            ConflictSearch,
            case_id=case,
            parties_version=1,
            searched_at=received,
            names_searched=9,
            hits=[],
            hit_count=0,
            decided_at=received,
            outcome="clear",
        )
        if values["next_critical_on"]:
            self.to.add(CriticalDate, case_id=case, kind="hearing", on_day=values["next_critical_on"])
        until = None if values["status"] in OPEN else values["closed_at"]
        owner = self.chance.choice(self.staff)
        self.to.add(Custody, case_id=case, user_id=owner, since_at=received, until_at=until, reason="received")

    def _opening(self, case: int, status: CaseStatus) -> int:
        where = {S.AVAILABLE: OpeningStatus.LISTED, S.PRESCREEN: OpeningStatus.NOT_LISTED}.get(status)
        where = where or (OpeningStatus.FILLED if status in WITH_VOLUNTEER else OpeningStatus.CLOSED)
        return self.to.add(
            Opening, case_id=case, role=CaseRole.LEAD, hours=1000, status=where, public_id=new_public_id()
        )

    def _moves(self, case: int, status: CaseStatus, received: datetime) -> None:
        way = WAY[: WAY.index(status) + 1] if status in WAY else (S.PRESCREEN, status)
        before = None
        for day, each in enumerate(way):
            at = received + timedelta(days=day)
            self.to.add(CaseMove, case_id=case, from_status=before, to_status=each, at=at, operation="benchmark")
            before = each

    def _tries(self, opening: int, code: str) -> None:
        draw = self.chance.random()
        if draw < 0.3:
            status = ReferralStatus.OFFERED if draw < 0.2 else ReferralStatus.DECLINED
            self.to.add(
                Referral, opening_id=opening, volunteer_id=self.chance.choice(self.volunteers), status=status,
                way=ReferralWay.OFFER, offered_at=self.now, ends_at=self.now + timedelta(days=2),
            )  # fmt: skip
        elif code in ("63", "31", "32", "02"):
            self.claimable.append(self.to.rows[Opening][-1]["public_id"])

    def _work(self, case: int, opening: int, status: CaseStatus, received: datetime) -> None:
        chance, started = self.chance, received + timedelta(days=5)
        volunteer = chance.choice(self.volunteers)
        heard = [started]
        made = self.to.add(
            Assignment,
            case_id=case,
            opening_id=opening,
            volunteer_id=volunteer,
            role=CaseRole.LEAD,
            started_at=started,
            first_contact_due_on=started.date() + timedelta(days=7),
            ended_at=self.now if status is S.CLOSED else None,
            uses_slot=False,
        )
        for at, audience in enumerate((Audience.VOLUNTEER, Audience.CLIENT, Audience.VOLUNTEER)):
            due = started + timedelta(days=7 * (at + 1))
            answered = due if due <= self.now and chance.random() < 0.4 else None
            heard.append(answered or started)
            asked = self.to.add(
                Checkin, case_id=case, assignment_id=made, audience=audience, series_key=f"s{at}", due_on=due.date(),
                questions="client_contact" if audience is Audience.CLIENT else "volunteer_progress", due_at=due,
                sent_at=due, channel="email", answered_at=answered,
            )  # fmt: skip
            if answered:
                self.to.add(
                    Answer, checkin_id=asked, answered_at=answered, standing="on_track", values={"contact": "yes"}
                )
        author = chance.choice(self.staff)
        heard += [min(self.now, started + timedelta(days=chance.randint(0, 20))) for _ in range(3)]
        self.to.add(
            Note, case_id=case, author_id=author, visibility=Visibility.PROGRAMME, text="Spoke with the client.",
            created_at=heard[-1],
        )  # fmt: skip
        self.to.add(ContactAttempt, case_id=case, by_id=author, channel="call", reached=True, at=heard[-2])
        self.to.add(
            TimeEntry, case_id=case, user_id=author, on_day=heard[-3].date(), hundredths=150, role="lead",
            created_at=heard[-3],
        )  # fmt: skip
        self.to.rows[Case][-1]["heard_at"] = max(heard)

    def _task(self, case: int, values: dict[str, Any]) -> None:
        self.to.add(
            Task,
            programme_id=values["programme_id"],
            case_id=case,
            record_kind="cases",
            record_id=case,
            cause="decide_clock",
            title=f"Decide: the referral clock of {values['number']} has ended",
            owner_role=Role.COORDINATOR,
            owner_id=self.chance.choice(self.staff),
            due_at=self.now + timedelta(hours=self.chance.randint(-60, 200)),
        )
