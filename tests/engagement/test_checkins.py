"""Both sides are asked in time, opening a link changes nothing, and silence reaches a person."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import calendars
from app.casework.models import TimeEntry
from app.clients.models import Case, CaseStatus, Channel
from app.core import clock, delivery, mail
from app.core.db import session, transaction
from app.core.mail import Mail
from app.engagement import jobs, operations, queries
from app.engagement.models import Audience, Checkin
from app.engagement.models_escalations import Escalation
from app.matching.models import Assignment
from app.tasks.models import Task
from tests import factories

MONDAY = datetime(2026, 3, 2, 16, tzinfo=UTC)  # 10 am in Chicago


def placed(status: CaseStatus = CaseStatus.PLACED, **changes: object) -> Case:
    with transaction():
        case = factories.case(factories.programme(), status, lead=factories.volunteer(), **changes)
        case.assignments[0].first_contact_due_on = calendars.today(case.programme) + timedelta(days=7)
    return case


def run_the_clock() -> None:
    jobs.plan_due()
    while jobs.send_one():
        pass


def on_day(days: int) -> datetime:
    return MONDAY + timedelta(days=days)


def mails_to(audience: str) -> list[Mail]:
    session.rollback()
    return session.query(Mail).filter_by(audience=audience).order_by(Mail.id).all()


def test_the_first_check_ins_leave_on_their_days(app: Flask) -> None:
    with clock.at(MONDAY):
        placed()
    sent = {}
    for day in range(12):
        with clock.at(on_day(day)):
            run_the_clock()
            session.rollback()
            sent[day] = session.query(Checkin.series_key).filter(Checkin.sent_at.is_not(None)).all()
    keys = {day: [key for (key,) in found] for day, found in sent.items()}
    assert keys[1] == []
    assert keys[2] == ["starting"]
    assert "contact" in keys[7]
    assert "client_contact" not in keys[7]
    assert "client_contact" in keys[8]


def test_a_case_with_which_something_is_wrong_keeps_no_other_from_being_asked(app: Flask) -> None:
    with clock.at(MONDAY):
        broken, whole = placed(), placed()
    with transaction():
        session.get_one(Case, broken.id).programme.time_zone = "Mars/Base"
    with clock.at(on_day(2)):
        assert jobs.plan_due() == 1
    assert [checkin.case_id for checkin in session.query(Checkin)] == [whole.id]


def test_running_again_or_in_many_processes_sends_nothing_twice(app: Flask) -> None:
    with clock.at(MONDAY):
        placed()
    with clock.at(on_day(2)):
        run_the_clock()
        run_the_clock()
    assert len(mails_to("volunteer")) == 1


def test_after_a_month_of_downtime_each_side_hears_once_from_a_person(app: Flask) -> None:
    with clock.at(MONDAY):
        placed()
    with clock.at(on_day(33)):
        run_the_clock()
        run_the_clock()
    session.rollback()
    assert session.query(Checkin).count() == 2
    assert {t.cause for t in session.query(Task)} <= {"checkin_late"}


def token_in(text: str) -> str:
    found = re.search(r"/checkin/(\S+)", text)
    assert found
    return found[1]


def ask(app: Flask, audience: Audience) -> tuple[Case, str]:
    with clock.at(MONDAY):
        case = placed()
    with clock.at(on_day(7 if audience is Audience.VOLUNTEER else 8)):
        run_the_clock()
    return case, token_in(mails_to(audience)[-1].text)


def test_opening_the_link_changes_nothing(app: Flask, client: FlaskClient) -> None:
    _case, token = ask(app, Audience.CLIENT)
    with clock.at(on_day(8)):
        for _ in range(20):
            assert client.get(f"/checkin/{token}").status_code == 200
            assert client.head(f"/checkin/{token}").status_code == 200
    session.rollback()
    assert session.query(Checkin).filter(Checkin.answered_at.is_not(None)).count() == 0


def test_the_page_shows_the_question_and_nothing_of_the_case(app: Flask, client: FlaskClient) -> None:
    case, token = ask(app, Audience.CLIENT)
    with clock.at(on_day(8)):
        page = client.get(f"/checkin/{token}").get_data(as_text=True)
    session.rollback()
    for fact in (case.number, "Castro", "Cottonwood", "Eviction", "lawyer", "Orchard", case.programme.name):
        assert fact not in page


def test_an_answer_is_kept_and_may_be_changed_for_a_day(app: Flask, client: FlaskClient) -> None:
    _case, token = ask(app, Audience.CLIENT)
    with clock.at(on_day(8)):
        assert client.post(f"/checkin/{token}", data={"contact": "yes", "call_me": "no"}).status_code == 303
        assert client.post(f"/checkin/{token}", data={"contact": "no", "call_me": "no"}).status_code == 303
    with clock.at(on_day(9) + timedelta(hours=1)):
        late = client.post(f"/checkin/{token}", data={"contact": "yes", "call_me": "no"})
        assert late.status_code == 410
        assert "no longer be changed" in late.get_data(as_text=True)
    session.rollback()
    checkin = session.query(Checkin).filter_by(audience=Audience.CLIENT).one()
    assert [a.standing for a in checkin.answers] == ["in_touch", "no_contact"]


def test_whoever_asks_for_a_call_while_we_are_closed_hears_on_which_day_we_see_it(
    app: Flask, client: FlaskClient
) -> None:
    _case, token = ask(app, Audience.CLIENT)
    asks = {"contact": "yes", "call_me": "yes"}
    for moment, says in ((on_day(8), "look at it today"), (on_day(8) + timedelta(hours=7.5), "look at it on Wed")):
        with clock.at(moment):
            page = client.post(f"/checkin/{token}", data=asks, follow_redirects=True).get_data(as_text=True)
        assert says in page, moment


def test_an_answer_is_changed_a_hundred_times_at_most(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    _case, token = ask(app, Audience.CLIENT)
    monkeypatch.setattr(operations, "MOST_CHANGES", 2)
    with clock.at(on_day(8)):
        said = [client.post(f"/checkin/{token}", data={"contact": "yes", "call_me": "no"}) for _ in range(3)]
    assert [each.status_code for each in said] == [303, 303, 410]


def test_an_empty_answer_says_what_is_missing(app: Flask, client: FlaskClient) -> None:
    _case, token = ask(app, Audience.CLIENT)
    with clock.at(on_day(8)):
        answer = client.post(f"/checkin/{token}", data={"contact": "yes"})
    assert answer.status_code == 422
    (missing,) = re.findall(r'<li><a href="#call_me-0">([^<]+)</a>', answer.get_data(as_text=True))
    assert missing.endswith("? Please choose one answer.")


def test_a_tampered_link_says_what_to_do(app: Flask, client: FlaskClient) -> None:
    assert client.get("/checkin/" + "x" * 32).status_code == 410


@pytest.mark.parametrize("cause", ["call_me", "no_contact"])
def test_what_a_client_asks_for_opens_a_task_the_same_minute(app: Flask, client: FlaskClient, cause: str) -> None:
    _case, token = ask(app, Audience.CLIENT)
    said = {"contact": "no" if cause == "no_contact" else "yes", "call_me": "yes" if cause == "call_me" else "no"}
    with clock.at(on_day(8)):
        client.post(f"/checkin/{token}", data=said)
        session.rollback()
        task = session.query(Task).filter_by(cause=cause).one()
        assert task.due_at <= clock.now() + timedelta(hours=24)
        assert "Castro" not in task.title


def test_a_mismatch_is_opened_once_and_told_to_neither(app: Flask, client: FlaskClient) -> None:
    case, for_volunteer = ask(app, Audience.VOLUNTEER)
    with clock.at(on_day(7)):
        client.post(f"/checkin/{for_volunteer}", data={"contact": "yes", "standing": "on_track"})
    with clock.at(on_day(8)):
        run_the_clock()
        token = token_in(mails_to("client")[-1].text)
        before = session.query(Mail).count()
        client.post(f"/checkin/{token}", data={"contact": "no", "call_me": "no"})
        client.post(f"/checkin/{token}", data={"contact": "no", "call_me": "yes"})
    session.rollback()
    assert session.query(Escalation).filter_by(cause="mismatch").count() == 1
    assert session.query(Task).filter_by(cause="mismatch").count() == 1
    assert session.query(Mail).count() == before
    assert session.get(Case, case.id).status is CaseStatus.IN_SERVICE


def test_hours_told_in_a_check_in_are_kept_once(app: Flask, client: FlaskClient) -> None:
    with clock.at(MONDAY):
        placed(CaseStatus.IN_SERVICE)
    with clock.at(on_day(30)):
        run_the_clock()
        with transaction():
            checkin = session.query(Checkin).filter_by(audience=Audience.VOLUNTEER).order_by(Checkin.id.desc()).first()
            operations.answer(checkin, {"standing": "on_track", "hours": 150})
            operations.answer(checkin, {"standing": "on_track", "hours": 200})
    session.rollback()
    assert [e.hundredths for e in session.query(TimeEntry).filter_by(removed_at=None)] == [200]


def test_silence_is_reminded_twice_and_then_a_person_calls(app: Flask) -> None:
    with clock.at(MONDAY):
        placed()
    seen = []
    for day in range(2, 20):
        with clock.at(on_day(day)):
            run_the_clock()
        session.rollback()
        first = session.query(Checkin).filter_by(series_key="starting").one()
        seen.append((bool(first.reminded_at), bool(first.reminded_again_at), bool(first.handed_over_at)))
    assert seen[0] == (False, False, False)
    assert (True, False, False) in seen
    assert (True, True, False) in seen
    assert seen[-1] == (True, True, True)
    assert session.query(Task).filter_by(cause="checkin_silent").count() >= 1
    occasions = [m.occasion for m in session.query(Mail)]
    assert len(occasions) == len(set(occasions))


def test_work_by_the_volunteer_ends_the_ladder(app: Flask) -> None:
    with clock.at(MONDAY):
        case = placed()
    with clock.at(on_day(2)):
        run_the_clock()
        with transaction():
            account = session.get(Case, case.id).assignments[0].volunteer.user
            operations.casework.add_time(
                session.get(Case, case.id), on_day=clock.now().date(), hundredths=50, actor=account
            )
    with clock.at(on_day(8)):
        run_the_clock()
    session.rollback()
    assert session.query(Checkin).filter_by(series_key="starting").one().close_reason == "heard_otherwise"


def test_an_unsafe_channel_means_a_call_and_no_mail(app: Flask) -> None:
    with clock.at(MONDAY):
        placed()
        with transaction():
            session.query(Channel).update({"safe": None})
    with clock.at(on_day(8)):
        run_the_clock()
    assert mails_to("client") == []
    assert session.query(Task).filter_by(cause="checkin_call").count() == 1


def test_an_address_that_became_unsafe_after_queueing_means_a_call(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(app, Audience.CLIENT)
    asked = len(mails_to("client"))
    with transaction():
        session.query(Channel).update({"safe": False})
    with_server = app.extensions["settings"].model_copy(update={"mail_server": "127.0.0.1"})
    monkeypatch.setitem(app.extensions, "settings", with_server)
    with clock.at(on_day(8)), transaction():
        session.query(Mail).filter(Mail.audience != "client").update({"status": "sent"})
    with clock.at(on_day(8)):
        assert delivery.deliver_one()
    assert {each.status for each in mails_to("client")} == {"dropped"}
    assert session.query(Task).filter_by(cause="checkin_call").count() == asked == 1


def test_an_answered_check_in_drops_its_waiting_mail(app: Flask) -> None:
    ask(app, Audience.CLIENT)
    with clock.at(on_day(8)):
        with transaction():
            checkin = session.query(Checkin).filter_by(audience=Audience.CLIENT).one()
            operations.answer(checkin, {"contact": "yes", "call_me": "no"}, how="phone")
        assert mail.reason_to_drop(mails_to("client")[-1]) == "answered"


def test_a_paused_case_is_not_asked(app: Flask) -> None:
    with clock.at(MONDAY):
        case = placed()
        with transaction():
            session.get(Case, case.id).paused_at = clock.now()
    with clock.at(on_day(8)):
        run_the_clock()
    assert session.query(Checkin).count() == 0
    assert queries.next_checkin(session.get(Case, case.id)) is None


def test_there_is_a_next_check_in_while_the_case_is_worked_on(app: Flask) -> None:
    with clock.at(MONDAY):
        case = placed()
        found = queries.next_checkin(session.get(Case, case.id))
    assert found is not None
    assert found.on_day == date(2026, 3, 4)


def test_no_mail_leaves_on_the_day_of_a_hearing(app: Flask) -> None:
    with clock.at(MONDAY):
        case = placed()
        with transaction():
            from app.clients.models import CriticalDate

            session.add(CriticalDate(case=session.get(Case, case.id), kind="hearing", on_day=date(2026, 3, 4)))
    with clock.at(on_day(2)):
        run_the_clock()
    assert mails_to("volunteer") == []
    with clock.at(on_day(3)):
        run_the_clock()
    assert len(mails_to("volunteer")) >= 1


def test_an_ended_assignment_is_asked_no_more(app: Flask) -> None:
    with clock.at(MONDAY):
        placed()
    with clock.at(on_day(2)):
        run_the_clock()
        with transaction():
            session.query(Assignment).one().ended_at = clock.now()
    with clock.at(on_day(12)):
        run_the_clock()
    assert len(mails_to("volunteer")) == 1


def test_staff_enter_an_answer_given_by_phone(app: Flask, client: FlaskClient) -> None:
    case, _token = ask(app, Audience.CLIENT)
    with transaction():
        staff = factories.coordinator(session.get(Case, case.id).programme)
        foreign = factories.coordinator(factories.programme())
        public_id = session.query(Checkin).filter_by(audience=Audience.CLIENT).one().public_id
    with clock.at(on_day(8)):
        stranger = factories.sign_in(app.test_client(), foreign)
        assert stranger.get(f"/checkins/{public_id}/answer").status_code == 404
        factories.sign_in(client, staff)
        assert client.get("/checkins").status_code == 200
        answer = client.post(f"/checkins/{public_id}/answer", data={"contact": "yes", "call_me": "no"})
    assert answer.status_code == 303
    session.rollback()
    assert session.query(Checkin).filter_by(audience=Audience.CLIENT).one().answers[-1].how == "phone"


@pytest.mark.parametrize(
    ("standing", "asks"),
    [("cannot_go_on", True), ("needs_help", True), ("ready_to_close", True), ("postponed", True), ("on_track", False)],
)
def test_what_a_volunteer_says_reaches_a_person(app: Flask, standing: str, asks: bool) -> None:
    with clock.at(MONDAY):
        case = placed(CaseStatus.IN_SERVICE)
        with transaction():
            asked = Checkin(
                case=case,
                assignment=case.assignments[0],
                audience=Audience.VOLUNTEER,
                series_key="date",
                questions="volunteer_after_date",
                due_on=MONDAY.date(),
                due_at=MONDAY,
                sent_at=MONDAY,
            )
            session.add(asked)
            session.flush()
            operations.answer(asked, {"standing": standing})
    session.rollback()
    assert [t.cause for t in session.query(Task)] == ([standing] if asks else [])


def test_a_day_that_cannot_be_read_is_not_lost(app: Flask, client: FlaskClient) -> None:
    _case, token = ask(app, Audience.VOLUNTEER)
    said = {"contact": "yes", "standing": "on_track", "next_date-month": "13", "next_date-day": "1"}
    with clock.at(on_day(7)):
        answer = client.post(f"/checkin/{token}", data=said)
    assert answer.status_code == 422
    assert "could not read the date" in answer.get_data(as_text=True)


def test_the_volunteers_page_says_that_it_is_no_leave_to_withdraw_and_the_clients_does_not(
    app: Flask, client: FlaskClient
) -> None:
    said = "It is no leave to withdraw"
    for audience, days in ((Audience.VOLUNTEER, 7), (Audience.CLIENT, 8)):
        _case, token = ask(app, audience)
        with clock.at(on_day(days)):
            assert (said in client.get(f"/checkin/{token}").get_data(as_text=True)) is (audience is Audience.VOLUNTEER)


def test_whoever_calls_a_client_reads_what_to_say_in_both_languages(app: Flask, client: FlaskClient) -> None:
    with clock.at(MONDAY):
        case = placed(language="es")
        with transaction():
            checkin = factories.add(Checkin(
                case=case, assignment=case.assignments[0], audience=Audience.CLIENT, series_key="x",
                questions="client_regular", due_on=MONDAY.date(), due_at=MONDAY, sent_at=MONDAY, channel="call",
            ))  # fmt: skip
        assert case.custody is not None
        factories.sign_in(client, case.custody.user)
        page = client.get(f"/checkins/{checkin.public_id}/answer").get_data(as_text=True)
    for said in ("can you talk freely?", "¿Es buen momento", "Do you know what happens next?", "¿Sabe qué sigue?",
                 "say only your first name", "Which ways are safe"):  # fmt: skip
        assert said in page
    assert "lawyer" not in page.partition("What to say")[2].partition("</blockquote>")[0]
