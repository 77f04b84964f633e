"""A programme's own words are checked when saved, filled in without a template language, and shown on a sample."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.clients import operations_texts, texts
from app.clients.mails import OCCASIONS, tell_client
from app.clients.models import Case, CaseStatus, MessageText
from app.core.access import Role
from app.core.db import session, transaction
from app.core.errors import NotAllowed, Stale
from app.core.mail import Mail
from tests import factories

GOOD = texts.Words(
    "News for you",
    "Hello,\n\nwe are still at it.\nYou hear from us by {day}.\n\nSee more: {link}\nOr call {phone}.\n{office}\n",
)


@pytest.fixture
def case(app: Flask) -> Case:
    with transaction():
        programme = factories.programme(name="Lakeshore Help")
        return factories.case(programme, CaseStatus.AVAILABLE, owner=factories.coordinator(programme))


def save(case: Case, words: texts.Words = GOOD, occasion: str = "looking", number: int = 0) -> MessageText:
    with transaction():
        row = session.get_one(Case, case.id)
        return operations_texts.save_text(
            row.programme, occasion, "en", words, seen_number=number, actor=row.custody.user
        )


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("occasion", OCCASIONS)
def test_the_desks_own_words_pass_the_check(app: Flask, occasion: str, language: str) -> None:
    assert operations_texts.wrong_with(occasion, texts.default_words(occasion, language)) == []


BAD = [
    ("Hello {name}", "subject", "Nothing is filled into a subject"),
    ("Your court date", "subject", "“court” tells that there is a court"),
    ("x", "subject", "Write a subject of 3 to 70 characters"),
    ("Hello {name}, {link} {phone}", "text", "“{name}” is not known here. Known are: {link}, {phone}, {office}, {day}"),
    ("{{ case.title }} {link} {phone}", "text", "A brace is open or closed by itself"),
    ("{% for x in y %} {link} {phone}", "text", "“{% for x in y %}” is not known here"),
    ("Please open {link} and read on there.", "text", "“{phone}” is missing: the office's phone number"),
    ("Please call us at {phone} today, please.", "text", "“{link}” is missing"),
    ("Your lawyer wrote. {link} {phone}", "text", "“lawyer” tells that there is a lawyer"),
    ("Su abogada le escribió. {link} {phone}", "text", "“abogada” tells that there is a lawyer"),
    ("About the évictions: {link} {phone}", "text", "“evictions” tells what kind of problem it is"),
    ("La otra parte respondió. {link} {phone}", "text", "“otra parte” tells who the other side is"),
    ("You won $1,250.00 today. {link} {phone}", "text", "“$1,250.00” is an amount"),
    ("You won 1250 dollars. {link} {phone}", "text", "“1250 dollars” is an amount"),
    ("See https://example.org/x {link} {phone}", "text", "“https://example.org/x” leads elsewhere"),
    ("Look at forms.example/step-2 now. {link} {phone}", "text", "“forms.example/step-2” leads elsewhere"),
    ("Look at 192.0.2.7 today, please. {link} {phone}", "text", "“192.0.2.7” leads elsewhere"),
    ("Look at help-desk.co today. {link} {phone}", "text", "“help-desk.co” leads elsewhere"),
    ("Write to ana@office.example {link} {phone}", "text", "“ana@office.example” leads elsewhere"),
    ("Your l\u0430wyer wrote. {link} {phone}", "text", "“l\u0430wyer” holds a letter of another alphabet"),
    ("Your law\u200byer wrote. {link} {phone}", "text", "or a character that cannot be seen"),
    ("An evic\ufe0ftion is near. {link} {phone}", "text", "“evic\ufe0ftion” holds"),
    ("An evic\u034ftion is near. {link} {phone}", "text", "“evic\u034ftion” holds"),
    ("An evic\u200ation is near. {link} {phone}", "text", "“evic\u200ation” holds"),
    ("An evic\x7ftion is near. {link} {phone}", "text", "“evic\x7ftion” holds"),
    ("Your \U0001d424ou\U0001d42bt date: \uff43ourt. {link} {phone}", "text", "“court” tells that there is a court"),
    ("Su \U0001f170bogado \u0251qu\u00ed. {link} {phone}", "text", "“\U0001f170bogado” holds a letter"),
    ("Your cou\u00adrt", "subject", "or a character that cannot be seen"),
    ("Your c0urt date", "subject", "“c0urt” tells that there is a court"),
    ("Your \uff43\uff10urt date: {link} {phone}", "text", "“\uff43\uff10urt” tells that there is a court"),
    ("About ch1ld supp0rt. {link} {phone}", "text", "“child support” tells what kind of problem"),
    ("Your ¢our† date", "subject", "“¢our†” tells that there is a court"),
    ("Your 1awyer wrote. {link} {phone}", "text", "“1awyer” tells that there is a lawyer"),
    ("An e v i c t i o n is near. {link} {phone}", "text", "“e v i c t i o n” tells what kind of problem"),
    ("It is a C.O.U.R.T. day. {link} {phone}", "text", "“C.O.U.R.T.” tells that there is a court"),
    ("It is a c 0 u r t day. {link} {phone}", "text", "“a c 0 u r t” tells that there is a court"),
    ("Su des-alojo. {link} {phone}", "text", "“des-alojo.” tells what kind of problem it is"),
    ("The la_wyer wrote. {link} {phone}", "text", "“la_wyer” tells that there is a lawyer"),
    ("Your jue2 wrote. {link} {phone}", "text", "“jue2” tells that there is a court"),
]
HONEST = (
    "Come to room 101, suite 5b, 2nd floor, in 20 days at 9:30 am. Bring form W-2 or 1040EZ and 3 papers, a) b) c). "
    "We'll call from 608-555-0100, ext. 4, 8 to 5, 24/7 and/or e-mail. Plan B: A, B or C? Venga a la sala 101 o al 2o "
    "piso en 20 días. {link} {phone}"
)


def test_honest_numbers_and_lists_are_no_word_in_disguise(app: Flask) -> None:
    assert operations_texts.wrong_with("looking", texts.Words("In 20 days, room 101", HONEST)) == []


@pytest.mark.parametrize(("typed", "field", "sentence"), BAD)
def test_what_a_mail_must_not_say_is_refused_and_named(app: Flask, typed: str, field: str, sentence: str) -> None:
    words = texts.Words(typed, GOOD.text) if field == "subject" else texts.Words(GOOD.subject, typed.ljust(60, "."))
    said = operations_texts.wrong_with("looking", words)
    assert [where for where, _text in said] == [field] * len(said)
    assert any(sentence in text for _where, text in said), said


def test_own_words_are_sent_with_the_lines_that_always_follow(case: Case) -> None:
    save(case)
    with transaction():
        tell_client(session.get_one(Case, case.id), "looking")
    row = session.query(Mail).one()
    assert row.subject == "News for you"
    assert "You hear from us by" not in row.text  # there is no day, so its line is left out
    assert "call 608-555-0100" in row.text
    assert "/my-request/" in row.text
    assert texts.SAFETY["en"] in row.text
    assert "{" not in row.text


def test_a_watched_mailbox_gets_the_neutral_no_whatever_the_programme_wrote(case: Case) -> None:
    save(case, texts.Words("Our answer", f"We say: {{help}}\n{GOOD.text.replace('{day}', 'and by')}"), "rejected")
    with transaction():
        row = session.get_one(Case, case.id)
        row.client.watched_device = True
        tell_client(row, "rejected", other_help="Call the county line.")
    assert "county line" not in session.query(Mail).one().text


def test_versions_are_kept_and_nobody_overwrites_another_unseen(case: Case) -> None:
    save(case)
    with pytest.raises(Stale):
        save(case)
    save(case, texts.Words("Other news", GOOD.text), number=1)
    with transaction():
        row = session.get_one(Case, case.id)
        operations_texts.back_to_default(row.programme, "looking", "en", seen_number=2, actor=row.custody.user)
        tell_client(row, "looking")
    assert session.query(Mail).one().subject == "An update for you"
    versions = session.query(MessageText).order_by(MessageText.number)
    assert [(each.number, each.subject) for each in versions] == [(1, "News for you"), (2, "Other news"), (3, None)]


def test_only_coordinators_of_the_programme_and_administrators_write(case: Case) -> None:
    with transaction():
        programme = session.get_one(Case, case.id).programme
        for stranger in (
            factories.coordinator(factories.programme()),
            factories.user(Role.SUPERVISING_ATTORNEY, programme=programme),
            factories.volunteer().user,
        ):
            with pytest.raises(NotAllowed):
                operations_texts.save_text(programme, "looking", "en", GOOD, seen_number=0, actor=stranger)


def test_the_page_tries_words_out_without_saving_and_says_what_is_wrong(
    app: Flask, client: FlaskClient, case: Case
) -> None:
    staff = case.custody.user
    factories.sign_in(client, staff)
    assert client.get("/words").headers["Location"].endswith(case.programme.slug)
    page = f"/words/{case.programme.slug}/looking/en"
    assert client.get(f"/words/{case.programme.slug}").status_code == 200
    assert "How it reads" in client.get(page).get_data(as_text=True)
    typed = {"seen": "0", "subject": GOOD.subject, "text": GOOD.text.replace("\n", "\r\n")}
    for seen in ("9" * 5_000, "", "none"):
        assert client.post(page, data={**typed, "seen": seen}).status_code == 409
    tried = client.post(page, data={**typed, "act": "try"})
    assert (tried.status_code, "News for you" in tried.get_data(as_text=True)) == (200, True)
    refused = client.post(page, data={**typed, "subject": "Your hearing", "act": "save"})
    assert refused.status_code == 422
    assert "that there is a court" in refused.get_data(as_text=True)
    session.rollback()
    assert session.query(MessageText).count() == 0
    assert client.post(page, data={**typed, "act": "save"}).status_code == 303
    assert client.post(page, data={**typed, "act": "save"}).status_code == 303  # the second click
    assert session.query(MessageText).count() == 1
    stale = client.post(page, data={**typed, "subject": "Mine", "act": "save"})
    assert (stale.status_code, "News for you" in stale.get_data(as_text=True)) == (409, True)
    assert client.post(f"{page}/default", data={"seen": "0"}).status_code == 409
    assert 'name="seen" value="1"' in client.get(page).get_data(as_text=True)
    assert client.post(f"{page}/default", data={"seen": "1"}).status_code == 303
    assert client.get(f"/words/{case.programme.slug}/party/en").status_code == 404
    other = factories.sign_in(app.test_client(), _stranger())
    assert other.get(page).status_code == 404


def _stranger() -> object:
    with transaction():
        return factories.coordinator(factories.programme())


def test_letters_of_both_languages_marks_and_pictures_are_taken(app: Flask) -> None:
    plain = "¿Está bien, señor pingüino? “Sí” – de 9 a 5, 1º piso … ☎ ✓ 🙂 naïve"
    assert operations_texts.wrong_with("looking", texts.Words(GOOD.subject, f"{plain}\n{GOOD.text}")) == []


def test_the_page_says_how_easy_a_text_is(case: Case, client: FlaskClient) -> None:
    with transaction():
        admin = factories.user(Role.ADMIN)
    factories.sign_in(client, admin)
    slug = session.get_one(Case, case.id).programme.slug
    for language in ("en", "es"):
        page = client.get(f"/words/{slug}/looking/{language}").get_data(as_text=True)
        assert "Reading age: " in page
        assert "plain words" in page
    hard = "Notwithstanding unforeseeable organisational circumstances, communication is unavoidably discontinued"
    tried = client.post(f"/words/{slug}/looking/en", data={
        "subject": "News for you", "text": f"{hard}, {hard}: {{link}} {{phone}}", "act": "try", "seen": "0",
    })  # fmt: skip
    assert "plainer words please" in tried.get_data(as_text=True)
