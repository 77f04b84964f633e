"""Appeals to firms: one mail for each who answers, about what its people could take and it may know of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import operations as accounts
from app.clients.models import CaseStatus, Opening
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.core.mail import reason_to_drop
from app.matching import operations
from app.matching.appeals import Outcome
from app.matching.appeals_firms import firm_letters
from app.matching.models import AppealRecipient, Bar, Referral
from app.matching.operations_appeals import send_appeal
from app.matching.operations_placement import bar
from app.volunteers.models import Organisation
from tests import factories
from tests.matching.desk import MONDAY, Desk, entries, lay, mails
from tests.matching.firm import Firm, ask, found
from tests.matching.test_race import at_once
from tests.snapshots import same_as_stored

KEY = "0123456789abcdef"


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def another(desk: Desk) -> int:
    with transaction():
        return int(factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff).lead_opening.id)


def send(desk: Desk, openings: list[int], *firms: int, key: str = KEY) -> int:
    with transaction():
        chosen = [session.get_one(Opening, each) for each in openings]
        to = [session.get_one(Organisation, each) for each in firms]
        return send_appeal(chosen, [], organisations=to, key=key, actor=desk.staff).id


def told(desk: Desk, firm: Firm) -> Outcome:
    return firm_letters([desk.opening], [firm.organisation_id])[0].outcome


def test_whoever_answers_for_the_firm_is_written_to_and_nobody_is_asked(app: Flask) -> None:
    desk = lay(2)
    firm, second = found(desk, 0), another(desk)
    with transaction():
        other = factories.user(name="Ash Beck")
        accounts.grant_role(other, Role.FIRM_COORDINATOR, organisation=firm.organisation, actor=desk.staff)
    send(desk, [desk.opening_id, second], firm.organisation_id)
    sent = mails("matching.appeal")
    assert {mail.to_address for mail in sent} == {firm.coordinator.email, other.email}
    for mail in sent:
        assert mail.text.count("matter 26-") == 2
        for word in ("Castro", "Cottonwood", "viction", "Housing", "court"):
            assert word not in f"{mail.subject} {mail.text}"
    assert session.query(Referral).count() == 0, "it is exposure, not an ask"
    assert [entry.after for entry in entries("appeal.send")] == [{"people": 0, "firms": 1, "written_to": 1}]


def test_a_firm_never_reads_of_a_matter_it_is_kept_from(app: Flask) -> None:
    desk = lay(1)
    firm, second = found(desk, 0), another(desk)
    with transaction():
        session.add(Bar(case_id=desk.case_id, organisation_id=firm.organisation_id, reason="conflict"))
    send(desk, [desk.opening_id, second], firm.organisation_id)
    (recipient,) = session.query(AppealRecipient).all()
    assert recipient.opening_ids == [second]
    (mail,) = mails("matching.appeal")
    assert desk.case.number not in mail.text
    assert reason_to_drop(mail) is None
    with transaction():
        bar(session.get_one(Opening, second).case, firm.organisation, reason="conflict", actor=desk.staff)
    assert reason_to_drop(mail) == "kept_off", "barred before the mail left"


def test_why_a_firm_is_passed_over(app: Flask) -> None:
    desk = lay(2, volunteer={"capacity": 1})
    firm = found(desk, 0)
    assert told(desk, firm) is Outcome.SENT
    unfit = found(desk, name="Nobody Here LLP")
    assert told(desk, unfit) is Outcome.NOTHING_FITS
    send(desk, [desk.opening_id], firm.organisation_id)
    assert told(desk, firm) is Outcome.ASKED_LATELY
    with clock.at(MONDAY + timedelta(days=15)):
        assert told(desk, firm) is Outcome.SENT
        ask(desk, firm)
        assert told(desk, firm) is Outcome.NOTHING_FITS, "it is asked about this one already"
        second = session.get_one(Opening, another(desk))
        with transaction():
            operations.hold_for_firm(desk.opening, firm.organisation, actor=firm.coordinator)
        assert firm_letters([second], [firm.organisation_id])[0].outcome is Outcome.FULL
        with transaction():
            accounts.deactivate_user(firm.coordinator, actor=factories.user(Role.ADMIN))
        assert firm_letters([second], [firm.organisation_id])[0].outcome is Outcome.NOBODY_ANSWERS


@pytest.mark.promise(1)
@pytest.mark.parametrize("keys", [[KEY] * 3, [f"{n}" * 16 for n in range(3)]])
def test_many_clicks_and_many_senders_write_once_to_each_firm(app: Flask, keys: list[str]) -> None:
    desk = lay(2)
    opening, firms = desk.opening_id, [found(desk, n, name=f"Firm {n} LLP").organisation_id for n in range(2)]
    session.rollback()
    at_once(app, [lambda key=key: str(send(desk, [opening], *firms, key=key)) for key in keys])  # type: ignore[misc]
    session.rollback()
    assert len(mails("matching.appeal")) == 2


def test_staff_choose_firms_beside_people(app: Flask, client: FlaskClient) -> None:
    desk = lay(1)
    firm = found(desk, 0)
    browser = factories.sign_in(client, desk.staff)
    page = browser.get(f"/appeals/new?matter={desk.opening.public_id}").text
    assert firm.organisation.name in page
    key = re.search(r'name="key" value="(\w{16})"', page)
    assert key
    form = {"key": key[1], "matter": desk.opening.public_id, "firm": [firm.organisation.public_id, "0" * 16]}
    sent = browser.post("/appeals", data=form, follow_redirects=True).text
    assert "Written to: 1" in sent
    assert firm.organisation.name in sent


def test_the_mail_says_what_is_stored(app: Flask) -> None:
    desk = lay(1)
    firm = found(desk, 0)
    with transaction():
        desk.case.number, desk.programme.name = "26-00012", "Lakeshore Legal Aid"
    send(desk, [desk.opening_id], firm.organisation_id)
    same_as_stored("matching.appeal_firm.en", mails("matching.appeal")[0])
