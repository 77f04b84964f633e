"""Both sides are asked once a case is closed; few answers stay hidden, complaints reach a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.clients import choices
from app.clients.lifecycle import move_case
from app.clients.models import Case, CaseMove, CaseStatus, Channel, ChannelKind
from app.core import bounces, clock, mail
from app.core.bounces import Kind
from app.core.db import session, transaction
from app.core.mail import Mail, MailStatus
from app.core.mail_foot import headers_of
from app.core.sealed import keyed_hash
from app.engagement import jobs_surveys
from app.engagement import operations_surveys as operations
from app.engagement.models import Audience
from app.engagement.models_escalations import Escalation
from app.engagement.models_surveys import Survey
from app.engagement.surveys import is_excerpt, items, scores
from app.metrics import survey_results
from app.tasks.models import Task
from app.volunteers import mail_choices
from tests import factories

MONDAY = datetime(2026, 3, 2, 16, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def closed(**changes: object) -> Case:
    with transaction():
        programme = changes.pop("of", None) or factories.programme()
        case = factories.case(programme, CaseStatus.CLOSING, owner=factories.coordinator(programme),
                              lead=factories.volunteer(), **changes)  # fmt: skip
        case.assignments[0].ended_at, case.assignments[0].end_reason = clock.now(), "closed"
        move_case(case, CaseStatus.CLOSED, operation="casework.approve_closing", actor=case.custody.user)
        return case


def run_the_clock(after: timedelta = timedelta()) -> None:
    with clock.at(MONDAY + after):
        while jobs_surveys.plan_all() or jobs_surveys.send_one():
            pass
    session.rollback()


def link_to(audience: str) -> str:
    row = session.query(Mail).filter_by(kind="engagement.survey", audience=audience).order_by(Mail.id.desc()).first()
    assert row is not None
    found = re.search(r"(/survey/\S+)", row.text)
    assert found
    return found[1]


NEXT_DAY = timedelta(days=1)


def test_both_sides_are_asked_once_on_the_next_working_day(app: Flask) -> None:
    closed()
    run_the_clock()
    assert session.query(Mail).count() == 0
    run_the_clock(NEXT_DAY)
    run_the_clock(NEXT_DAY)
    assert sorted(row.audience for row in session.query(Mail)) == ["client", "volunteer"]
    assert {row.channel for row in session.query(Survey)} == {"mail"}
    for row in session.query(Mail):
        for fact in ("Castro", "Cottonwood", "Eviction", "landlord"):
            assert fact not in row.subject + row.text


def test_a_client_switches_the_survey_off_in_one_click(app: Flask, client: FlaskClient) -> None:
    case = closed()
    run_the_clock(NEXT_DAY)
    row = session.query(Mail).filter_by(audience="client").one()
    path = urlsplit(headers_of(row)["List-Unsubscribe"].strip("<>")).path
    app.config["WTF_CSRF_ENABLED"] = True
    assert client.get(path).status_code == 303
    assert choices.choices_of(case.client).survey
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    session.rollback()
    assert not choices.choices_of(session.get_one(Case, case.id).client).survey


def test_a_closing_long_past_or_a_case_opened_again_is_not_asked_about(app: Flask) -> None:
    closed()
    run_the_clock(timedelta(days=15))
    assert session.query(Survey).count() == 0
    closed()
    run_the_clock()
    with transaction():
        session.query(Case).update({"status": "in_service"})
    run_the_clock(NEXT_DAY)
    assert session.query(Mail).count() == 0


def test_who_cannot_be_written_to_is_called_and_who_wants_none_is_left_alone(app: Flask) -> None:
    case = closed(language="so")
    with transaction():
        volunteer = session.get_one(Case, case.id).assignments[0].volunteer
        mail_choices.switch_off(volunteer, "survey", actor=None)
    run_the_clock(NEXT_DAY)
    assert session.query(Mail).count() == 0
    task = session.query(Task).one()
    assert (task.cause, "six short questions" in task.script) == ("survey_call", True)


def test_a_survey_that_comes_back_goes_to_another_safe_address_else_it_is_asked_by_phone(app: Flask) -> None:
    case = closed()
    run_the_clock(NEXT_DAY)
    with transaction():
        client = session.get_one(Case, case.id).client
        other = Channel(client=client, kind=ChannelKind.EMAIL, value="again@orchard.test", safe=True, asked_at=MONDAY,
                        value_hash=keyed_hash("again@orchard.test", "address"))  # fmt: skip
        session.add(other)
    asked = session.query(Mail).filter_by(audience="client")
    for calls in (0, 1):
        newest = asked.order_by(Mail.id.desc()).first()
        with clock.at(MONDAY + NEXT_DAY), transaction():
            newest.status, newest.attempts = MailStatus.SENT, 1
            assert bounces.hear(bounces.Report(newest.message_id, Kind.HARD), source="test")
        assert len({each.to_address for each in asked}) == 2
        assert session.query(Task).filter_by(cause="survey_call").count() == calls
    assert asked.count() == 2


def answer(client: FlaskClient, path: str, points: str = "4", **more: str) -> int:
    typed = {item.key: points for item in items("client")} | more
    return client.post(path, data=typed).status_code


def test_an_answer_is_kept_once_may_be_changed_for_a_day_and_the_page_shows_nothing_of_the_matter(
    app: Flask, client: FlaskClient
) -> None:
    case = closed()
    run_the_clock(NEXT_DAY)
    path = link_to("client")
    with clock.at(MONDAY + NEXT_DAY):
        page = client.get(path).get_data(as_text=True)
        for fact in (case.number, "Castro", "Cottonwood", "Eviction", "lawyer", "Legal"):
            assert fact not in page
        assert answer(client, path, "9") == 422
        assert answer(client, path, "na", respect="5") == 303
        assert answer(client, path, "4", comment="They listened.", may_quote="y") == 303
        assert "Change the answer" in client.get(f"{path}/thanks").get_data(as_text=True)
        assert "They listened." in client.get(path).get_data(as_text=True)
    with clock.at(MONDAY + timedelta(days=2, hours=1)):
        assert answer(client, path) == 410
        assert client.get(path).status_code == 410
        assert "They listened." not in client.get(path).get_data(as_text=True)
        assert "Change the answer" not in client.get(f"{path}/thanks").get_data(as_text=True)
    with clock.at(MONDAY + timedelta(days=92)):
        assert client.get(path).status_code == 410
    session.rollback()
    row = session.query(Survey).filter_by(audience=Audience.CLIENT).one()
    assert (row.scores, row.comment, row.how) == (dict.fromkeys(row.scores, 4), "They listened.", "link")
    assert mail.reason_to_drop(session.query(Mail).filter_by(audience="client").one()) == "answered"


def test_fifty_who_answer_at_once_leave_one_answer(app: Flask) -> None:
    closed()
    run_the_clock(NEXT_DAY)
    survey_id = session.query(Survey.id).filter_by(audience=Audience.CLIENT).scalar()
    begin, failed = Barrier(8), []

    def one(points: int) -> None:
        with app.app_context(), clock.at(MONDAY + NEXT_DAY):
            begin.wait()
            try:
                with transaction():
                    operations.answer_survey(session.get_one(Survey, survey_id), {"respect": str(points)}, comment="",
                                             may_quote=False, complains=True)  # fmt: skip
            except Exception as error:
                failed.append(error)

    session.remove()
    threads = [Thread(target=one, args=(n % 5 + 1,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert session.query(Survey).filter(Survey.answered_at.is_not(None)).count() == 1
    assert session.query(Escalation).filter_by(cause="complaint").count() == 1


def test_a_complaint_reaches_a_person_the_same_minute(app: Flask, client: FlaskClient) -> None:
    case = closed()
    with transaction():
        session.get_one(Case, case.id).client.safety_word = "Bluebird"
    run_the_clock(NEXT_DAY)
    with clock.at(MONDAY + NEXT_DAY):
        assert answer(client, link_to("client"), comment="I saw a bluebird.") == 303
        assert session.query(Escalation).one().cause == "safety_word"
        assert answer(client, link_to("client"), comment="Nobody called for weeks.", complains="y") == 303
        assert "speaks with you" in client.get(link_to("client") + "/thanks").get_data(as_text=True)
    session.rollback()
    found = session.query(Escalation).filter_by(cause="complaint").one()
    assert (found.case_id, found.cause, found.note) == (case.id, "complaint", "Nobody called for weeks.")
    assert session.query(Task).filter_by(cause="complaint").count() == 1


def test_staff_enter_what_was_said_on_the_phone_and_strangers_cannot(app: Flask, client: FlaskClient) -> None:
    case = closed(language="so")
    run_the_clock(NEXT_DAY)
    row = session.query(Survey).filter_by(audience=Audience.CLIENT).one()
    with transaction():
        stranger = factories.coordinator(factories.programme())
    with clock.at(MONDAY + NEXT_DAY):
        other = factories.sign_in(app.test_client(), stranger)
        assert other.get(f"/surveys/{row.public_id}/answer").status_code == 404
        factories.sign_in(client, case.custody_of_old) if hasattr(case, "custody_of_old") else None
        staff = factories.sign_in(app.test_client(), _coordinator(case))
        assert case.number in staff.get("/surveys").get_data(as_text=True)
        assert answer(staff, f"/surveys/{row.public_id}/answer") == 303
    session.rollback()
    assert session.query(Survey).filter_by(how="phone").count() == 1
    assert session.query(Task).filter_by(cause="survey_call").one().outcome == "answered"


def test_staff_write_over_no_answer_that_somebody_gave_themselves(app: Flask) -> None:
    case = closed()
    run_the_clock(NEXT_DAY)
    row = session.query(Survey).filter_by(audience=Audience.CLIENT).one()
    with clock.at(MONDAY + NEXT_DAY):
        with transaction():
            given = session.get_one(Survey, row.id)
            operations.answer_survey(given, {"respect": "5"}, comment="Well.", may_quote=False, complains=False)
        staff = factories.sign_in(app.test_client(), _coordinator(case))
        page = staff.get(f"/surveys/{row.public_id}/answer")
        assert page.status_code == 409
        assert "What they wrote stays as it is" in page.get_data(as_text=True)
        assert answer(staff, f"/surveys/{row.public_id}/answer") == 409
    session.rollback()
    kept = session.get_one(Survey, row.id)
    assert (kept.comment, kept.how, kept.scores) == ("Well.", "link", {"respect": 5})


def _coordinator(case: Case) -> object:
    with transaction():
        return factories.coordinator(session.get_one(Case, case.id).programme)


def answered(of: object, count: int, points: int, at: datetime = MONDAY) -> None:
    for _ in range(count):
        case = closed(of=of)
        with transaction():
            move = session.query(CaseMove).filter_by(case_id=case.id, to_status="closed").one()
            session.add(Survey(case_id=case.id, move_id=move.id, audience=Audience.CLIENT, due_at=at, sent_at=at,
                               channel="mail", ends_at=at + timedelta(days=90), answered_at=at, how="link",
                               scores={"respect": points}))  # fmt: skip


def test_few_answers_are_not_shown_nor_to_be_worked_out(app: Flask, client: FlaskClient) -> None:
    with transaction():
        programme = factories.programme()
        staff = factories.coordinator(programme)
    answered(programme, 4, 5)
    found = survey_results.results(programme, Audience.CLIENT)
    assert (found.answers, found.lines, found.quarters) == (None, (), ())
    answered(programme, 1, 3, MONDAY - timedelta(days=100))
    answered(programme, 6, 2, MONDAY - timedelta(days=200))
    found = survey_results.results(programme, Audience.CLIENT)
    assert found.answers == 11
    assert found.lines[0].mean == pytest.approx(3.2)
    assert (found.lines[0].good, found.lines[0].without) == (36, 0)
    assert [count for _name, count, _mean in found.quarters] == [None] * 3, "of five in two, one has four at most"
    answered(programme, 5, 3, MONDAY - timedelta(days=100))
    found = survey_results.results(programme, Audience.CLIENT)
    assert sorted(str(count) for _name, count, _mean in found.quarters) == ["6", "None", "None"]
    factories.sign_in(client, staff)
    page = client.get("/surveys").get_data(as_text=True)
    assert "16 answers" in page
    assert "not shown" in page


def test_words_are_quoted_with_consent_after_a_person_released_them_and_never_reworded(
    app: Flask, client: FlaskClient
) -> None:
    case = closed()
    run_the_clock(NEXT_DAY)
    with clock.at(MONDAY + NEXT_DAY):
        answer(client, link_to("client"), comment="Ana helped me keep calm. Thank you all.", may_quote="y")
        answer(client, link_to("volunteer"), comment="All good.")
        staff = factories.sign_in(app.test_client(), _coordinator(case))
        rows = {row.audience: row.public_id for row in session.query(Survey)}
        assert "Ana helped" in staff.get("/surveys/words").get_data(as_text=True)
        quote = f"/surveys/{rows['client']}/quote"
        assert staff.post(quote, data={"quote": "They saved me."}).status_code == 422
        assert staff.post(quote, data={"quote": "… helped me keep calm. Thank you all."}).status_code == 303
        assert "helped me keep calm" in staff.get("/surveys").get_data(as_text=True)
        assert staff.post(f"/surveys/{rows['volunteer']}/quote", data={"quote": "All good."}).status_code == 409
        assert staff.post(f"{quote}/take-back").status_code == 303
        assert "helped me keep calm" not in staff.get("/surveys").get_data(as_text=True)


def test_a_quote_only_leaves_out_and_points_are_one_to_five() -> None:
    assert is_excerpt("good … people", "Very good and kind people!")
    assert not is_excerpt("people good", "Very good and kind people!")
    assert not is_excerpt("…", "Very good")
    assert scores({"a": "5", "b": "na", "c": "", "d": "6"}) == {"a": 5}
    for side in ("client", "volunteer"):
        assert len(items(side, "es")) == len(items(side, "en")) == 6
        assert all(one.words != other.words for one, other in zip(items(side, "es"), items(side), strict=True))
