"""The demo's programmes, staff, funders and volunteers."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from app.accounts import operations as accounts
from app.accounts import passwords
from app.accounts.models import Grant, Office, Programme, User
from app.clients.intake import pins
from app.clients.problems import counties_of
from app.core import clock
from app.core.access import Role
from app.core.db import session
from app.core.sealed import keyed_hash
from app.volunteers.models import (
    Area,
    Credential,
    CredentialKind,
    Membership,
    Organisation,
    Volunteer,
    VolunteerStatus,
)
from app.volunteers.operations_requirements import load_requirements

from .words import FAMILY, FIRMS, GIVEN

FIRM_COORDINATOR = "firm@demo.test"
ALONE = "northwoods@demo.test"  # all the staff of the second programme
ACCOUNTS = (
    "admin@demo.test", "coordinator@demo.test", "volunteer@demo.test", FIRM_COORDINATOR, ALONE, "funder@demo.test",
)  # fmt: skip
PASSWORD = "demo-pass-word"  # noqa: S105  (printed at start; loads on loopback only)
SOUTH = ("55025", "55079", "55133", "55105", "55101", "55059", "55127", "55055", "55027", "55021", "55111", "55045")
OFFICES = {"four-lakes": (("Madison office", "55025"), ("Kenosha office", "55059"), ("Milwaukee office", "55079"))}
LANGUAGES = ("es", "zh", "hmn", "so", "ar", "vi")
SLANTS = (
    {"Housing": "competent", "Consumer/Finance": "competent"},
    {"Housing": "experienced", "63": "expert"},
    {"Family": "competent", "Juvenile": "learning"},
    {"Family": "experienced", "32": "expert", "37": "experienced"},
    {"Consumer/Finance": "experienced", "01": "expert"},
    {"Income Maintenance": "competent", "Health": "learning"},
    {"Income Maintenance": "experienced", "77": "experienced"},
    {"Employment": "experienced", "Individual Rights": "competent"},
    {"Individual Rights": "experienced", "81": "experienced"},
    {"Miscellaneous": "competent", "Family": "learning"},
    {"Housing": "learning", "Family": "learning", "Consumer/Finance": "learning"},
)


@dataclass(frozen=True)
class Look:
    """What can be seen of an approved volunteer at a glance."""

    id: int
    areas: frozenset[str]
    places: frozenset[str]


@dataclass
class Cast:
    """Who plays in the demo, by row id."""

    chance: random.Random
    programmes: list[int] = field(default_factory=list)
    coordinators: dict[int, list[int]] = field(default_factory=dict)
    attorneys: dict[int, int] = field(default_factory=dict)
    grants: dict[int, list[int]] = field(default_factory=dict)
    volunteers: list[int] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    star: int = 0  # the volunteer whose account is printed
    pin_hash: str = ""
    told: dict[int, list[dict[str, Any]]] = field(default_factory=dict)  # by programme, what clients say of themselves


def name(chance: random.Random) -> tuple[str, str]:
    """An invented name."""
    return chance.choice(GIVEN), chance.choice(FAMILY)


def found(cast: Cast, today: date) -> None:
    """Set up programmes, grants, staff and funders."""
    load_requirements()
    cast.pin_hash = pins.hashed(pins.new_pin())
    all_counties = [fips for fips, _name in counties_of("WI")]
    north = [fips for fips in all_counties if fips not in SOUTH]
    for label, slug, prefix, counties, phone, grants in (
        ("Four Lakes Legal Aid", "four-lakes", "FL", list(SOUTH), "608-555-0100",
         (("Basic field grant", "lsc"), ("Civil Justice Fund", "lsc"))),
        ("Northwoods Justice Project", "northwoods", "NW", north, "715-555-0160", (("State filing fee fund", "lsc"),)),
    ):  # fmt: skip
        programme = Programme(
            name=label, slug=slug, prefix=prefix, state="WI", time_zone="America/Chicago", phone=phone,
            sender_name=f"{label.rsplit(' ', 2)[0]} office", counties=counties,
        )  # fmt: skip
        session.add(programme)
        session.flush()
        session.add_all(Office(programme_id=programme.id, name=name, county=county)
                        for name, county in OFFICES.get(slug, ()))  # fmt: skip
        cast.programmes.append(programme.id)
        made = [
            Grant(
                programme=programme,
                name=title,
                ruleset=rules,
                reports_every="half",
                starts_on=today - timedelta(days=600),
            )
            for title, rules in grants
        ]
        session.add_all(made)
        session.flush()
        cast.grants[programme.id] = [grant.id for grant in made]


def hire(cast: Cast) -> None:
    """Give both programmes their staff, and the printed accounts their roles."""
    south, north = (session.get_one(Programme, i) for i in cast.programmes)
    admin = account("Imani Radcliffe", "admin@demo.test", actor=None)
    accounts.grant_role(admin, Role.ADMIN, actor=None)
    lead = account("Inés Calloway", "coordinator@demo.test", actor=admin)
    for role in (Role.COORDINATOR, Role.SUPERVISING_ATTORNEY):
        accounts.grant_role(lead, role, programme=south, actor=admin)
    second = account("Ruben Amadi", "ruben@demo.test", actor=admin)
    accounts.grant_role(second, Role.COORDINATOR, programme=south, actor=admin)
    alone = account("Greta Halvorsen", ALONE, actor=admin)
    for role in (Role.COORDINATOR, Role.SUPERVISING_ATTORNEY):
        accounts.grant_role(alone, role, programme=north, actor=admin)
    funder = account("Paloma Whitlock", "funder@demo.test", actor=admin)
    for grant_id in cast.grants[south.id]:
        accounts.grant_role(funder, Role.FUNDER, grant=session.get_one(Grant, grant_id), actor=admin)
    cast.coordinators = {south.id: [lead.id, second.id], north.id: [alone.id]}
    cast.attorneys = {south.id: lead.id, north.id: alone.id}


def account(called: str, email: str, *, actor: User | None) -> User:
    """An account with the printed password."""
    made = accounts.create_user(called, email, actor=actor)
    accounts.set_password(made, PASSWORD, actor=actor, password_hash=_printed())
    return made


@lru_cache(maxsize=1)
def _printed() -> str:
    """Hashing is slow on purpose; the one password that is printed for everybody needs it once."""
    return passwords.hashed(PASSWORD)


def gather_volunteers(cast: Cast, count: int, today: date) -> None:
    """Invent the volunteers: most approved, some in every other standing."""
    chance = cast.chance
    firms = [Organisation(name=firm) for firm in FIRMS]
    session.add_all(firms)
    verifier = session.get_one(User, cast.attorneys[cast.programmes[0]])
    counties = [fips for fips, _name in counties_of("WI")]
    for n in range(count):
        made = _volunteer(n, chance, counties, today)
        if chance.random() < 0.6:
            session.add(Membership(volunteer=made, organisation=chance.choice(firms), confirmed_at=clock.now()))
        _credentials(made, verifier, chance, today)
        session.flush()
        cast.volunteers.append(made.id)
        if made.status is VolunteerStatus.APPROVED:
            places = {*made.counties, *(["remote"] if made.remote else [])}
            cast.looks.append(Look(made.id, frozenset(a.area for a in made.areas), frozenset(places)))
    cast.star = cast.volunteers[0]


def _volunteer(n: int, chance: random.Random, counties: list[str], today: date) -> Volunteer:
    given, family = ("Theo", "Marchetti") if n == 0 else name(chance)
    email = "volunteer@demo.test" if n == 0 else f"{given}.{family}.{n}@volunteers.test".lower()
    status = VolunteerStatus.APPROVED if n < 128 else list(VolunteerStatus)[n % len(VolunteerStatus)]
    applied = clock.now() + timedelta(days=chance.randrange(60 if n < 80 else 480), hours=chance.randrange(9))
    state_wide = chance.random() < 0.35 or n == 0
    user = None
    if status not in (VolunteerStatus.APPLIED, VolunteerStatus.VERIFYING, VolunteerStatus.DECLINED):
        user = accounts.create_user(f"{given} {family}", email, actor=None)
        accounts.grant_role(user, Role.VOLUNTEER, actor=None)
        if n == 0:
            accounts.set_password(user, PASSWORD, actor=None, password_hash=_printed())
    made = Volunteer(
        user=user, given_name=given, family_name=family, email=email, email_hash=keyed_hash(email, "address"),
        status=status, applied_at=applied, approved_at=applied + timedelta(days=6) if user else None,
        roles=["attorney"] if n % 12 else ["attorney", "mentor"],
        languages=["en", "es"] if n == 0 else ["en", *([chance.choice(LANGUAGES)] if chance.random() < 0.35 else [])],
        counties=["WI"] if state_wide else sorted(chance.sample(counties, chance.randrange(2, 9))),
        remote=chance.random() < 0.8, capacity=4 if n == 0 else chance.choice((1, 1, 2, 2, 3)),
        largest_case=None if n == 0 else chance.choice((None, 1000, 2000, 3000)), mentor_ok=chance.random() < 0.4,
        mentors_others=n % 12 == 0, confirmed_on=today - timedelta(days=chance.randrange(300)) if user else None,
    )  # fmt: skip
    if status is VolunteerStatus.PAUSED:
        made.paused_until, made.pause_reason = today + timedelta(days=40), "busy"
    if status is VolunteerStatus.DECLINED:
        made.declined_reason = "requirements"
    session.add(made)
    for area, level in (SLANTS[1] | SLANTS[0] | SLANTS[5] if n == 0 else SLANTS[n % len(SLANTS)]).items():
        session.add(Area(volunteer=made, area=area, level=level))
    return made


def _credentials(of: Volunteer, verifier: User, chance: random.Random, today: date) -> None:
    """What a volunteer holds; a few run out within the next weeks, a lapsed licence did."""
    until = today + timedelta(days=chance.choice((25, 55, 150, 210, 300, 340)))
    if of.status is VolunteerStatus.LAPSED:
        until = today - timedelta(days=9)
    known = of.user is not None
    rows = [
        (CredentialKind.FULL_LICENCE, "WI", until),
        (CredentialKind.MALPRACTICE_COVER, None, until),
        (CredentialKind.ATTESTATION, None, today + timedelta(days=300)),
        (CredentialKind.ORIENTATION, None, None),
    ]
    if chance.random() < 0.15:
        rows.append((CredentialKind.VA_ACCREDITATION, None, None))
    if chance.random() < 0.12:
        rows.append((CredentialKind.EOIR_REGISTRATION, None, None))
    if any(each.area == "01" for each in of.areas):  # bankruptcy is heard by a federal court
        rows.append((CredentialKind.COURT_ADMISSION, "W.D. Wis.", None))
    for kind, place, ends in rows:
        number = str(chance.randrange(1_000_000, 1_130_000)) if kind is CredentialKind.FULL_LICENCE else None
        session.add(Credential(
            volunteer=of, kind=kind, jurisdiction=place, number=number, valid_until=ends if known else None,
            verified_at=of.applied_at + timedelta(days=3) if known else None,
            verified_by_id=verifier.id if known else None, verified_how="register" if known else None,
        ))  # fmt: skip


def born(chance: random.Random, now: datetime) -> str:
    """An invented birth date of a grown-up."""
    return (now - timedelta(days=chance.randrange(8000, 28000))).date().isoformat()
