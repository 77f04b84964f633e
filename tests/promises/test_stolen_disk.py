"""A stolen disk, dump or log shows no client: unlikely words go in through the desk's pages and are then looked for."""

from __future__ import annotations

import base64
import io
import logging
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from app import tables
from app.casework import operations as casework
from app.clients import operations_parties
from app.clients.intake import pins
from app.clients.models import Case, CaseStatus, PartyRole
from app.clients.operations_intake import send_request
from app.core import logs
from app.core.access import Role
from app.core.db import engine, session, transaction
from app.core.mail import Mail
from tests import factories
from tests.clients.asking import KEPT, Visitor, full_draft, place_of

SYLLABLES = ("qua", "zor", "vim", "bex", "jul", "kho", "pyx", "dro", "wuf", "gny", "xal", "moz")


class Canaries:
    """Unlikely words, each remembered."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.chance = random.Random(18)

    def word(self) -> str:
        """A word that is nowhere else."""
        made = "".join(self.chance.choice(SYLLABLES) for _ in range(5)).capitalize()
        self.words.append(made)
        return made

    def mail(self) -> str:
        """A mail address that is nowhere else."""
        return f"{self.word()}@example.net".lower()


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the desk writes to standard error."""
    caught = io.StringIO()
    monkeypatch.setattr(sys, "stderr", caught)
    before = logging.getLogger().handlers[:], logging.getLogger().level
    logs.set_up_logs()
    yield caught
    logging.getLogger().handlers[:], level = before
    logging.getLogger().setLevel(level)


def pages(canaries: Canaries) -> dict[str, dict[str, Any]]:
    """What a client types, of unlikely words only."""
    word = canaries.word
    return {
        "names": {"given_name": word(), "family_name": word(), "other_names": word()},
        "other_side": {
            "other_kind": "organisation", "other_name": f"{word()} Lettings", "other_aliases": word(),
            "other_more": word(), "other_lawyer": "yes",
        },
        "reach": {"phone": "(608) 555-0123", "email": canaries.mail()},
        "story": {"story": f"The owner {word()} wants us out of {word()}."},
        "access": {"access": ["large_print"], "access_note": f"Ask for {word()}."},
    }  # fmt: skip


def ask_through_pages(app: Flask, canaries: Canaries, where: str) -> None:
    """A client fills in every page."""
    visitor, typed = Visitor(app), pages(canaries)
    visitor.begin()
    visitor.answer(where, place={"address": f"4 {canaries.word()} Street"}, **typed)
    assert visitor.post("/help/check").status_code == 303


def work_on_case(canaries: Canaries, programme_id: int, staff_id: int) -> None:
    """Staff and a volunteer write what they know of a client into every form of it."""
    word = canaries.word
    programme = session.get_one(factories.Programme, programme_id)
    staff = session.get_one(factories.User, staff_id)
    typed = pages(canaries)
    kept = {name: {**KEPT[name], **page} for name, page in typed.items() if name != "reach"}
    kept["reach"] = {"phone": "608-555-0123", "email": canaries.mail(), "no_way": False}
    draft = full_draft(programme, **kept)
    draft.pin_hash = ONE_PIN
    send_request(draft, actor=None)
    volunteer = factories.volunteer(given_name=word(), family_name=word(), about=f"I know {word()}.")
    told = f"{word()} changed the lock."
    case = factories.case(programme, CaseStatus.PLACED, lead=volunteer, owner=staff, narrative=told)
    operations_parties.add_party(case, role=PartyRole.ADVERSE, name=word(), aliases=[word()], actor=staff)
    casework.add_note(case, f"{word()} called about {word()}.", actor=volunteer.user)


ONE_PIN = ""


def fill(app: Flask, programme_id: int, staff_id: int, canaries: Canaries, requests: int, cases: int) -> None:
    """Put unlikely words in through pages and operations."""
    global ONE_PIN
    ONE_PIN = pins.hashed("204816")
    where = place_of(session.get_one(factories.Programme, programme_id))
    for _ in range(requests):
        ask_through_pages(app, canaries, where)
    for _ in range(cases):
        with transaction():
            work_on_case(canaries, programme_id, staff_id)
    search(app, staff_id, canaries)


def search(app: Flask, staff_id: int, canaries: Canaries) -> None:
    """Staff look for clients by name and open what they find; some pages fail on the way."""
    browser = app.test_client()
    factories.sign_in(browser, session.get_one(factories.User, staff_id))
    for word in canaries.words[:20]:
        browser.post("/search", data={"text": word, "words": word, "q": word})
        browser.get(f"/docket?q={word}")
        browser.get(f"/{word}")
        browser.post("/sign-in", data={"email": f"{word}@example.net", "password": word})
    for number in session.execute(select(Case.public_id)).scalars().all()[:20]:
        browser.get(f"/cases/{number}")
        browser.get(f"/intake/{number}")


def on_disk(app: Flask) -> bytes:
    """Everything the database keeps: its files, or each row of each table as PostgreSQL dumps it."""
    session.rollback()
    url = engine().url
    if url.get_backend_name() == "sqlite":
        found = b""
        for suffix in ("", "-wal", "-shm"):
            path = Path(f"{url.database}{suffix}")
            found += path.read_bytes() if path.exists() else b""
        return found
    rows = []
    for table in tables.metadata.sorted_tables:
        for row in session.execute(text(f'SELECT * FROM "{table.name}"')):  # noqa: S608  (names from our own tables)
            rows += [bytes(v) if isinstance(v, memoryview | bytes) else str(v).encode() for v in row]
    return b"\n".join(rows)


def hits(where: bytes, words: list[str]) -> list[str]:
    """The words that can be read in some bytes, as they are, in base64 or folded."""
    low = where.lower()
    wide = where.replace(b"\0", b"").lower()
    found = []
    for word in words:
        plain = word.encode()
        coded = base64.b64encode(plain)[: len(plain) // 3 * 4]
        if plain.lower() in low or plain.lower() in wide or coded in where or plain.hex().encode() in low:
            found.append(word)
    return found


def check(app: Flask, written: io.StringIO, requests: int, cases: int, least: int) -> None:
    with transaction():
        programme = factories.programme()
        staff = factories.user(Role.COORDINATOR, Role.SUPERVISING_ATTORNEY, programme=programme)
        ids = programme.id, staff.id
    canaries = Canaries()
    fill(app, *ids, canaries, requests, cases)
    assert len(canaries.words) >= least
    stored = "".join(f"{mail.to_address} {mail.subject} {mail.text}" for mail in session.query(Mail)).lower()
    assert any(word.lower() in stored for word in canaries.words), "no mail went to anybody with an unlikely address"
    disk, log = hits(on_disk(app), canaries.words), hits(written.getvalue().encode(), canaries.words)
    assert '"page"' in written.getvalue()
    print(f"promise 18: {len(canaries.words)} canaries: {len(disk)} on disk, {len(log)} in logs", file=sys.__stdout__)
    assert (disk, log) == ([], [])
    check_that_a_plain_column_would_be_found(app, canaries.words[0])


def check_that_a_plain_column_would_be_found(app: Flask, word: str) -> None:
    """The planted fault: the same word in a column that is not sealed."""
    with transaction():
        session.query(Case).first().listing_text = f"Call {word}."  # type: ignore[union-attr]
    assert hits(on_disk(app), [word]) == [word]


@pytest.mark.promise(18)
def test_a_stolen_disk_or_log_shows_no_client(app: Flask, written: io.StringIO) -> None:
    check(app, written, requests=2, cases=4, least=80)


@pytest.mark.full
@pytest.mark.promise(18)
def test_three_hundred_canaries(app: Flask, written: io.StringIO) -> None:
    check(app, written, requests=8, cases=16, least=300)


@pytest.mark.promise(18)
def test_a_word_is_found_however_it_is_written() -> None:
    assert hits(b"... ZORVIM ...", ["Zorvim"]) == ["Zorvim"]
    assert hits(base64.b64encode(b"Zorvimqua"), ["Zorvimqua"]) == ["Zorvimqua"]
    assert hits("Zorvim".encode("utf-16"), ["Zorvim"]) == ["Zorvim"]
    assert hits(b"Zorvim".hex().encode(), ["Zorvim"]) == ["Zorvim"]
    assert hits(b"nothing", ["Zorvim"]) == []
