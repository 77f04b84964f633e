"""What is asked is data in both languages: plain, whole, and kept with every answer it was given."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import User
from app.clients.models import CaseStatus
from app.core import clock, links
from app.core.access import Role
from app.core.db import session, transaction
from app.core.errors import NotAllowed, Stale
from app.core.plain_language import OLDEST, YOUNGEST, reading_age, sentences_of
from app.engagement import answers, mails, operations, question_sets
from app.engagement.models import Audience, Checkin
from app.engagement.operations_questions import BadQuestions, change_questions, check_questions
from app.engagement.operations_series import SayWhy
from app.tasks.models import Task
from tests import factories

MONDAY = datetime(2026, 3, 2, 16, tzinfo=UTC)
SAFE_OR_NOT = [{"value": "yes", "en": "Yes", "es": "Sí"},
               {"value": "call_me", "en": "No, call me", "es": "No, llámenme"}]  # fmt: skip
SAFE = {"key": "own_safe", "kind": "yes_no", "en": "Do you feel safe?", "es": "¿Se siente a salvo?",
        "options": SAFE_OR_NOT}  # fmt: skip


def asked(name: str = "client_regular", *more: dict[str, Any]) -> list[dict[str, Any]]:
    return [*copy.deepcopy(question_sets.delivered()[name]), *more]


def admin() -> User:
    with transaction():
        return factories.user(Role.ADMIN)


def change(name: str, questions: list[dict[str, Any]], seen: int = 0, actor: User | None = None) -> None:
    with transaction():
        change_questions(name, questions, "Plainer words.", seen=seen, actor=actor or factories.user(Role.ADMIN))


def checkin(questions: str = "client_regular", number: int = 0) -> int:
    with transaction():
        case = factories.case(factories.programme(), CaseStatus.IN_SERVICE, lead=factories.volunteer(), language="es")
        made = Checkin(case=case, assignment=case.assignments[0], audience=question_sets.audience_of(questions),
                       series_key="asked", questions=questions, questions_number=number, due_on=MONDAY.date(),
                       due_at=MONDAY, sent_at=MONDAY)  # fmt: skip
        return int(factories.add(made).id)


@pytest.mark.parametrize("name", question_sets.names())
def test_every_delivered_set_keeps_the_rules_for_sets_and_is_easy_to_read(name: str) -> None:
    check_questions(question_sets.audience_of(name), asked(name))
    for lang in ("en", "es"):
        words = [each[lang] for one in asked(name) for each in (one, *one.get("options", ()))]
        assert reading_age(words, lang) <= 11


def _without(name: str, value: str) -> list[dict[str, Any]]:
    found = asked(name)
    for each in found:
        if "options" in each:
            each["options"] = [option for option in each["options"] if option["value"] != value]
    return found


def _with(name: str, **changes: Any) -> list[dict[str, Any]]:
    return [{**asked(name)[0], **changes}, *asked(name)[1:]]


BAD = [
    ("volunteer_regular", _without("volunteer_regular", "cannot_go_on"), "cannot go on"),
    ("volunteer_regular", _without("volunteer_regular", "on_track"), "all is well"),
    ("client_regular", [each for each in asked() if each["key"] != "call_me"], "ask for a call"),
    ("client_regular", _with("client_regular", es=" "), "English and in Spanish"),
    ("client_regular", _with("client_regular", en="x" * 161), "one line"),
    ("client_regular", _with("client_regular", en="Two\nlines?"), "one line"),
    ("client_regular", _with("client_regular", en="Has your lawyer called?"), "shoulder"),
    ("client_regular", _with("client_regular", es="¿Fue a la corte?"), "shoulder"),
    ("client_regular", _with("client_regular", kind="riddle"), "how each question is answered"),
    ("client_regular", asked("client_regular", {**SAFE, "kind": "hours", "options": []}), "of volunteers alone"),
    ("client_regular", asked("client_regular", {**SAFE, "options": SAFE_OR_NOT[:1]}), "two answers"),
    ("client_regular", asked("client_regular", {**SAFE, "kind": "text"}), "Only a question with a choice"),
    ("client_regular", asked("client_regular", {**SAFE, "options": [SAFE_OR_NOT[0]] * 2}), "mean the same"),
    ("client_regular", asked("client_regular", SAFE, SAFE), "only once"),
    ("client_regular", [{**SAFE, "key": f"own_{n}"} for n in range(7)], "at most six"),
    ("client_contact", _without("client_contact", "no"), "must stay"),
]


@pytest.mark.parametrize(("name", "questions", "says"), BAD)
def test_a_set_that_cannot_be_put_or_leaves_somebody_unheard_is_refused(
    name: str, questions: list[dict[str, Any]], says: str
) -> None:
    with pytest.raises(BadQuestions) as no:
        check_questions(question_sets.audience_of(name), questions)
    assert says in str(no.value.message)


def test_only_administrators_change_questions_with_a_reason_and_one_at_a_time(app: Flask) -> None:
    who = admin()
    with transaction():
        staff = factories.coordinator(factories.programme())
        with pytest.raises(NotAllowed):
            change_questions("client_regular", asked(), "x", seen=0, actor=staff)
        with pytest.raises(SayWhy):
            change_questions("client_regular", asked(), "", seen=0, actor=session.get_one(User, who.id))
    change("client_regular", asked("client_regular", SAFE))
    with pytest.raises(Stale):
        change("client_regular", asked())


def test_an_answer_stays_with_the_questions_it_was_given_to(app: Flask, client: FlaskClient) -> None:
    with clock.at(MONDAY):
        before, unsent = checkin(), checkin()
        with transaction():
            session.get_one(Checkin, unsent).sent_at = None
        change("client_regular", asked("client_regular", SAFE))
        session.rollback()
        assert session.get_one(Checkin, unsent).questions_number == 1, "not yet sent, so it asks what is asked now"
        with transaction():
            old = session.get_one(Checkin, before)
            token = links.make(mails.PURPOSE, old, expires_at=clock.now() + timedelta(days=9))
        assert "¿Se siente a salvo?" not in client.get(f"/checkin/{token}").get_data(as_text=True)
        new = checkin(number=1)
        change("client_regular", [each for each in asked("client_regular") if each["key"] != "contact"], seen=1)
        with transaction():
            row = session.get_one(Checkin, new)
            token = links.make(mails.PURPOSE, row, expires_at=clock.now() + timedelta(days=9))
        assert "¿Se siente a salvo?" in client.get(f"/checkin/{token}").get_data(as_text=True)
        said = {"contact": "yes", "next_step": "yes", "call_me": "no", "own_safe": "call_me"}
        assert client.post(f"/checkin/{token}", data=said).status_code == 303
    session.rollback()
    row = session.get_one(Checkin, new)
    assert row.answers[0].standing == "call_me"
    assert answers.words_for("client_regular", "own_safe", "call_me", number=row.questions_number) == "No, call me"
    assert session.query(Task).filter_by(cause="call_me").count() == 1


def test_an_answer_may_be_changed_for_a_day_and_the_page_says_until_when(app: Flask, client: FlaskClient) -> None:
    with clock.at(MONDAY):
        made = checkin("volunteer_regular")
        with transaction():
            row = session.get_one(Checkin, made)
            token = links.make(mails.PURPOSE, row, expires_at=clock.now() + timedelta(days=9))
            phone = row.case.programme.phone
        page = f"/checkin/{token}"
        assert "until Mar" not in client.get(page).get_data(as_text=True)
        assert client.post(page, data={"standing": "on_track", "hours": "1"}).status_code == 303
        assert "until Mar 3, 10:00 am" in client.get(f"{page}/thanks").get_data(as_text=True)
    with clock.at(MONDAY + timedelta(hours=23)):
        assert "until Mar 3, 10:00 am" in client.get(page).get_data(as_text=True)
        assert client.post(page, data={"standing": "cannot_go_on"}).status_code == 303
    with clock.at(MONDAY + timedelta(hours=25)):
        for answer in (client.get(page), client.post(page, data={"standing": "on_track"})):
            assert answer.status_code == 410
            assert phone in answer.get_data(as_text=True)
        assert "Change the answer" not in client.get(f"{page}/thanks").get_data(as_text=True)
    session.rollback()
    assert [a.standing for a in session.query(Checkin).one().answers] == ["on_track", "cannot_go_on"]


def test_a_set_is_read_changed_and_measured_on_its_page(app: Flask, client: FlaskClient) -> None:
    factories.sign_in(client, admin())
    assert client.get("/questions").status_code == 200
    assert client.get("/questions/client_riddles").status_code == 404
    page = client.get("/questions/client_contact").get_data(as_text=True)
    assert "Reading age: English 6, Spanish 11" in page
    typed = {
        "seen": "0", "reason": "They asked.", "q0-key": "call_me", "q0-kind": "choice", "q0-en": "Shall we call?",
        "q0-es": "¿Le llamamos?", "q0-o0-value": "yes", "q0-o0-en": "Yes", "q0-o0-es": "Sí", "q0-o1-value": "no",
        "q0-o1-en": "No", "q0-o1-es": "No", "q1-kind": "yes_no", "q1-en": "Did you get our letter?",
        "q1-es": "¿Recibió nuestra carta?", "q2-en": "", "q2-es": "",
    }  # fmt: skip
    checked = client.post("/questions/client_contact", data={**typed, "act": "check"})
    assert checked.status_code == 200
    assert question_sets.newest("client_contact") == 0
    wrong = client.post("/questions/client_contact", data={**typed, "q0-out": "1"})
    assert wrong.status_code == 422
    assert "ask for a call" in wrong.get_data(as_text=True)
    long = client.post("/questions/client_contact", data={**typed, "reason": "y" * 201})
    assert long.status_code == 422
    assert "at most 200 letters" in long.get_data(as_text=True)
    assert "y" * 201 in long.get_data(as_text=True), "nothing that was typed is lost"
    assert client.post("/questions/client_contact", data=typed).status_code == 303
    assert client.post("/questions/client_contact", data=typed).status_code == 303, "the second click"
    both = client.post("/questions/client_contact", data={**typed, "q1-en": "Did you read our letter?"})
    assert both.status_code == 409
    for said in ("Did you read our letter?", "Did you get our letter?", "Question 2: yours", 'name="seen" value="1"'):
        assert said in both.get_data(as_text=True)
    assert question_sets.newest("client_contact") == 1
    kept = question_sets.asked_in("client_contact", 1)
    assert [(each["kind"], [o["value"] for o in each["options"]]) for each in kept] == [
        ("choice", ["yes", "no"]), ("yes_no", ["yes", "no"]),
    ]  # fmt: skip
    reader = app.test_client()
    with transaction():
        factories.sign_in(reader, factories.coordinator(factories.programme()))
    shown = reader.get("/questions/client_contact").get_data(as_text=True)
    assert "Did you get our letter?" in shown
    assert "Administrators change the questions." in shown
    assert reader.post("/questions/client_contact", data=typed).status_code == 403


EASY = "We called you. You were not home. We will call again."
HARD = ("Notwithstanding preliminary communications, beneficiaries necessarily authenticate supplementary "
        "documentation establishing continuing eligibility determinations.")  # fmt: skip
FACIL = "Le llamamos. No estaba en casa. Vamos a llamar otra vez."
DIFICIL = ("La documentación complementaria correspondiente acreditará inequívocamente las circunstancias "
           "socioeconómicas extraordinarias de las personas beneficiarias.")  # fmt: skip


def test_the_reading_age_tells_plain_words_from_hard_ones() -> None:
    assert reading_age(sentences_of(EASY), "en") <= 8
    assert reading_age(sentences_of(FACIL), "es") <= 11
    assert reading_age([HARD], "en") == OLDEST
    assert reading_age([DIFICIL], "es") == OLDEST
    assert reading_age([], "en") == YOUNGEST
    assert len(sentences_of(EASY)) == 3


def test_the_grade_is_the_published_formula() -> None:
    """Kincaid's formula on words whose syllables nobody disputes: 6 words, 9 syllables, one sentence."""
    age = reading_age(["The doctor gave the baby water"], "en")
    assert age == max(YOUNGEST, round(0.39 * 6 + 11.8 * 9 / 6 - 15.59 + 5))


def test_a_few_words_and_a_choice_of_ones_own_are_typed_answers(app: Flask) -> None:
    more = {"key": "own_words", "kind": "text", "en": "What changed?", "es": "¿Qué cambió?"}
    change("volunteer_regular", asked("volunteer_regular", more))
    row = session.get_one(Checkin, checkin("volunteer_regular", 1))
    assert [question.kind for question in answers.asked(row, "en")][-1] == "text"
    with clock.at(MONDAY), transaction():
        given = operations.answer(session.get_one(Checkin, row.id), {"standing": "on_track", "own_words": "Moved."})
        assert given.values["own_words"] == "Moved."
        assert row.audience is Audience.VOLUNTEER
