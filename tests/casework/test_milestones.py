"""What is worth a word: thanks to volunteers, once, and steps of a case to clients who want to hear of them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient

from app.casework import milestone_mails, milestones, operations, volunteer_milestones
from app.casework.models import TimeEntry
from app.casework.models_milestones import CaseMilestone, VolunteerMilestone
from app.clients.intake import pins
from app.clients.models import CaseStatus
from app.core import clock, links
from app.core.db import session, transaction
from app.core.mail import Mail, reason_to_drop
from tests import factories
from tests.casework.conftest import MONDAY, TODAY, Work
from tests.snapshots import same_as_stored

CASEWORK = Path(operations.__file__).parent


def mails(kind: str) -> list[Mail]:
    session.rollback()
    return list(session.query(Mail).filter_by(kind=kind).order_by(Mail.id))


def kinds() -> set[str]:
    session.rollback()
    return {row.kind for row in session.query(VolunteerMilestone)}


def close_one(work: Work) -> None:
    with transaction():
        case = factories.case(work.case.programme, CaseStatus.CLOSED, lead=work.lead.volunteer)
        case.assignments[0].ended_at, case.assignments[0].end_reason = clock.now(), "closed"


def log(work: Work, hours: int) -> None:
    with transaction():
        session.add(TimeEntry(case=work.case, user_id=work.user_id, volunteer_id=work.lead.volunteer_id, role="lead",
                              on_day=TODAY, hundredths=hours * 100))  # fmt: skip


def test_each_is_thanked_for_once_and_only_the_last_in_a_mail(work: Work) -> None:
    assert volunteer_milestones.note_all() == 1
    assert kinds() == {"placed_1"}
    for _ in range(5):
        close_one(work)
    assert volunteer_milestones.note_all() == 2
    assert volunteer_milestones.note_all() == 0
    assert kinds() == {"placed_1", "closed_1", "closed_5"}
    assert [mail.occasion.rpartition(":")[2] for mail in mails("volunteer.milestone")] == ["placed_1", "closed_5"]


def test_what_lies_long_ago_is_written_down_without_a_word(work: Work) -> None:
    with clock.at(MONDAY + timedelta(days=30)):
        assert volunteer_milestones.note_all() == 1
    assert mails("volunteer.milestone") == []


@pytest.mark.parametrize("what", ["placed_1", "closed_1", "closed_5", "hours_50"])
def test_thanks_say_what_is_stored(work: Work, what: str) -> None:
    with transaction():
        work.case.programme.name, work.lead.volunteer.given_name = "Lakeshore Legal Aid", "Noor"
        if what != "placed_1":
            session.add(VolunteerMilestone(volunteer_id=work.lead.volunteer_id, kind="placed_1"))
    if what == "hours_50":
        log(work, 50)
    for _ in range({"closed_1": 1, "closed_5": 5}.get(what, 0)):
        close_one(work)
    volunteer_milestones.note_all()
    (mail,) = mails("volunteer.milestone")
    for fact in ("Castro", "Eviction", work.case.number):
        assert fact not in mail.subject + mail.text
    same_as_stored(f"casework.reached.{what}.en", mail)


def share(work: Work, code: str = "papers_ready") -> None:
    with transaction():
        milestones.share_milestone(work.case, code, on_day=TODAY, actor=work.user)


def want(work: Work, wanted: bool = True) -> None:
    with transaction():
        milestones.wish(work.case.client, wanted, actor=None)


def test_a_client_hears_of_a_step_only_if_they_want_to(work: Work) -> None:
    share(work)
    assert mails("message.milestone") == []
    assert milestones.steps_for(work.case.client) == (False, [])
    want(work)
    share(work)
    assert mails("message.milestone") == []  # noted before
    share(work, "agreement")
    (mail,) = mails("message.milestone")
    assert reason_to_drop(mail) is None
    assert len(milestones.steps_for(work.case.client)[1]) == 2
    want(work, False)
    assert reason_to_drop(mails("message.milestone")[0]) == "not wanted"
    assert session.query(CaseMilestone).count() == 2


def test_without_a_safe_address_nothing_is_written(work: Work) -> None:
    want(work)
    with transaction():
        work.case.client.channels[0].safe = False
    share(work)
    assert mails("message.milestone") == []
    assert work.tasks() == {}


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_step_is_told_without_saying_which(work: Work, language: str) -> None:
    want(work)
    with transaction():
        work.case.language = language
    share(work, "agreement")
    (mail,) = mails("message.milestone")
    for fact in ("agreement", "acuerdo", "Castro", "lawyer", "abogad", work.case.number):
        assert fact not in mail.subject + mail.text
    same_as_stored(f"casework.step.{language}", mail)


def test_bad_input_is_refused(work: Work) -> None:
    for code, day in (
        ("won", TODAY),
        ("agreement", TODAY + timedelta(days=1)),
        ("agreement", TODAY.replace(year=2020)),
    ):
        with pytest.raises(operations.CannotKeep), transaction():
            milestones.share_milestone(work.case, code, on_day=day, actor=work.user)


def test_every_step_is_in_spanish() -> None:
    with (CASEWORK / "translations/es/LC_MESSAGES/messages.po").open("rb") as file:
        known = {m.id for m in read_po(file) if m.id and m.string}
    assert {str(words) for words in milestones.CODES.values()} <= known


def test_the_pages(work: Work, app: Flask, client: FlaskClient) -> None:
    with transaction():
        token = links.make("portal", work.case.client, expires_at=MONDAY + timedelta(days=3))
        work.case.client.pin_hash = pins.hashed("123456")
    client.post(f"/my-request/{token}", data={"pin": "123456"})
    assert "when a step is done" in client.get("/my-request").text
    assert client.post("/my-request/steps", data={"wanted": "yes"}).status_code == 303
    for who, path in ((work.user, work.path), (work.staff, f"/cases/{work.case.public_id}")):
        browser = app.test_client()
        factories.sign_in(browser, who)
        assert browser.get(f"{path}/step").status_code == 200
        assert browser.post(f"{path}/step", data={"code": "nothing"}).status_code == 422
        code = "papers_ready" if who.id == work.user_id else "decision"
        day = {"on_day-month": "3", "on_day-day": "2", "on_day-year": "2026"}
        assert browser.post(f"{path}/step", data={"code": code, **day}).status_code == 303
    page = client.get("/my-request").text
    assert "Your papers are ready" in page
    assert "There is a decision" in page
    assert {mail.kind for mail in mails(milestone_mails.TO_CLIENT)} == {"message.milestone"}
