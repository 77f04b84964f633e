"""Appeals: one mail for each of many, about the matters that fit them; nobody twice, nobody against their limits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.clients.models import CaseStatus, Opening
from app.core import clock
from app.core.db import session, transaction
from app.core.errors import NotAllowed
from app.core.mail import reason_to_drop
from app.matching import appeals, operations
from app.matching.appeals import MOST_PEOPLE, Outcome, letters
from app.matching.models import Appeal, AppealRecipient, Bar
from app.matching.operations_appeals import ChooseSome, OneProgramme, send_appeal
from app.volunteers.models import Volunteer, VolunteerStatus
from tests import factories
from tests.matching.desk import MONDAY, Desk, entries, lay, mails
from tests.matching.test_race import at_once

KEY = "0123456789abcdef"


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def another(desk: Desk, **changes: object) -> int:
    with transaction():
        return int(factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff, **changes).lead_opening.id)  # type: ignore[arg-type]


def send(desk: Desk, openings: list[int], volunteers: list[int], key: str = KEY) -> int:
    with transaction():
        return send_appeal(
            [session.get_one(Opening, each) for each in openings],
            [session.get_one(Volunteer, each) for each in volunteers], key=key, actor=desk.staff,
        ).id  # fmt: skip


def became() -> dict[int, str]:
    return {one.volunteer_id: one.outcome for one in session.query(AppealRecipient)}


def test_each_reads_only_of_what_fits_them_and_of_no_name(app: Flask) -> None:
    desk = lay(1)
    family = another(desk, problem_code="32")
    with transaction():
        both = factories.volunteer(areas={"Housing": "competent", "Family": "competent"}).id
        neither = factories.volunteer(areas={"Employment": "expert"}).id
    send(desk, [desk.opening_id, family], [desk.volunteer_ids[0], both, neither])
    told = {mail.to_address: mail for mail in mails("matching.appeal")}
    one, two = told[desk.volunteer().email], told[session.get_one(Volunteer, both).email]
    assert len(told) == 2
    assert (one.text.count("/opportunities/"), two.text.count("/opportunities/")) == (1, 2)
    for mail in told.values():
        for word in ("Castro", "Cottonwood", "viction", "Housing", "Family", "court"):
            assert word not in f"{mail.subject} {mail.text}"
    assert became()[neither] == Outcome.NOTHING_FITS
    assert [entry.after for entry in entries("appeal.send")] == [{"people": 3, "written_to": 2}]
    assert {entry.case_id for entry in entries("opening.appeal")} == {
        session.get_one(Opening, each).case_id for each in (desk.opening_id, family)
    }


def test_nobody_reads_of_a_matter_paused_since_it_was_chosen(app: Flask) -> None:
    desk = lay(1)
    other = another(desk)
    number = session.get_one(Opening, other).case.number
    with transaction():
        session.get_one(Opening, other).case.paused_at = clock.now()
    send(desk, [desk.opening_id, other], desk.volunteer_ids)
    (mail,) = mails("matching.appeal")
    assert desk.case.number in mail.text
    assert number not in mail.text
    with clock.at(MONDAY + timedelta(days=20)):
        send(desk, [other], desk.volunteer_ids, key="fedcba9876543210")
    assert [one.outcome for one in session.query(AppealRecipient).order_by(AppealRecipient.id)][1:] == ["nothing_fits"]
    assert len(mails("matching.appeal")) == 1


def test_limits_pauses_caps_and_bars_are_kept(app: Flask) -> None:
    desk = lay(6, volunteer={"capacity": 2})
    ids = desk.volunteer_ids
    with transaction():
        for _ in range(2):  # the first was asked twice
            case = factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff)
            operations.send_offer(case.lead_opening, desk.volunteer(0), actor=desk.staff)
        desk.volunteer(1).status = VolunteerStatus.PAUSED
        desk.volunteer(2).available_from = date(2027, 1, 1)
        for _ in range(2):
            factories.case(desk.programme, "placed", owner=desk.staff, lead=desk.volunteer(3))
        session.add(Bar(case_id=desk.case_id, volunteer_id=ids[4], reason="conflict"))
    send(desk, [desk.opening_id], ids)
    assert became() == {
        ids[0]: Outcome.ASKED_LATELY, ids[1]: Outcome.NOT_NOW, ids[2]: Outcome.NOT_NOW, ids[3]: Outcome.FULL,
        ids[4]: Outcome.NOTHING_FITS, ids[5]: Outcome.SENT,
    }  # fmt: skip
    assert [mail.to_address for mail in mails("matching.appeal")] == [desk.volunteer(5).email]


def test_nobody_is_written_to_twice_in_two_weeks(app: Flask) -> None:
    desk = lay(1)
    send(desk, [desk.opening_id], desk.volunteer_ids)
    send(desk, [desk.opening_id], desk.volunteer_ids, key="f" * 16)
    with clock.at(MONDAY + timedelta(days=15)):
        assert [one.outcome for one in letters([desk.opening], desk.volunteer_ids)] == [Outcome.SENT]
    assert Counter(one.outcome for one in session.query(AppealRecipient)) == {"sent": 1, "asked_lately": 1}
    assert len(mails("matching.appeal")) == 1


@pytest.mark.promise(1)
@pytest.mark.parametrize("keys", [[KEY] * 4, [f"{n}" * 16 for n in range(4)]])
def test_many_clicks_and_many_senders_write_once_to_each(app: Flask, keys: list[str]) -> None:
    check_each_is_written_to_once(app, keys)


def check_each_is_written_to_once(app: Flask, keys: list[str]) -> None:
    desk = lay(6)
    opening, people = desk.opening_id, desk.volunteer_ids
    session.rollback()
    at_once(app, [lambda key=key: str(send(desk, [opening], people, key)) for key in keys])  # type: ignore[misc]
    session.rollback()
    assert session.query(Appeal).count() == len(set(keys))
    assert len(mails("matching.appeal")) == len(people)
    assert Counter(one.outcome for one in session.query(AppealRecipient))["sent"] == len(people)


@pytest.mark.promise(1)
def test_writing_twice_would_be_found(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: nobody looks who was written to lately."""
    monkeypatch.setattr(appeals, "written_lately", lambda ids: set())
    with pytest.raises(AssertionError):
        check_each_is_written_to_once(app, ["a" * 16, "b" * 16])


def test_a_mail_whose_matters_are_gone_is_not_sent(app: Flask) -> None:
    desk = lay(2)
    send(desk, [desk.opening_id], desk.volunteer_ids[:1])
    (mail,) = mails("matching.appeal")
    assert reason_to_drop(mail) is None
    with transaction():
        operations.place_by_hand(desk.opening, desk.volunteer(1), "phone_yes", actor=desk.staff, checked=True)
    assert reason_to_drop(mail) == "gone"


def test_what_cannot_be_sent_is_refused_whole(app: Flask) -> None:
    desk, other = lay(1), lay(1)
    with transaction():
        stranger = factories.coordinator(factories.programme())
        both = factories.coordinator(desk.programme)
        session.add(type(both.grants[0])(user=both, role="coordinator", programme_id=other.programme_id))
    here, there, people = desk.opening, other.opening, [desk.volunteer()]
    for refusal, openings, volunteers, key, actor in (
        (ChooseSome, [], people, KEY, desk.staff),
        (ChooseSome, [here], [], KEY, desk.staff),
        (ChooseSome, [here], people, "short", desk.staff),
        (ChooseSome, [here] * 21, people, KEY, desk.staff),
        (NotAllowed, [here], people, KEY, stranger),
        (OneProgramme, [here, there], people, KEY, both),
    ):
        with pytest.raises(refusal), transaction():
            send_appeal(openings, volunteers, key=key, actor=actor)
    assert MOST_PEOPLE == 200
    assert (session.query(Appeal).count(), mails()) == (0, [])


def test_choosing_reading_and_sending_on_the_pages(app: Flask, client: FlaskClient) -> None:
    desk = lay(2)
    with transaction():
        spanish = factories.volunteer(languages=["en", "es"], given_name="Ines", family_name="Tamarack").public_id
    browser = factories.sign_in(client, desk.staff)
    assert desk.case.number in browser.get("/appeals/new").text
    page = browser.get(f"/appeals/new?matter={desk.opening.public_id}&language=es").text
    assert "Ines Tamarack" in page
    assert "Hello Ines," in page
    assert mails() == []  # reading it sends nothing
    assert desk.volunteer().name not in page
    key = re.search(r'name="key" value="(\w{16})"', page)
    assert key
    form = {"key": key[1], "matter": desk.opening.public_id, "id": [spanish, "0" * 16]}
    for _ in range(2):
        sent = browser.post("/appeals", data=form, follow_redirects=True)
        assert "One volunteer is written to" in sent.text
    assert session.query(Appeal).count() == len(mails("matching.appeal")) == 1
    nobody = browser.post("/appeals", data={**form, "key": "e" * 16, "id": []})
    assert (nobody.status_code, "Choose at least one matter" in nobody.text) == (422, True)
    with transaction():
        stranger = factories.coordinator(factories.programme())
    other = factories.sign_in(app.test_client(), stranger)
    assert other.get(sent.request.path).status_code == 404
    assert other.post("/appeals", data={**form, "key": "d" * 16}).status_code == 422
