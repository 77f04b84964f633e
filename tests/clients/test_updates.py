"""Clients hear the newest only, an hour on, after a person who reached them, and again while they wait."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.casework.models import ContactAttempt
from app.clients import choices, updates, updates_jobs
from app.clients.mails import tell_client
from app.clients.models import Case, CaseStatus, ClientUpdate
from app.clients.operations_appointments import DayIsOver, tell_appointment
from app.core import clock, delivery, mail, signed
from app.core.db import session, transaction
from app.core.mail import Mail
from app.tasks.models import Task
from tests import factories

MONDAY = datetime(2026, 3, 2, 16, tzinfo=UTC)  # 10 am in Chicago
TUESDAY_AT_NINE = datetime(2026, 3, 3, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now(app: Flask, spanish: None) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


@pytest.fixture
def case(app: Flask) -> Case:
    with transaction():
        programme = factories.programme()
        return factories.case(programme, CaseStatus.AVAILABLE, owner=factories.coordinator(programme))


def tell(case: Case, occasion: str, **facts: object) -> None:
    with transaction():
        tell_client(session.get_one(Case, case.id), occasion, **facts)


def mails() -> list[tuple[str, str, str | None]]:
    session.rollback()
    return [(each.kind, each.status.value, each.drop_reason) for each in session.query(Mail).order_by(Mail.id)]


def reached(case: Case, at: datetime) -> None:
    with transaction():
        by = session.get_one(Case, case.id).custody.user_id
        session.add(ContactAttempt(case_id=case.id, by_id=by, channel="call", reached=True, at=at))


def look_again(case: Case, after: timedelta) -> str | datetime | None:
    """What the last look says of the newest mail so much later: a reason to drop it, a moment to wait for, or go."""
    with clock.at(MONDAY + after):
        newest = session.query(Mail).order_by(Mail.id.desc()).first()
        assert newest is not None
        return mail.reason_to_drop(newest) or mail.not_before(newest)


def test_an_update_is_due_after_an_hour_and_a_newer_one_replaces_it(case: Case) -> None:
    tell(case, "accepted")
    assert session.query(Mail).one().due_at == MONDAY + timedelta(hours=1)
    tell(case, "looking")
    tell(case, "looking")
    assert mails() == [("client.accepted", "dropped", "merged"), ("client.looking", "queued", None)]
    assert session.query(ClientUpdate).filter(ClientUpdate.replaced_at.is_(None)).one().occasion == "looking"


def test_what_was_sent_stays_sent(case: Case) -> None:
    tell(case, "accepted")
    with transaction():
        session.query(Mail).one().status = mail.MailStatus.SENT
    tell(case, "looking")
    assert [status for _kind, status, _why in mails()] == ["sent", "queued"]


def test_no_update_leaves_at_night_or_on_the_day_of_a_hearing_but_a_receipt_does(case: Case) -> None:
    friday_evening = datetime(2026, 3, 6, 23, 30, tzinfo=UTC)
    with clock.at(friday_evening):
        tell(case, "received")
        assert session.query(Mail).one().due_at == friday_evening + timedelta(hours=1)
        tell(case, "accepted")
    newest = session.query(Mail).order_by(Mail.id.desc()).first()
    assert newest.due_at == datetime(2026, 3, 9, 14, tzinfo=UTC)  # Monday, as the office opens, on summer time by then


def test_whoever_reached_the_client_goes_first_for_a_day(case: Case) -> None:
    reached(case, MONDAY - timedelta(hours=3))
    tell(case, "accepted")
    assert session.query(Mail).one().due_at == TUESDAY_AT_NINE
    tell(case, "found")
    assert look_again(case, timedelta(hours=23)) is None
    reached(case, MONDAY + timedelta(hours=20))
    assert look_again(case, timedelta(hours=23)) == TUESDAY_AT_NINE + timedelta(days=1)
    reached(case, MONDAY + timedelta(days=2, hours=20))
    assert look_again(case, timedelta(days=2, hours=23)) == MONDAY + timedelta(days=3), "never longer than that"
    assert look_again(case, timedelta(days=4)) is None


def test_a_mail_that_waits_for_a_person_is_put_off_by_the_worker(
    app: Flask, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(case, "found")
    reached(case, MONDAY + timedelta(minutes=30))
    monkeypatch.setitem(
        app.extensions, "settings", app.extensions["settings"].model_copy(update={"mail_server": "127.0.0.1"})
    )
    with clock.at(MONDAY + timedelta(hours=2)):
        assert delivery.deliver_one()
    session.rollback()
    row = session.query(Mail).one()
    assert (row.status, row.due_at) == ("queued", MONDAY + timedelta(hours=24, minutes=30))


def run_daily(days: int) -> list[tuple[int, str]]:
    """What clients were told on which day, looking twice a day."""
    told: list[tuple[int, str]] = []
    for day in range(days):
        for hour in (0, 3):
            with clock.at(MONDAY + timedelta(days=day, hours=hour)):
                before = session.query(ClientUpdate).count()
                while updates_jobs.still_looking_all():
                    pass
                session.rollback()
                new = session.query(ClientUpdate).order_by(ClientUpdate.id).offset(before)
                told += [(day, each.occasion) for each in new]
    return told


def test_whoever_waits_hears_every_two_weeks_by_message_whatever_restarts(case: Case) -> None:
    tell(case, "looking")
    assert run_daily(45) == [(14, "still_looking"), (28, "still_looking"), (42, "still_looking")]
    assert sum(kind == "client.still_looking" for kind, *_rest in mails()) == 3


def test_one_whose_address_cannot_be_read_keeps_no_other_waiting(case: Case) -> None:
    tell(case, "looking")
    with transaction():
        broken = session.get_one(Case, case.id)
        later = factories.case(broken.programme, CaseStatus.AVAILABLE, owner=broken.custody.user)
        session.execute(text("UPDATE channels SET value = 'torn' WHERE client_id = :of"), {"of": broken.client.id})
    with clock.at(MONDAY + timedelta(days=16)):
        assert (updates_jobs.still_looking_all(), updates_jobs.still_looking_all()) == (1, 0)
    assert session.query(Mail).filter_by(kind="client.still_looking").one().case_id == later.id


def test_what_a_client_chooses_counts_from_the_message_before(case: Case) -> None:
    def choose(days: int) -> None:
        with transaction():
            client = session.get_one(Case, case.id).client
            updates.keep_choices(client, choices.Choices(still_every=days), actor=None)

    tell(case, "looking")
    choose(0)
    assert run_daily(20) == []
    choose(28)
    assert run_daily(40) == [(28, "still_looking")]


def test_whoever_is_called_hears_every_thirty_days(case: Case) -> None:
    with transaction():
        session.get_one(Case, case.id).client.channels[0].safe = False
    tell(case, "looking")
    assert run_daily(64) == [(30, "still_looking"), (60, "still_looking")]
    assert mails() == []
    assert "We are still looking" in session.query(Task).one().script


def test_nobody_is_told_while_the_case_is_paused_or_no_longer_looked_for(case: Case) -> None:
    tell(case, "looking")
    with transaction():
        session.get_one(Case, case.id).paused_at = MONDAY
    assert run_daily(16) == []
    with transaction():
        row = session.get_one(Case, case.id)
        row.paused_at, row.status = None, CaseStatus.PLACED
    assert run_daily(16) == []


def test_two_who_tell_at_once_leave_one_current_update(app: Flask, case: Case) -> None:
    """Six at once: of their mails one waits, the others are replaced."""
    begin, failed = Barrier(6), []

    def one(occasion: str) -> None:
        with app.app_context(), clock.at(MONDAY):
            begin.wait()
            try:
                tell(case, occasion)
            except Exception as error:
                failed.append(error)

    session.remove()
    occasions = ("accepted", "looking", "found", "closing", "kept", "withdrawn")
    threads = [Thread(target=one, args=(each,)) for each in occasions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    waiting = [status for _kind, status, _why in mails()]
    assert sorted(waiting) == ["dropped"] * 5 + ["queued"]
    assert session.query(ClientUpdate).filter(ClientUpdate.replaced_at.is_(None)).count() == 1


def test_an_appointment_is_told_by_day_and_hour_and_not_in_the_past(case: Case) -> None:
    with transaction():
        row = session.get_one(Case, case.id)
        tell_appointment(row, (MONDAY + timedelta(days=3)).date(), "10:30", actor=row.custody.user)
        with pytest.raises(DayIsOver):
            tell_appointment(row, (MONDAY - timedelta(days=1)).date(), "", actor=row.custody.user)
    assert "Thu, Mar 5 at 10:30" in session.query(Mail).one().text
    with transaction():
        row = session.get_one(Case, case.id)
        row.client.channels[0].safe = False
        tell_appointment(row, (MONDAY + timedelta(days=4)).date(), "9:00", actor=row.custody.user)
    assert "a time for you: Fri, Mar 6 9:00." in session.query(Task).one().script


def test_news_keep_no_appointment_from_being_told_but_another_one_or_an_end_does(case: Case) -> None:
    def arrange(days: int) -> None:
        with transaction():
            row = session.get_one(Case, case.id)
            tell_appointment(row, (MONDAY + timedelta(days=days)).date(), "9:00", actor=row.custody.user)

    arrange(3)
    tell(case, "looking")
    assert [status for _kind, status, _why in mails()] == ["queued", "queued"]
    arrange(4)
    arrange(7)
    tell(case, "withdrawn")
    told = [("client.appointment", "dropped", "merged")] * 2
    assert mails() == [told[0], ("client.looking", "dropped", "merged"), *told, ("client.withdrawn", "queued", None)]


def test_an_appointment_that_no_mail_could_tell_in_time_is_told_by_voice(case: Case) -> None:
    def arrange(days: int) -> None:
        with transaction():
            row = session.get_one(Case, case.id)
            tell_appointment(row, (MONDAY + timedelta(days=days)).date(), "4 pm", actor=row.custody.user)

    arrange(0)  # of the same day
    assert mails() == []
    assert "a time for you: Mon, Mar 2 4 pm." in (session.query(Task).one().script or "")
    arrange(1)
    newest = session.query(Mail).one()
    with transaction():
        first = mail.queue("engagement.checkin", occasion="x", to=newest.to_address, subject="x", text="x",
                           audience="client")  # fmt: skip
    with clock.at(newest.due_at), transaction():
        assert first is not None
        assert mail.not_its_turn_before(session.get_one(Mail, first.id)) is None
        assert mail.not_its_turn_before(session.get_one(Mail, newest.id)) is None, "another mail's day is no reason"
    with clock.at(MONDAY + timedelta(days=1)):
        assert mail.reason_to_drop(newest) == "late"


def test_a_client_chooses_by_a_signed_link_that_shows_nothing_of_the_case(
    app: Flask, client: FlaskClient, case: Case
) -> None:
    tell(case, "looking")
    foot = choices.foot(session.query(Mail).one())
    assert foot is not None
    path = foot.split("8000")[-1].strip()
    for _ in range(3):
        page = client.get(path)
        assert page.status_code == 200
    for fact in (case.number, "Castro", "Cottonwood", "Eviction", "lawyer", "Legal"):
        assert fact not in page.get_data(as_text=True)
    assert client.post(path, data={"still_every": "3"}).status_code == 422
    said = {"still_every": "28", "questions": "call", "survey": "y"}
    assert client.post(path, data=said).status_code == 303
    session.rollback()
    row = session.get_one(Case, case.id).client
    assert choices.choices_of(row) == choices.Choices(28, progress=False, questions_by_mail=False, survey=True)
    assert client.get(path[:-3] + "xyz").status_code == 410
    stolen = signed.sign("volunteer-mails", case.public_id)
    assert client.get(f"/my-mails/{stolen}").status_code == 410
    tell(case, "closing")
    tell(case, "not_placed", other_help="Call the county line.")
    assert [kind for kind, *_rest in mails()] == ["client.looking", "client.not_placed"]


def test_no_more_mails_means_a_call_and_then_only_calls(app: Flask, client: FlaskClient, case: Case) -> None:
    token = signed.sign(choices.PURPOSE, case.public_id)
    assert client.post(f"/my-mails/{token}/none").status_code == 303
    assert "We write no mails to you" in client.get(f"/my-mails/{token}").get_data(as_text=True)
    tell(case, "found")
    assert mails() == []
    assert "How may we reach you instead" in session.query(Task).one().script
