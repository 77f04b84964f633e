"""A volunteer switches mails off by a signed link; what they must know reaches them through a person."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.clients.models import CaseStatus
from app.core import delivery, mail, mail_foot, signed
from app.core.db import session, transaction
from app.core.mail import Mail
from app.tasks.models import Task
from app.volunteers import mail_choices as choices
from app.volunteers.models import Volunteer
from tests import factories


def put(kind: str, to: str, **changes: object) -> Mail:
    row = mail.queue(kind, occasion=f"x:{next(factories.count)}", to=to, subject="Hello", text="Good day.\n",
                     audience="volunteer", **changes)  # fmt: skip
    assert row is not None
    return row


def person() -> Volunteer:
    with transaction():
        return factories.volunteer()


def test_one_click_switches_one_kind_off_and_a_browser_is_asked_first(app: Flask, client: FlaskClient) -> None:
    who = person()
    with transaction():
        headers = mail_foot.headers_of(put("casework.thanks", who.email))
        assert mail_foot.headers_of(put("matching.offer", who.email)) == {}
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = headers["List-Unsubscribe"].strip("<>").split("8000")[-1]
    app.config["WTF_CSRF_ENABLED"] = True
    for _ in range(3):
        assert "No more of these mails?" in client.get(path).get_data(as_text=True)
    assert choices.choices_of(who).thanks
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    session.rollback()
    assert choices.choices_of(who) == choices.Choices(thanks=False)
    assert client.get(path[:-2]).status_code == 410
    with transaction():
        assert mail.reason_to_drop(put("casework.thanks", who.email)) == "opted_out"
        assert mail.reason_to_drop(put("casework.still_yours", who.email)) is None


def test_the_page_keeps_choices_and_every_mail_leads_to_it(app: Flask, client: FlaskClient) -> None:
    who = person()
    with transaction():
        foot = mail_foot.foot_of(put("matching.offer", who.email))
        assert mail_foot.foot_of(put("matching.firm_offer", "desk@firm.test")) == ""
    path = foot.split("8000")[-1].strip()
    assert client.get(path).status_code == 200
    assert client.post(path, data={"digest": "hourly"}).status_code == 422
    refused = client.post(path, data={"digest": "never", "time_zone": "America/Madison"})
    assert (refused.status_code, "There is no such time zone." in refused.text) == (422, True)
    assert client.post(path, data={"digest": "never", "thanks": "y", "time_zone": "Pacific/Guam"}).status_code == 303
    session.rollback()
    chosen = choices.Choices("never", False, True, False, time_zone="Pacific/Guam")
    assert choices.choices_of(session.get_one(Volunteer, who.id)) == chosen
    with pytest.raises(choices.NoSuchZone), transaction():
        choices.choose(who, choices.Choices(time_zone="Mars/Olympus"), actor=None)
    factories.sign_in(client, who.user)
    assert "/mail-choices/" in client.get("/my/mails").headers["Location"]
    other = signed.sign(choices.PURPOSE, "0" * 40)
    assert client.get(f"/mail-choices/{other}").status_code == 410


def test_no_mails_at_all_turns_notices_into_one_task_for_each_case(app: Flask) -> None:
    who = person()
    with transaction():
        programme = factories.programme()
        case = factories.case(programme, CaseStatus.IN_SERVICE, lead=session.get_one(Volunteer, who.id))
        choices.choose(who, choices.Choices(none=True), actor=None)
        for kind in ("casework.still_yours", "casework.custody_is_yours", "casework.thanks"):
            row = put(kind, who.email, case=case, programme=programme)
            assert mail.reason_to_drop(row) == "opted_out"
            delivery.tell_about(row, "opted_out")
    (task,) = session.query(Task).all()
    assert (task.cause, task.case_id, task.owner_id) == ("not_mailed", case.id, case.custody.user_id)
