"""Telling clients: only by safe ways, in their language, and nothing a housemate should not read."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.clients import mails, operations_status
from app.clients.mails import OCCASIONS, safe_email, tell_client
from app.clients.models import Case, ChannelKind
from app.core import clock, delivery, outbox
from app.core.db import session, transaction
from app.core.mail import Mail, reason_to_drop
from app.tasks.models import Task
from app.tasks.operations import finish_task
from tests import factories

NOW = datetime(2026, 11, 18, 16, 4, tzinfo=UTC)
SAID = Path(__file__).parent / "mails"
BY = date(2026, 11, 24)
LAWYER = re.compile(r"lawyer|attorney|abogad|legal", re.IGNORECASE)


@pytest.fixture(autouse=True)
def _now(app: Flask, spanish: None):
    with clock.at(NOW):
        yield


@pytest.fixture
def case(app: Flask) -> Case:
    with transaction():
        return factories.case(factories.programme(name="Lakeshore Help", sender_name="Lakeshore office"))


def tell(case: Case, occasion: str, **facts) -> None:
    with transaction():
        tell_client(session.get_one(Case, case.id), occasion, **facts)


def change(case: Case, *, language: str = "en", watched: bool = False, email_safe: bool | None = True) -> None:
    with transaction():
        row = session.get_one(Case, case.id)
        row.language, row.client.watched_device = language, watched
        row.client.channels[0].safe = email_safe


def mails_queued() -> list[Mail]:
    return list(session.scalars(select(Mail).order_by(Mail.id)))


def calls() -> list[Task]:
    return list(session.scalars(select(Task).where(Task.cause == "call_client").order_by(Task.id)))


def plain(text: str) -> str:
    return re.sub(r"/my-request/\S+", "/my-request/LINK", re.sub(r"/help/resume/\S+", "/help/resume/LINK", text))


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("occasion", OCCASIONS)
def test_each_mail_says_what_is_stored(case: Case, occasion: str, watched: bool, language: str):
    change(case, language=language, watched=watched)
    tell(case, occasion, by=BY, other_help="Call the county help line at 608-555-0177.", at="10:30")
    mail = mails_queued()[0]
    said = plain(f"Subject: {mail.subject}\n\n{mail.text}")
    stored = SAID / f"{occasion}{'.watched' if watched else ''}.{language}.txt"
    assert said == stored.read_text(encoding="utf-8")
    assert mail.kind == f"client.{occasion}"
    assert max(len(line) for line in said.splitlines() if "http" not in line) <= 70
    assert said.count("http") == 1
    assert "\n\n\n" not in said
    for fact in ("Cottonwood", "Maribel", "ourt", "juez", "tribunal", "viction", "landlord"):
        assert fact not in said
    if watched:
        assert not LAWYER.search(said)


def test_the_first_safe_address_is_chosen_and_a_stopped_one_is_not(case: Case):
    assert safe_email(case.client) == case.client.channels[0].value
    change(case, email_safe=None)
    assert safe_email(case.client) is None
    change(case, email_safe=True)
    with transaction():
        case.client.channels[0].stopped_at = clock.now()
    assert safe_email(case.client) is None


def test_unsafe_or_unanswered_means_somebody_calls(case: Case):
    change(case, email_safe=None)
    tell(case, "found")
    assert mails_queued() == []
    task = calls()[0]
    assert "We found a lawyer for you." in task.script
    assert task.owner_id == case.custody.user_id
    assert "Maribel" not in task.title


def test_a_language_we_do_not_write_means_a_call_never_english_alone(case: Case):
    change(case, language="so")
    tell(case, "accepted")
    assert mails_queued() == []
    assert len(calls()) == 1


def test_pending_calls_for_one_client_are_one_call_with_all_the_words(case: Case):
    change(case, email_safe=False)
    tell(case, "accepted")
    tell(case, "looking")
    tell(case, "looking")
    task = calls()[0]
    assert len(calls()) == 1
    assert task.script.count("We are looking for a lawyer for you now.") == 1
    assert "We read your request" in task.script
    with transaction():
        finish_task(session.get_one(Task, task.id), actor=None)
    tell(case, "found")
    assert len(calls()) == 2


def test_the_words_are_there_in_the_clients_language_too(case: Case):
    change(case, email_safe=False, language="es")
    tell(case, "looking")
    assert "Ahora buscamos un abogado o una abogada para usted." in calls()[0].script


def test_a_no_to_a_watched_mailbox_is_neutral_and_somebody_calls_with_the_rest(case: Case):
    change(case, watched=True)
    tell(case, "rejected", other_help="Call the county help line.")
    assert "help line" not in mails_queued()[0].text
    assert "Call the county help line." in calls()[0].script


@pytest.mark.parametrize("occasion", ["rejected", "not_placed"])
def test_other_help_whose_name_tells_the_matter_is_said_by_voice_alone(case: Case, occasion: str):
    tell(case, occasion, other_help="Tenant help desk at the courthouse, 608-555-0143.")
    (mail,) = mails_queued()
    assert [word for word in ("tenant", "court", "0143") if word in mail.text.casefold()] == []
    assert "Tenant help desk at the courthouse" in calls()[0].script


def test_what_is_missing_is_said_on_the_phone_and_not_in_the_mail(case: Case):
    tell(case, "missing", items=["court_papers"])
    change(case, email_safe=False)
    tell(case, "missing", items=["court_papers"])
    assert "papers" not in mails_queued()[0].text
    assert "the court papers" in calls()[0].script


def test_telling_twice_is_one_mail(case: Case):
    tell(case, "accepted")
    tell(case, "accepted")
    assert len(mails_queued()) == 1


def test_a_mail_is_dropped_where_the_address_is_no_longer_safe(case: Case):
    tell(case, "accepted")
    assert reason_to_drop(mails_queued()[0]) is None
    change(case, email_safe=False)
    assert reason_to_drop(mails_queued()[0]) == "unsafe"
    assert all(reason_to_drop.__globals__["_checks"].get(f"client.{each}") for each in OCCASIONS)


def test_clients_are_not_told_of_unknown_things(case: Case):
    with pytest.raises(ValueError, match="party"), transaction():
        tell_client(session.get_one(Case, case.id), "party")


def test_stopping_mails_stops_them_and_somebody_asks_by_voice(case: Case):
    with transaction():
        client = session.get_one(Case, case.id).client
        operations_status.stop_mails(client, actor=None)
        operations_status.stop_mails(client, actor=None)
    channel = case.client.channels[0]
    assert (channel.kind, channel.stop_reason) == (ChannelKind.EMAIL, "client_asked")
    assert len(calls()) == 1
    tell(case, "found")
    assert mails_queued() == []


def test_every_occasion_has_its_texts():
    folder = Path(mails.__file__).parent / "templates" / "clients" / "mails"
    for occasion in (*OCCASIONS, "new_link", "draft_stopped"):
        for language in ("en", "es"):
            assert (folder / f"{occasion}.{language}.txt").read_text().startswith("Subject: ")


def deliver_with_a_server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        app.extensions, "settings", app.extensions["settings"].model_copy(update={"mail_server": "127.0.0.1"})
    )
    with clock.at(NOW + timedelta(hours=2)):
        assert delivery.deliver_one()


def test_a_mail_whose_address_became_unsafe_is_said_by_voice(
    app: Flask, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(case, "found")
    change(case, email_safe=False)
    deliver_with_a_server(app, monkeypatch)
    (mail,) = mails_queued()
    assert (mail.status, mail.drop_reason) == ("dropped", "unsafe")
    (task,) = calls()
    assert "We found a lawyer for you." in task.script
    assert session.scalars(select(Task).where(Task.cause == "mail_trouble")).all() == []


def test_an_address_that_staff_call_wrong_in_the_outbox_is_used_no_more_and_somebody_calls(case: Case) -> None:
    tell(case, "found")
    with transaction():
        (mail,) = mails_queued()
        outbox.drop(mail, outbox.WRONG_ADDRESS, actor=factories.coordinator(case.programme))
    (task,) = calls()
    assert "We found a lawyer for you." in task.script
    assert safe_email(case.client) is None
    tell(case, "closing")
    assert len(mails_queued()) == 1


def test_what_is_said_by_voice_instead_keeps_the_hour_and_the_other_help(
    app: Flask, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    for occasion, facts in (("appointment", {"by": BY, "at": "2:30 pm"}), ("not_placed", {"other_help": "Call 555."})):
        change(case)
        tell(case, occasion, **facts)
        change(case, email_safe=False)
        deliver_with_a_server(app, monkeypatch)
    (task,) = calls()
    said = task.script or ""
    assert "We arranged a time for you: Tue, Nov 24 at 2:30 pm." in said
    assert "Call 555." in said
    assert ("://" in said, "We arranged a time for you: ." in said) == (False, False)


def test_a_link_that_nobody_may_read_asks_nobody_to_call(
    app: Flask, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        mails.portal_link_asked(case.client)
    change(case, email_safe=None)
    deliver_with_a_server(app, monkeypatch)
    assert [each.status for each in mails_queued()] == ["dropped"]
    assert calls() == []
