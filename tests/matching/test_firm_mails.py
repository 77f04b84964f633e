"""What a firm's coordinators and the people they name are told, word for word, and nothing of the client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.core import clock
from app.core.db import session, transaction
from app.core.mail import Mail
from app.matching import mails, mails_firms
from app.matching.models import Referral, ReferralStatus
from tests import factories
from tests.matching.desk import MONDAY, Desk, lay
from tests.matching.firm import Firm, found
from tests.snapshots import same_as_stored

S = ReferralStatus

WRITE: dict[str, Callable[[Referral], None]] = {
    "firm_offer": lambda r: mails.offer_sent(r),
    "firm_your_turn": lambda r: mails.offer_sent(r, in_line=True),
    "firm_held": lambda r: mails.case_held(r),
    "firm_names_released": lambda r: mails.names_released(r, "all"),
    "firm_hold_ending": lambda r: mails.hold_ending(r),
    "firm_hold_expired": lambda r: mails.hold_expired(r),
    "firm_parties_changed": lambda r: mails.parties_changed(r),
    "firm_thanked": lambda r: mails.offer_thanked(r),
    "firm_gone": lambda r: mails.matter_gone(r),
    "firm_request_lost": lambda r: mails.request_lost(r, []),
    "firm_stepped_back": lambda r: mails.person_stepped_back(r),
    "firm_conflict": lambda r: mails.firm_in_conflict(r),
    "firm_placed": lambda r: mails_firms.tell_firm(r, "placed"),
    "firm_stands_still": lambda r: mails.time_stands_still(r),
    "firm_runs_on": lambda r: mails.time_runs_on(r),
    "named": lambda r: mails.person_named(r),
    "name_taken_back": lambda r: mails.name_taken_back(r),
}
WITH_PERSON = ("firm_placed", "named", "name_taken_back")


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def attempt(desk: Desk, firm: Firm, name: str) -> Referral:
    case, person = desk.case, desk.volunteer()
    case.number, case.programme.name = "26-00012", "Lakeshore Legal Aid"
    person.given_name, person.family_name = "Noor", "Castellano"
    named = {"volunteer": person, "named_at": clock.now()} if name in WITH_PERSON else {}
    case.paused_at = clock.now() if name == "firm_stands_still" else None
    return factories.add(Referral(
        opening=desk.opening, organisation=firm.organisation, way="offer", status=S.HELD, against_rules=[],
        public_id="matter0000000000", offered_at=clock.now(), held_at=clock.now(),
        ends_at=MONDAY.replace(day=5, hour=23),
        firm_cleared_version=case.parties_version if name in (*WITH_PERSON, "firm_hold_ending") else None, **named,
    ))  # type: ignore[no-any-return]  # fmt: skip


def test_every_mail_is_tried() -> None:
    folder = Path(mails.__file__).parent / "templates/matching/mails"
    firms = {path.name for path in folder.iterdir() if path.name.startswith(("firm_", "name"))}
    assert firms == {f"{name}.en.txt" for name in WRITE} | {"names_released.en.txt"}
    assert {f"firm_{name}" for name in mails_firms.TO_FIRMS} == {name for name in WRITE if name.startswith("firm_")}


@pytest.mark.parametrize("name", WRITE)
def test_a_mail_says_what_is_stored(app: Flask, name: str) -> None:
    desk = lay(1)
    firm = found(desk, 0)
    with transaction():
        WRITE[name](attempt(desk, firm, name))
    mail = session.query(Mail).filter_by(kind=f"matching.{name}").one()
    to = desk.volunteer().email if name in ("named", "name_taken_back") else firm.coordinator.email
    assert mail.to_address == to
    said = f"{mail.subject}\n{mail.text}"
    for secret in ("Castro", "Maribel", "Cottonwood", "Eviction", "Housing", "Tenant", "Landlord"):
        assert secret.casefold() not in said.casefold()
    same_as_stored(f"matching.{name}.en", mail)
