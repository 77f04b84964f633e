"""Every page says who may enter, the published list is true, and nobody else gets in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import AnyConverter, Rule
from werkzeug.routing.converters import NumberConverter

from app.accounts.models import Programme, RoleGrant, User
from app.clients.models import CaseStatus
from app.core import access
from app.core.access import ANY, READING, Role, declared, open_to, routes_table
from app.core.db import Base, session, transaction
from app.volunteers.models import Organisation
from tests import factories

DOCS = Path(__file__).parents[2] / "docs"
NOBODY, NO_ID = "nobody", "0" * 16
STRANGERS_HERE = (NOBODY, "no role", "volunteer here", "firm_coordinator here")


def rules(app: Flask) -> list[Rule]:
    return sorted((r for r in app.url_map.iter_rules() if r.endpoint != "static"), key=lambda r: (r.rule, r.endpoint))


def test_every_page_declares_who_may_enter(app: Flask) -> None:
    assert [r.endpoint for r in app.url_map.iter_rules() if declared(app.view_functions[r.endpoint]) is None] == []


def test_the_published_list_of_routes_is_true(app: Flask) -> None:
    published = (DOCS / "routes.txt").read_text()
    assert published == routes_table(app), "run `flask routes-table --write` and read what changed"


def test_an_undeclared_page_is_closed_and_found(app: Flask) -> None:
    app.add_url_rule("/forgotten-door", "forgotten_door", lambda: "open")
    assert app.test_client().get("/forgotten-door").status_code == 403
    assert "/forgotten-door  GET  forgotten_door  UNDECLARED" in routes_table(app)
    with pytest.raises(AssertionError):
        test_every_page_declares_who_may_enter(app)


@dataclass
class Cast:
    """Everybody who tries, by what they are; with the ids of one case's records."""

    people: dict[str, User | None]
    roles: dict[str, frozenset[Role]]
    ids: dict[str, list[str]]


@pytest.fixture
def everyone(app: Flask) -> Cast:
    """Each role here and in another programme, somebody without a role, and nobody."""
    people: dict[str, User | None] = {NOBODY: None}
    with transaction():
        here, other = factories.programme(), factories.programme()
        case = factories.case(here, CaseStatus.PLACED, lead=factories.volunteer())
        factories.case(here, CaseStatus.AVAILABLE)
        people["no role"] = factories.user()
        for where, of in (("here", here), ("elsewhere", other)):
            for role in Role:
                people[f"{role} {where}"] = _somebody(role, of)
        ids = _ids(case)
    roles = {name: frozenset(user.role_names) if user else frozenset() for name, user in people.items()}
    return Cast(people, roles, ids)


def _somebody(role: Role, of: Programme) -> User:
    if role is Role.VOLUNTEER:
        return factories.volunteer().user
    if role is Role.FIRM_COORDINATOR:
        return _firm_coordinator()
    return factories.user(role, programme=of, grant=factories.grant(of) if role is Role.FUNDER else None)


def _firm_coordinator() -> User:
    """Somebody who answers for a firm with one person in it."""
    firm = factories.add(Organisation(name=f"Orchard Firm {next(factories.count)}"))
    factories.member(factories.volunteer().id, firm.id)
    answers = factories.user()
    factories.add(RoleGrant(user=answers, role=Role.FIRM_COORDINATOR, organisation=firm))
    return answers


def _ids(case: factories.Case) -> dict[str, list[str]]:
    """The public ids of whatever belongs to the case."""
    found: dict[str, list[str]] = {"case": [case.public_id]}
    for mapper in Base.registry.mappers:
        kind = mapper.class_
        if hasattr(kind, "public_id") and hasattr(kind, "case_id"):
            found[kind.__tablename__] = list(
                session.execute(select(kind.public_id).where(kind.case_id == case.id)).scalars()
            )
    return {kind: ids for kind, ids in found.items() if ids}


def cells(app: Flask) -> Iterator[tuple[Rule, str]]:
    for rule in rules(app):
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            yield rule, method


def _takes_ids(rule: Rule) -> bool:
    return any(not isinstance(rule._converters[name], (AnyConverter, NumberConverter)) for name in rule.arguments)


def address(rule: Rule, public_id: str) -> str:
    """The rule's address with an id in every place that takes one."""
    values: dict[str, Any] = {}
    for name in rule.arguments:
        converter = rule._converters[name]
        if isinstance(converter, NumberConverter):
            values[name] = 999_999
        else:
            values[name] = min(converter.items) if isinstance(converter, AnyConverter) else public_id
    built = rule.build(values, append_unknown=False)
    assert built is not None
    return built[1]


def knock(app: Flask, who: User | None, method: str, url: str) -> int:
    browser: FlaskClient = app.test_client()
    session.rollback()  # let go of what the last knock read
    if who is not None:
        factories.sign_in(browser, who)
    answer = browser.open(url, method=method, data={} if method not in READING else None)
    if answer.status_code in (302, 303) and answer.headers["Location"].startswith("/sign-in?next="):
        return 401
    if answer.headers.get("WWW-Authenticate") == "Bearer":
        return 404  # a program's key opens it and no account does: tests/metrics/test_figures_api.py
    return answer.status_code


def wrong(allowed: frozenset[Role], is_somebody: bool, roles: frozenset[Role], status: int) -> str:
    """What is wrong with an answer, or nothing."""
    if status >= 500 and status != 503:  # 503: the health page tells that no worker runs
        return "broke"
    if not allowed:
        return "closed to the public" if status == 401 else ""
    if not is_somebody:
        return "" if status == 401 else "let nobody in"
    may = allowed == ANY or bool(allowed & roles)
    if may:
        return "kept a role out" if status in (401, 403) else ""
    return "" if status == 403 else "let a role in"


def try_every_role(app: Flask, everyone: Cast, tried: list[tuple[Rule, str]], nth: int = 1) -> tuple[int, list[str]]:
    """Knock at routes as everybody, at every nth cell; how many cells, and what was wrong."""
    count, faults = 0, []
    for at, (rule, method) in enumerate(tried):
        allowed = declared(app.view_functions[rule.endpoint]) or frozenset()
        url = address(rule, NO_ID)
        for name, who in islice(everyone.people.items(), at % nth, None, nth):
            status = knock(app, who, method, url)
            fault = wrong(allowed, who is not None, everyone.roles[name], status)
            count += 1
            if fault:
                faults.append(f"{method} {rule.rule} {fault}: {name} got {status}")
    return count, faults


def try_every_stranger(
    app: Flask, everyone: Cast, tried: list[tuple[Rule, str]], nth: int = 1
) -> tuple[int, list[str]]:
    """Strangers must be answered alike whether an id is a case's or nobody's; how many cells, and what was wrong.

    In a quick look every third kind of record is tried, in turn.
    """
    strangers = [n for n in everyone.people if n.endswith("elsewhere") or n in STRANGERS_HERE]
    count, faults = 0, []
    guarded = [
        (rule, method) for rule, method in tried
        if _takes_ids(rule) and declared(app.view_functions[rule.endpoint]) not in (None, frozenset(), ANY)
    ]  # fmt: skip
    for at, (rule, method) in enumerate(guarded):
        for name in islice(strangers, at % nth, None, nth):
            who = everyone.people[name]
            unknown = knock(app, who, method, address(rule, NO_ID))
            for kind, ids in islice(everyone.ids.items(), at % min(nth, 3), None, min(nth, 3)):
                count += 1
                status = knock(app, who, method, address(rule, ids[0]))
                if status != unknown:
                    faults.append(f"{method} {rule.rule} with an id of {kind}: {name} got {status}, not {unknown}")
    return count, faults


EVERY_TWELFTH_OR_ALL = pytest.mark.parametrize(
    ("nth", "least"), [pytest.param(12, 300, id="small"), pytest.param(1, 3_000, id="all", marks=pytest.mark.full)]
)


@pytest.mark.promise(8)
@EVERY_TWELFTH_OR_ALL
def test_each_role_reaches_what_the_list_says(app: Flask, everyone: Cast, nth: int, least: int) -> None:
    count, faults = try_every_role(app, everyone, list(cells(app)), nth)
    print(f"promise 8: route x method x person: {count} cells, {len(faults)} wrong")  # noqa: T201
    assert count >= least
    assert not faults, "\n" + "\n".join(faults)


@pytest.mark.promise(8)
@EVERY_TWELFTH_OR_ALL
def test_to_another_programme_a_case_looks_like_none(app: Flask, everyone: Cast, nth: int, least: int) -> None:
    count, faults = try_every_stranger(app, everyone, list(cells(app)), nth)
    print(f"promise 8: route x method x stranger x record: {count} cells, {len(faults)} wrong")  # noqa: T201
    assert count >= least
    assert not faults, "\n" + "\n".join(faults)


@pytest.mark.promise(8)
def test_a_door_that_nobody_watches_is_found(app: Flask, everyone: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: pages say who may enter, and nobody asks them."""
    unwatched = [each for each in app.before_request_funcs[None] if each is not access._enforce]
    monkeypatch.setitem(app.before_request_funcs, None, unwatched)
    _count, faults = try_every_role(app, everyone, [each for each in cells(app) if each[0].rule == "/people"])
    assert any("let a role in" in fault for fault in faults)
    assert any("let nobody in" in fault for fault in faults)


@pytest.mark.promise(8)
def test_a_page_that_shows_other_programmes_cases_is_found(app: Flask, everyone: Cast) -> None:
    """The planted fault: a case is fetched without asking who looks."""

    def peek(public_id: str) -> str:
        found = session.execute(select(factories.Case).where(factories.Case.public_id == public_id)).first()
        return "seen" if found else abort(404)

    app.add_url_rule("/peek/<public_id>", "peek", open_to(Role.COORDINATOR)(peek))
    _count, faults = try_every_stranger(app, everyone, [each for each in cells(app) if each[0].endpoint == "peek"])
    assert faults == ["GET /peek/<public_id> with an id of case: coordinator elsewhere got 200, not 404"]
