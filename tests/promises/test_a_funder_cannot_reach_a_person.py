"""Promise 14: from all that a funder is ever given, no small count follows, and no address leads to a person."""

from __future__ import annotations

import html
import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader

from app.accounts.models import Grant, User
from app.casework.models import ClosingReport
from app.clients.models import Case, Channel, Party, Person
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.engagement.models_surveys import Survey
from app.metrics import operations_goals, operations_public, publishing, publishing_draft, rollup, stories
from app.metrics.hiding_choice import Choice, choose
from app.metrics.hiding_system import State, System, World
from app.metrics.models import PublishedPeriod
from app.metrics.publishing_cells import member_of
from app.metrics.publishing_figures import as_published
from app.metrics.publishing_system import CLIENTS, PEOPLE, Floors, Published, Version
from app.volunteers.models import Volunteer
from benchmarks.leaks import FLOORS, Verdict, invented, invented_months, judge_months, judge_table, published_in_turn
from benchmarks.leaks_floors import RAISED, judge, lived
from tests import factories
from tests.metrics.lives import Lives

KINDS = ("month", "quarter", "half", "year")
Hide = Callable[[System], Choice]


def reads_the_same(system: System, choice: Choice, world: World) -> bool:
    """Is another world published exactly as ours: nothing shown differs, every sum holds, no hidden figure is zero?"""
    moved = dict.fromkeys(world.moves)
    hidden = all(k in choice.hidden or system.figures[k].state.value in ("hidden", "within") for k in moved)
    sums = all(sum(times * world.moves.get(key, 0) for key, times in row) == 0 for row in system.relations)
    least = all(system.figures[k].value + by >= system.figures[k].least for k, by in world.moves.items())
    return hidden and sums and least


def check_tables(tables: int, seed: int, hide: Hide = choose) -> Verdict:
    chance, found = random.Random(seed), Verdict()
    for _n in range(tables):
        system, seen = invented(chance)
        choice = hide(system)
        found += judge_table(system, choice, seen)
        assert all(reads_the_same(system, choice, world) for world in choice.worlds.values())
        assert set(choice.worlds) >= {k for k, figure in system.figures.items() if figure.is_small}
    print(f"promise 14: {tables} tables, {found.small} small counts: {found.pinned} worked out")  # noqa: T201
    assert (found.pinned, found.narrow, found.shown) == (0, 0, 0)
    return found


def check_months(months: int, size: int, seed: int) -> Verdict:
    versions = list(published_in_turn(invented_months(random.Random(seed), months, size), KINDS))
    found = judge_months(versions, every=1 if months > 3 else 4)
    said = f"{months} months, {len(versions)} periods, {found.small} small counts: {found.pinned} worked out"
    print(f"promise 14: {said}")  # noqa: T201
    assert (found.pinned, found.narrow, found.shown) == (0, 0, 0)
    return found


@pytest.mark.promise(14)
def test_no_small_count_follows_from_a_publication() -> None:
    assert check_tables(40, seed=1).small > 100


@pytest.mark.promise(14)
def test_no_small_count_follows_from_consecutive_periods() -> None:
    assert check_months(3, size=40, seed=3).small > 20


@pytest.mark.full
@pytest.mark.promise(14)
def test_no_small_count_follows_from_a_thousand_publications() -> None:
    assert check_tables(1000, seed=2).small > 4000


@pytest.mark.full
@pytest.mark.promise(14)
@pytest.mark.parametrize("size", [12, 40, 150])
def test_no_small_count_follows_from_two_years(size: int) -> None:
    assert check_months(24, size=size, seed=size).small > 200


def check_limits(
    months: int, size: int, seed: int, floors: Sequence[Floors] = (FLOORS, RAISED), *, mixed: bool = False,
    late: bool = True,
) -> int:  # fmt: skip
    """A programme whose limits rise and fall between publications: how many of them were refused."""
    told = lived(random.Random(seed), months, size, floors, mixed=mixed, late=late)
    found = judge(told.told)
    said = f"{told.turn} publications by changing limits, {told.refused} refused, {found.small} small counts"
    print(f"promise 14: {said}: {found.pinned} worked out")  # noqa: T201
    assert len({version.floors for version in told.told}) == len(floors)
    assert (found.pinned, found.narrow, found.shown) == (0, 0, 0)
    return told.refused


@pytest.mark.promise(14)
def test_limits_that_rise_and_fall_give_no_small_count_away() -> None:
    """From 5 to 10 and back, from 11 to 20 and back: small is what was so by the limits of the version that hid it."""
    assert check_limits(6, size=40, seed=0, late=False) == 0
    assert check_limits(3, size=40, seed=6) == 0


@pytest.mark.full
@pytest.mark.promise(14)
@pytest.mark.parametrize("size", [40, 150])
def test_limits_that_rise_and_fall_over_a_year_give_no_small_count_away(size: int) -> None:
    assert check_limits(12, size=size, seed=1, late=False) == 0
    assert check_limits(6, size=size, seed=0) == 0
    assert check_limits(6, size=size, seed=2, floors=(FLOORS.strict, RAISED.strict), late=False) == 0
    check_limits(6, size=size, seed=3, mixed=True)  # a shorter period after the longer may be refused by any limits


@pytest.mark.promise(14)
def test_judging_all_versions_by_the_limits_of_today_would_be_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: what was small by the higher limits of its day is no longer looked after."""
    monkeypatch.setattr(Published, "floor", lambda self, name, *versions: self.floors.of(name))
    monkeypatch.setattr(Published, "small", lambda self, *versions: self.floors.small)
    with pytest.raises(AssertionError):
        check_limits(6, size=40, seed=0, late=False)


@pytest.mark.promise(14)
def test_hiding_only_small_counts_would_be_caught() -> None:
    """The planted fault: nothing is hidden beside the small counts, so a lone one follows from its total."""

    def only_small(system: System) -> Choice:
        return Choice(dict.fromkeys((k for k, figure in system.figures.items() if figure.is_small), "small"))

    chance, found = random.Random(1), Verdict()
    for _n in range(40):
        system, seen = invented(chance)
        found += judge_table(system, only_small(system), seen)
    assert found.pinned > 5
    with pytest.raises(AssertionError):
        check_tables(40, seed=1, hide=only_small)


@pytest.mark.promise(14)
def test_forgetting_the_quarters_would_be_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other planted fault: each period is safe by itself, and a year less its quarters tells what was hidden."""
    monkeypatch.setattr(Published, "_times", lambda self: None)
    with pytest.raises(AssertionError):
        check_months(3, size=40, seed=3)


def a_version(cells: dict[str, int], began: int = 0, **more: Any) -> Version:
    exact = {"months": {"2026-01": cells}, "once": {}}
    return Version(date(2026, 1, 1), date(2026, 1, 31), exact, began, **more)


@pytest.mark.promise(14)
def test_a_restatement_beside_the_original_tells_no_small_correction() -> None:
    """One case entered late would be all the difference, and its kind, county and code with it."""
    before = {"closed/all/all": 60, "closed/category/Family": 40, "closed/category/Housing": 20,
              "closed/county/55025": 30, "closed/county/55079": 30}  # fmt: skip
    after = before | {"closed/all/all": 72, "closed/category/Family": 51, "closed/category/Housing": 21,
                      "closed/county/55025": 42}  # fmt: skip
    old, new = a_version(before, ended=1), a_version(after, began=1, is_new=True)
    seen = Published([old, new], FLOORS)
    choice = choose(seen.system)
    assert {new.cells[name] for name in after if seen.key(new, name) in choice.hidden} == {51, 21}
    assert seen.key(new, "closed/county/55079") == seen.key(old, "closed/county/55079")


@pytest.mark.promise(14)
def test_what_cannot_be_hidden_is_not_published() -> None:
    """Were the parts of a total out already, hiding the total would help nobody: the choice says so."""
    before = {"accepted/all/all": 9, "accepted/category/Family": 6, "accepted/category/Housing": 3}
    shown = a_version(before)  # published by a fault, with nothing hidden
    year = Version(date(2026, 1, 1), date(2026, 12, 31), {"months": {"2026-01": before, "2026-02": {
        "accepted/all/all": 2, "accepted/category/Family": 2}}, "once": {}}, 1, is_new=True)  # fmt: skip
    choice = choose(Published([shown, year], FLOORS).system)
    assert {key[0] for key in choice.hidden} >= {"accepted/all/all", "accepted/category/Family"}


NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
PUBLISHED = ((1, "quarter"), (4, "quarter"), (1, "half"))
LEADS_OUT = ("/static/", "/sign-out", "/sign-in", "/leave", "/help", "/appearance?")  # or says nothing of figures
NOT_FOR_READERS = ("Quillfeather agreed to this target", "Zebrawood told the clerk")


def a_published_world() -> tuple[Grant, User, str]:
    """A grant with two quarters and their half signed off, a goal, a story and the public page; and its funder."""
    with transaction():
        programme = factories.programme()
        programme.last_case_number = 70_000  # no example on a form has such a number
        lives = Lives(programme, seed=9)
        lives.some(26)
        reader = factories.user(Role.FUNDER, programme=programme, grant=lives.grant, name="Paloma Reader")
        grant, staff = lives.grant, lives.staff
        session.flush()
        for survey in session.query(Survey).filter(Survey.answered_at.is_not(None)):
            survey.comment, survey.may_quote, survey.released_at = NOT_FOR_READERS[1], True, NOW
            survey.quote = "They kept at it."
        year = (date(2026, 1, 1), date(2026, 12, 31))
        operations_goals.set_goal(programme, "closed", *year, 30, NOT_FOR_READERS[0], actor=staff, grant=grant)
    rollup.refresh(programme.id)
    for month, kind in PUBLISHED:
        with transaction():
            publishing.sign_off(session.merge(grant), date(2026, month, 1), kind=kind, actor=session.merge(staff))
    with transaction():
        operations_public.switch_on(session.merge(grant), actor=session.merge(staff))
        told = session.query(Survey).filter(Survey.quote.is_not(None)).order_by(Survey.id).first()
        stories.tell_story(told, "They kept at it.", for_everybody=True, actor=session.merge(staff))
    return session.merge(grant), session.merge(reader), f"/impact/{programme.slug}"


def canaries() -> set[str]:
    """What leads to a client or a volunteer, or was written for staff alone."""
    columns = (
        Person.given_name, Person.family_name, Party.name, Channel.value, Case.public_id, Case.number, Case.narrative,
        Case.listing_title, Case.listing_text, Volunteer.public_id, ClosingReport.public_id,
    )  # fmt: skip
    found = {str(value) for column in columns for (value,) in session.query(column) if value}
    others = [each for each in session.query(User) if each.name != "Paloma Reader"]
    return found | {each.name for each in others} | {each.email for each in others} | {*NOT_FOR_READERS}


def everything_readable(start: Iterable[str], browser: FlaskClient) -> dict[str, str]:
    """All that a reader can fetch who follows every link, as text."""
    waiting, found = {*start}, dict[str, str]()
    while waiting:
        path = waiting.pop()
        answer = browser.get(path)
        found[path] = as_text(answer.mimetype, answer.get_data()) if answer.status_code == 200 else ""
        links = re.findall(r'(?:href|src)="(/[^"#]*)', found[path] if answer.mimetype == "text/html" else "")
        waiting |= {html.unescape(link) for link in links if not link.startswith(LEADS_OUT)} - found.keys()
    return {path: text for path, text in found.items() if text}


def as_text(mimetype: str, body: bytes) -> str:
    """What a file says: pages and pictures as they are, PDFs and spreadsheets unpacked; tokens of forms left out."""
    if mimetype == "application/pdf":
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            names = (name for name in packed.namelist() if not name.startswith("docProps/"))
            return "\n".join(packed.read(name).decode() for name in names)
    return re.sub(r'name="csrf_token" value="[^"]*"', "", body.decode(errors="replace"))


def search(texts: dict[str, str], words: set[str]) -> None:
    assert [(path, word) for path, text in texts.items() for word in words if word in text] == []


def other_worlds(grant: Grant) -> Iterator[World]:
    """Other numbers in the hidden places that every sum allows, one for each hidden count that some world moves."""
    past = publishing_draft.past_of(grant, date(2026, 1, 1), date(2026, 6, 30))
    system = Published(list(past.rows), publishing_draft.floors_of(grant)).system
    costs = {k: 1.0 for k, figure in system.figures.items() if figure.state in (State.HIDDEN, State.WITHIN)}
    moved: set[Any] = set()
    for key in system.sensitive():
        if key not in moved and system.figures[key].state is State.HIDDEN:
            world = system.other_world(key, costs)
            if world is not None:
                moved |= {*world.moves}
                yield world


def as_it_would_be(row: PublishedPeriod, world: World) -> dict[str, Any]:
    """What a publication would have been made of in another world, the difference lying in one of its months."""
    exact = deepcopy(row.exact or {})
    for key, by in world.moves.items():
        if not isinstance(key, tuple) or key[1:3] != (row.starts_on, row.ends_on) or "/" not in str(key[0]):
            continue
        if key[0] in (CLIENTS, PEOPLE):
            exact["once"][member_of(key[0])[0]] += by
        else:
            month = max(exact["months"].values(), key=lambda cells: cells.get(key[0], 0))
            month[key[0]] += by
    return exact


def publications(row: PublishedPeriod, exact: dict[str, Any], grant: Grant) -> list[Any]:
    """What a funder and everybody would be given of it, with the same places hidden."""
    version, floors = Version(row.starts_on, row.ends_on, exact, 0), publishing_draft.floors_of(grant)
    hidden = (frozenset(exact[who]) for who in ("hidden", "public"))
    return [json.loads(json.dumps(as_published(version, each, grant, floors))) for each in hidden]


def _faults_are_found(row: PublishedPeriod, world: World, grant: Grant, page: str, words: set[str]) -> None:
    """The planted faults: a publication that hides nothing differs in the other world, and a name on a page is seen."""
    shown = [{**exact, "hidden": [], "public": []} for exact in (row.exact or {}, as_it_would_be(row, world))]
    assert publications(row, shown[0], grant) != publications(row, shown[1], grant)
    with pytest.raises(AssertionError):
        search({"/impact": f"{page} {min(words)}"}, words)


@pytest.mark.promise(14)
def test_every_byte_for_a_reader_is_the_same_whatever_the_hidden_numbers_are(app: Flask) -> None:
    """Pages, files, pictures and open data: nothing names anybody, and in the other worlds nothing reads otherwise."""
    with clock.at(NOW):
        grant, reader, home = a_published_world()
        words = canaries()
        start = [home, f"{home}/picture.svg", f"{home}/figures.csv"]
        funder, anybody = factories.sign_in(app.test_client(), reader), app.test_client()
        before = [everything_readable(["/", "/impact", *start], funder), everything_readable(start, anybody)]
        for texts in before:
            search(texts, words)
        rows = session.query(PublishedPeriod).filter_by(replaced_at=None).all()
        worlds = list(other_worlds(grant))
        for world in worlds:
            for row in rows:
                there = as_it_would_be(row, world)
                assert publications(row, there, grant) == [row.figures, row.public]
        with transaction():
            for row in rows:
                row = session.merge(row)
                row.exact = as_it_would_be(row, worlds[0])
        for texts, first, who in ((before[0], ["/impact"], funder), (before[1], start, anybody)):
            again = everything_readable(first, who)
            assert [path for path, text in again.items() if texts[path] != text] == []
        _faults_are_found(rows[0], worlds[0], grant, before[0]["/impact"], words)
    read = " ".join(path for texts in before for path in texts)
    assert [kind for kind in ("pdf", "xlsx", "csv", "svg", "json") if kind not in read] == []
    print(f"promise 14: {sum(map(len, before))} pages and files, {len(words)} canaries, {len(worlds)} other worlds")  # noqa: T201
