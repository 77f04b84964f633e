"""Client, volunteer and staff write to each other on the case: who reads what, once, and what nobody answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.casework import message_jobs, message_mails, operations, operations_messages, queries_messages
from app.casework.forms_messages import FROM_CLIENT
from app.casework.models import ContactAttempt, Message, Visibility
from app.clients.intake import pins
from app.clients.models import CaseStatus
from app.core import clock, delivery
from app.core.db import session, transaction
from app.core.errors import NotAllowed, Refusal
from app.core.mail import Mail, reason_to_drop
from app.tasks.models import Task
from app.volunteers.models_leave import Leave
from tests import factories
from tests.casework.conftest import MONDAY, TODAY, Work, begin
from tests.snapshots import same_as_stored

CASEWORK = Path(operations.__file__).parent
PRIVILEGED, SHARED, STAFF = Visibility.LAWYER_AND_CLIENT, Visibility.PROGRAMME, Visibility.STAFF
LOUD = "Sí \U0001f389 שלום עולם <script>alert(1)</script> {{ 7*7 }} \u202etxt.exe\n\nsecond line"


def say(work: Work, text: str = "Hello", *, as_: str = "user", kind: Visibility = SHARED, **more: Any) -> Message:
    with transaction():
        if as_ == "client":
            return operations_messages.write_as_client(work.case.client, text, visibility=kind, **more)
        return operations_messages.write_message(work.case, text, actor=getattr(work, as_), visibility=kind, **more)


def seen_by(work: Work, who: str) -> set[str]:
    session.rollback()
    if who == "client":
        return {m.text for m in queries_messages.thread_of_client(work.case.client).messages}
    return {m.text for m in queries_messages.thread_for(getattr(work, who), work.case).messages}


def test_each_reader_sees_their_kinds_and_access_ends_with_the_part(work: Work) -> None:
    say(work, "privileged", kind=PRIVILEGED)
    say(work, "shared", as_="client")
    say(work, "among us", as_="staff", kind=STAFF)
    assert seen_by(work, "client") == seen_by(work, "user") == {"privileged", "shared"}
    assert seen_by(work, "staff") == {"shared", "among us"}
    assert seen_by(work, "attorney") == {"privileged", "shared", "among us"}
    for who, kind in (("staff", PRIVILEGED), ("user", STAFF)):
        with pytest.raises(NotAllowed):
            say(work, as_=who, kind=kind)
    with transaction():
        work.lead.ended_at, work.lead.end_reason = clock.now(), "withdrew"
        successor = factories.assignment(work.case, factories.volunteer()).volunteer.user_id
    assert seen_by(work, "user") == set()
    with pytest.raises(operations.NotOnTheCase):
        say(work)
    after = Work(work.case_id, work.staff_id, work.attorney_id, successor)
    assert seen_by(after, "user") == {"privileged", "shared"}


def test_a_double_click_is_one_message_and_one_attempt(work: Work) -> None:
    first = say(work, "Call me", once="a" * 24)
    with clock.at(MONDAY + timedelta(hours=3)):
        assert say(work, "Call me", once="a" * 24).id == first.id
    assert say(work, "Call me", once="b" * 24).id == first.id
    assert session.query(Message).count() == session.query(ContactAttempt).count() == 1


def test_words_changed_after_a_lost_answer_are_kept_beside_the_first(work: Work) -> None:
    first = say(work, "Call me", as_="client", once="a" * 40)
    with clock.at(MONDAY + timedelta(minutes=2)):
        second = say(work, "Call me, but not before six", as_="client", once="a" * 40)
        assert say(work, "Call me", as_="client", once="a" * 40).id == first.id
    assert second.id != first.id
    assert seen_by(work, "user") == {"Call me", "Call me, but not before six"}


def test_many_at_once_send_one(work: Work, app: Flask) -> None:
    start, failed = Barrier(6), []

    def click() -> None:
        with app.app_context():
            start.wait()
            try:
                say(work, "from one form", as_="client", once="c" * 24)
            except Exception as error:
                failed.append(error)

    clicks = [Thread(target=click) for _ in range(6)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()
    session.rollback()
    assert failed == []
    assert session.query(Message).count() == 1


def test_what_is_written_stays_and_corrections_stand_beside_it(work: Work) -> None:
    first = say(work, "On Tuesday", as_="client")
    with pytest.raises(NotAllowed):
        say(work, "On Friday", corrects=session.get_one(Message, first.id))
    with pytest.raises(NotAllowed):
        say(work, "On Friday", as_="client", kind=PRIVILEGED, corrects=session.get_one(Message, first.id))
    second = say(work, "On Wednesday", as_="client", corrects=session.get_one(Message, first.id))
    thread = queries_messages.thread_of_client(work.case.client)
    assert thread.corrected == {first.id: second.id}
    assert {m.text for m in thread.messages} == {"On Tuesday", "On Wednesday"}


def test_a_message_is_an_attempt_at_most_and_a_clients_nothing(work: Work) -> None:
    with transaction():
        work.case.heard_at = None
    say(work)
    say(work, as_="client")
    say(work, as_="staff")
    assert [(a.by_id, a.reached) for a in session.query(ContactAttempt)] == [(work.user_id, False)]
    assert work.case.heard_at is None
    assert work.lead.first_contact_at is None


def test_an_unanswered_message_becomes_a_task_after_three_business_days(work: Work) -> None:
    say(work, as_="client")
    with clock.at(MONDAY + timedelta(days=2)):
        assert not message_jobs.note_unanswered_one()
    with clock.at(MONDAY + timedelta(days=4)):
        assert message_jobs.note_unanswered_one()
        assert not message_jobs.note_unanswered_one()
        assert work.tasks() == {"message_unanswered": None}
        say(work, "Here I am", as_="staff")
    assert work.tasks() == {"message_unanswered": "done"}


@pytest.mark.parametrize("how", ["answered", "reached", "ended"])
def test_an_answer_a_talk_or_the_end_leaves_no_task(work: Work, how: str) -> None:
    say(work, as_="client")
    with clock.at(MONDAY + timedelta(days=1)), transaction():
        if how == "answered":
            operations_messages.write_message(work.case, "Yes", actor=work.user, visibility=PRIVILEGED)
        elif how == "reached":
            operations.record_contact(work.case, "call", reached=True, actor=work.user)
        else:
            work.case.status = CaseStatus.WITHDRAWN
    with clock.at(MONDAY + timedelta(days=5)):
        while message_jobs.note_unanswered_one():
            pass
    assert work.tasks() == {}


@pytest.mark.parametrize("without", ["lawyer", "going on", "being there"])
def test_where_no_lawyer_answers_staff_are_asked_at_once(app: Flask, without: str) -> None:
    work = begin(CaseStatus.AVAILABLE) if without == "lawyer" else begin()
    with transaction():
        if without == "lawyer":
            work.lead.ended_at = clock.now()
        elif without == "going on":
            work.case.paused_at = clock.now()
        else:
            away = {"from_on": TODAY, "until_on": TODAY, "announced_by_id": work.user_id}
            session.add(Leave(volunteer=work.lead.volunteer, **away))
    say(work, as_="client")
    assert work.tasks() == {"message_unanswered": None}


@pytest.mark.parametrize("status", [CaseStatus.PRESCREEN, CaseStatus.CLOSED, CaseStatus.WITHDRAWN])
def test_a_case_that_takes_none_says_so(app: Flask, status: CaseStatus) -> None:
    with transaction():
        case = factories.case(factories.programme(), status)
    with pytest.raises(Refusal, match="CannotKeep"), transaction():
        operations_messages.write_as_client(session.merge(case).client, "Help", visibility=SHARED)
    assert session.query(Message).count() == 0


def told(work: Work, kind: str = message_mails.TO_CLIENT) -> list[Mail]:
    session.rollback()
    return list(session.query(Mail).filter_by(kind=kind).order_by(Mail.id))


def test_one_mail_a_day_says_only_that_there_is_one(work: Work) -> None:
    say(work, "The hearing is on Friday", kind=PRIVILEGED)
    say(work, "Bring the lease", kind=PRIVILEGED)
    with clock.at(MONDAY + timedelta(days=1)):
        say(work, "Call me", as_="staff")
    mails = told(work)
    assert len(mails) == 2
    for mail in mails:
        for fact in ("hearing", "lease", "Castro", "Orchard", work.case.number, "lawyer", "Eviction"):
            assert fact not in mail.subject + mail.text
    assert reason_to_drop(mails[0]) is None
    with transaction():
        operations_messages.mark_read_by_client(work.case.client, 10_000)
    assert reason_to_drop(told(work)[0]) == "read"


def test_a_message_at_night_is_told_in_the_morning(work: Work) -> None:
    with clock.at(MONDAY + timedelta(hours=12)):  # ten at night
        say(work)
        assert told(work)[0].due_at > clock.now() + timedelta(hours=8)


def test_without_a_safe_address_somebody_calls(work: Work) -> None:
    say(work)
    with transaction():
        work.case.client.channels[0].safe = False
    mail = told(work)[0]
    assert reason_to_drop(mail) == "unsafe"
    with transaction():
        delivery.tell_about(session.merge(mail), "unsafe")
    call = session.query(Task).filter_by(cause="call_client").one()
    assert "There is a message for you" in (call.script or "")
    say(work, "again")
    assert len(told(work)) == 1


def test_the_volunteer_hears_of_it_as_long_as_they_are_on_the_case(work: Work) -> None:
    say(work, "To you", as_="client", kind=PRIVILEGED)
    (mail,) = told(work, message_mails.TO_VOLUNTEER)
    assert reason_to_drop(mail) is None
    with transaction():
        work.lead.ended_at = clock.now()
    assert reason_to_drop(told(work, message_mails.TO_VOLUNTEER)[0]) == "gone"


def test_reading_is_marked_for_each_and_told_to_the_writer(work: Work) -> None:
    said = say(work, as_="client").id
    assert (queries_messages.unread_by(work.user, work.case), queries_messages.unread_by(work.staff, work.case)) == (
        1,
        1,
    )
    with transaction():
        operations_messages.mark_read(work.case, said + 50, actor=work.user)
        operations_messages.mark_read(work.case, said - 1, actor=work.user)
    session.rollback()
    assert (queries_messages.unread_by(work.user, work.case), queries_messages.unread_by(work.staff, work.case)) == (
        0,
        1,
    )
    assert session.get_one(Message, said).read_at == MONDAY
    say(work, "next", as_="client")
    assert queries_messages.unread_by(work.user, work.case) == 1


def test_messages_lie_sealed(work: Work) -> None:
    say(work, "canary in the cage", as_="client")
    stored = session.execute(text("SELECT text FROM messages")).scalar_one()
    assert "canary" not in str(stored)


@pytest.mark.parametrize(("whom", "language"), [("client", "en"), ("client", "es"), ("volunteer", "en")])
def test_a_mail_says_what_is_stored(work: Work, language: str, whom: str) -> None:
    with transaction():
        work.case.language, work.case.number, work.case.public_id = language, "26-00012", "case0000000000id"
        work.case.programme.name, work.lead.volunteer.given_name = "Lakeshore Legal Aid", "Noor"
    say(work, as_="user" if whom == "client" else "client")
    same_as_stored(f"casework.{whom}_told.{language}", told(work, f"message.{whom}")[0])


def test_every_mail_is_tried() -> None:
    stored = {path.name for path in (CASEWORK / "templates/casework/message_mails").iterdir()}
    assert stored == {"client_told.en.txt", "client_told.es.txt", "volunteer_told.en.txt"}


def test_every_sentence_of_a_clients_page_is_in_spanish() -> None:
    with (CASEWORK / "translations/es/LC_MESSAGES/messages.po").open("rb") as file:
        known = {m.id if isinstance(m.id, str) else m.id[0] for m in read_po(file) if m.id and m.string}
    needed = set()
    for name in ("client_messages.html", "message_parts.html", "client_steps.html"):
        needed |= _words(CASEWORK / "templates/casework" / name, "jinja2.ext:babel_extract")
    needed |= _words(CASEWORK / "views/client_messages.py", "python")
    needed |= {str(words) for words in FROM_CLIENT.values()}
    needed |= {str(words) for words in (operations_messages.NOT_YET, operations_messages.OVER)}
    assert len(needed) >= 30
    assert needed - known == set()


def _words(path: Path, how: str) -> set[str]:
    with path.open("rb") as source:
        found = extract(how, source, keywords={"_": None, "_l": None, "ngettext": (1, 2)})
        return {message if isinstance(message, str) else message[0] for _line, message, _c, _x in found}


@pytest.fixture
def portal(work: Work, client: FlaskClient) -> FlaskClient:
    """The client's page, opened by link and PIN."""
    with transaction():
        work.case.client.pin_hash = pins.hashed("123456")
    say(work, LOUD)
    path = re.search(r"https?://[^/]+(/my-request/\S+)", told(work)[0].text)
    assert path
    assert client.get("/my-request/messages").status_code == 410
    assert "second line" not in client.get(path[1]).text
    assert client.post(path[1], data={"pin": "123456"}).status_code == 303
    return client


def test_a_client_reads_and_answers_on_a_phone(work: Work, portal: FlaskClient) -> None:
    page = portal.get("/my-request/messages")
    assert "&lt;script&gt;alert(1)" in page.text
    assert "{{ 7*7 }}" in page.text
    assert 'dir="auto"' in page.text
    assert portal.post("/my-request/messages", data={"text": " ", "visibility": "programme"}).status_code == 422
    assert portal.post("/my-request/messages", data={"text": "x", "visibility": "staff"}).status_code == 422
    assert portal.post("/my-request/messages/read", data={"newest": "9" * 30}).status_code == 303
    assert queries_messages.unread_by_client(work.case.client) == 1
    newest = re.search(r'name="newest" type="hidden" value="(\d+)"', page.text) or re.search(
        r'name="newest"[^>]*value="(\d+)"', page.text
    )
    assert newest
    form = {"text": "Gracias", "visibility": "lawyer_and_client", "newest": newest[1], "once": "d" * 24}
    assert portal.post("/my-request/messages", data=form).status_code == 303
    assert seen_by(work, "user") >= {"Gracias"}
    assert queries_messages.unread_by_client(work.case.client) == 0
    with transaction():
        work.case.status = CaseStatus.CLOSED
    late = portal.post("/my-request/messages", data={**form, "text": "One more thing", "once": "e" * 24})
    assert late.status_code == 422
    assert "One more thing" in late.text
    assert "was not sent" in late.text
    with clock.at(MONDAY + timedelta(minutes=11)):
        gone = portal.post("/my-request/messages", data={**form, "text": "typed for a long while", "once": "f" * 24})
    assert gone.status_code == 410
    assert "typed for a long while" in gone.text


def test_pages_open_to_whoever_is_on_the_case(work: Work, app: Flask, client: FlaskClient) -> None:
    say(work, LOUD, as_="client")
    doors: list[tuple[Any, str, Callable[[], str]]] = [
        (work.user, "/my/cases", lambda: work.path), (work.staff, "/cases", lambda: f"/cases/{work.case.public_id}"),
    ]  # fmt: skip
    for who, _start, path in doors:
        browser = app.test_client()
        factories.sign_in(browser, who)
        assert " new)" in browser.get(path()).text
        page = browser.get(f"{path()}/messages")
        assert "&lt;script&gt;" in page.text
        newest = session.query(Message).order_by(Message.id.desc()).first()
        assert newest is not None
        read = browser.post(f"{path()}/messages/read", data={"newest": newest.id})
        assert read.status_code == 303
        assert " new)" not in browser.get(path()).text
        form = {"text": "An answer", "visibility": "programme", "newest": newest.id, "once": f"{who.id:024}"}
        assert browser.post(f"{path()}/messages", data=form).status_code == 303
    with transaction():
        work.lead.ended_at = clock.now()
    browser = app.test_client()
    factories.sign_in(browser, work.user)
    assert browser.get(f"{work.path}/messages").status_code == 404
    assert browser.post(f"{work.path}/messages", data={"text": "x", "visibility": "programme"}).status_code == 404
