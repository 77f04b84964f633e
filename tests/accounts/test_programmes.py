"""Administration of programmes: their clock, voice, closed days and funding sources."""

from __future__ import annotations

from collections import Counter
from datetime import date, time, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.models import Closure, Grant, Programme, User
from app.accounts.operations_programmes import LimitsOutOfReach, set_small_counts
from app.core import clock
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.errors import NotAllowed, Stale
from tests import factories
from tests.matching.test_race import at_once

NEW: dict[str, Any] = {
    "name": "Prairie Legal Aid", "slug": "prairie", "prefix": "PR", "state": "WI", "time_zone": "America/Chicago",
    "sender_name": "Prairie office", "phone": "608-555-0123", "opens_at": "09:00", "closes_at": "17:00",
    "working_days": ["0", "1", "2", "3", "4"], "holiday_calendar": "US",
}  # fmt: skip


@pytest.fixture
def desk(client: FlaskClient, admin: User) -> FlaskClient:
    """Abel's browser."""
    return factories.sign_in(client, admin)


@pytest.fixture
def prairie(desk: FlaskClient) -> Programme:
    """A programme opened through the page."""
    assert desk.post("/programmes/new", data=NEW).status_code == 303
    return session.execute(select(Programme).where(Programme.slug == "prairie")).scalar_one()


def settings_of(programme: Programme, **changes: Any) -> dict[str, Any]:
    kept = {name: value for name, value in NEW.items() if name not in ("slug", "prefix")}
    return {**kept, "seen_version": str(programme.version), **changes}


def test_an_empty_desk_says_how_to_begin(client: FlaskClient, desk: FlaskClient) -> None:
    assert "No programme yet." not in desk.get("/programmes/new").text
    for programme in session.query(Programme).all():
        session.delete(programme)
    assert desk.get("/programmes").status_code == 200


def test_a_programme_is_opened(desk: FlaskClient, prairie: Programme) -> None:
    assert (prairie.prefix, prairie.opens_at, prairie.claims_taken_at_once) == ("PR", time(9), False)
    assert "Prairie Legal Aid" in desk.get("/programmes").text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "Write the name."),
        ({"slug": "Not Good"}, "Use small letters"),
        ({"prefix": "toolong"}, "one to four capital letters"),
        ({"phone": "call me"}, "Write the number with its area code"),
        ({"opens_at": "17:00", "closes_at": "09:00"}, "must close later than it opens"),
        ({"opens_at": "late"}, "Write the time like 09:00."),
        ({"working_days": []}, "Choose at least one day."),
        ({"sender_name": "Eviction Help Office"}, "“eviction” tells whoever sees a client’s mail what it is about."),
        ({"sender_name": "Prairie Legal Aid"}, "“legal” tells whoever sees"),
        ({"time_zone": "Mars/Base"}, "This is not one of the choices"),
        ({"holiday_calendar": "lunar"}, "This is not one of the choices"),
    ],
)
def test_settings_that_cannot_be(desk: FlaskClient, change: dict[str, Any], said: str) -> None:
    answer = desk.post("/programmes/new", data={**NEW, **change})
    assert answer.status_code == 422
    assert said in answer.text
    assert not session.query(Programme).where(Programme.name == NEW["name"]).count()


def test_a_short_name_is_used_once(desk: FlaskClient, prairie: Programme) -> None:
    assert desk.post("/programmes/new", data=NEW).status_code == 409


def test_settings_are_changed_and_audited_by_name(desk: FlaskClient, prairie: Programme) -> None:
    typed = settings_of(prairie, phone="608-555-0199", claims_taken_at_once="y", working_days=["1", "2"])
    assert desk.post(f"/programmes/{prairie.public_id}", data=typed).status_code == 303
    session.expire_all()
    assert (prairie.phone, prairie.claims_taken_at_once, prairie.working_days) == ("608-555-0199", True, ["1", "2"])
    entry = session.execute(select(AuditEntry).where(AuditEntry.action == "programme.change")).scalar_one()
    assert entry.after == {"changed": ["claims_taken_at_once", "phone", "working_days"]}


def test_a_stale_change_shows_both_texts(desk: FlaskClient, prairie: Programme) -> None:
    url, seen = f"/programmes/{prairie.public_id}", prairie.version
    desk.post(url, data=settings_of(prairie, sender_name="Prairie desk"))
    session.expire_all()
    answer = desk.post(url, data=settings_of(prairie, sender_name="Prairie team", seen_version=str(seen)))
    assert answer.status_code == 409
    assert "Prairie desk" in answer.text
    assert 'value="Prairie team"' in answer.text
    assert f'name="seen_version" type="hidden" value="{prairie.version}"' in answer.text
    session.expire_all()
    assert prairie.sender_name == "Prairie desk"


def day_typed(day: date) -> dict[str, str]:
    return {"closure-on_day-month": str(day.month), "closure-on_day-day": str(day.day),
            "closure-on_day-year": str(day.year), "closure-reason": "staff training"}  # fmt: skip


def test_a_day_is_closed_once_and_opened_again(desk: FlaskClient, prairie: Programme) -> None:
    day, url = clock.now().date() + timedelta(days=30), f"/programmes/{prairie.public_id}/closures"
    assert [desk.post(url, data=day_typed(day)).status_code for _ in range(2)] == [303, 409]
    assert "staff training" in desk.get(f"/programmes/{prairie.public_id}").text
    number = session.query(Closure.id).scalar()
    assert [desk.post(f"{url}/{number}/remove").status_code for _ in range(2)] == [303, 303]
    assert session.query(Closure).count() == 0
    acts = session.execute(select(AuditEntry.action).where(AuditEntry.action.like("programme.%_on"))).scalars().all()
    assert acts == ["programme.close_on", "programme.open_on"]


def test_a_day_that_is_none_is_refused(desk: FlaskClient, prairie: Programme) -> None:
    typed = {**day_typed(date(2026, 1, 1)), "closure-on_day-month": "13"}
    answer = desk.post(f"/programmes/{prairie.public_id}/closures", data=typed)
    assert answer.status_code == 422
    assert "We could not read the date." in answer.text
    assert 'value="13"' in answer.text


def test_another_programmes_closure_is_out_of_reach(desk: FlaskClient, prairie: Programme) -> None:
    with transaction():
        other = factories.programme()
        session.add(Closure(programme=other, on_day=date(2030, 1, 2), reason="move"))
    number = session.query(Closure.id).scalar()
    desk.post(f"/programmes/{prairie.public_id}/closures/{number}/remove")
    assert session.query(Closure).count() == 1


def test_a_funding_source_is_added(desk: FlaskClient, prairie: Programme) -> None:
    typed = {"grant-name": "Basic field grant", "grant-ruleset": "lsc", "grant-starts_on-month": "1",
             "grant-starts_on-day": "1", "grant-starts_on-year": "2026"}  # fmt: skip
    url = f"/programmes/{prairie.public_id}/grants"
    assert desk.post(url, data=typed).status_code == 303
    made = session.query(Grant).one()
    assert (made.name, made.starts_on, made.ends_on, made.programme_id) == (
        "Basic field grant", date(2026, 1, 1), None, prairie.id,
    )  # fmt: skip
    wrong = {**typed, "grant-ends_on-month": "1", "grant-ends_on-day": "1", "grant-ends_on-year": "2025"}
    assert "must come after the first" in desk.post(url, data=wrong).text
    unreadable = {**typed, "grant-ends_on-month": "x"}
    assert desk.post(url, data=unreadable).status_code == 422


def test_what_no_page_can_read_is_said_in_a_sentence(desk: FlaskClient) -> None:
    for answer, said in (
        (desk.get("/programmes?sort=%00"), "We could not read this address"),
        (desk.post("/programmes/new", data={**NEW, "name": "Prairie\0"}), "We could not read what was sent"),
    ):
        assert (answer.status_code, said in answer.text, "open for too long" in answer.text) == (400, True, False)


def test_rural_counties_are_marked_by_those_who_work_there_and_nobody_writes_over_another(client: FlaskClient) -> None:
    with transaction():
        here = factories.programme(counties=["55025", "55079", "55021"])
        ida, other = factories.coordinator(here), factories.coordinator(factories.programme())
    url = f"/programmes/{here.public_id}/rural-counties"
    assert factories.sign_in(client, other).get(url).status_code == 404
    desk = factories.sign_in(client, ida)
    assert "Columbia County" in desk.get(url).text
    assert desk.post(url, data={"counties": ["17031"], "seen": ""}).status_code == 422
    assert desk.post(url, data={"counties": ["55021"], "seen": ""}).status_code == 303
    stale = desk.post(url, data={"counties": ["55079"], "seen": ""})
    assert stale.status_code == 409
    assert "Columbia County" in stale.text
    session.expire_all()
    assert here.rural_counties == ["55021"]
    entry = session.execute(select(AuditEntry).where(AuditEntry.action == "programme.mark_rural")).scalar_one()
    assert (entry.before, entry.after) == ({"counties": []}, {"counties": ["55021"]})


def test_small_counts_are_hidden_from_a_number_on_that_protects_people(desk: FlaskClient, prairie: Programme) -> None:
    url = f"/programmes/{prairie.public_id}/small-counts"
    assert url in desk.get(f"/programmes/{prairie.public_id}").text
    assert 'value="5"' in desk.get(url).text
    typed = {"small_count": "8", "small_count_crossed": "20", "seen": "5 11"}
    for change, said in (
        ({"small_count": "4"}, "It cannot be less than 5"),
        ({"small_count": "51", "small_count_crossed": "60"}, "It cannot be more than 50"),
        ({"small_count_crossed": "10"}, "It cannot be less than 11"),
        ({"small_count_crossed": "101"}, "It cannot be more than 100"),
        ({"small_count": "25"}, "It cannot be less than the first number"),
        ({"small_count": "-7"}, "It cannot be less than 5"),
        ({"small_count": "many"}, "Write a whole number"),
        ({"small_count": ""}, "Write a number from 5 to 50."),
    ):
        answer = desk.post(url, data={**typed, **change})
        assert (answer.status_code, said in answer.text) == (422, True), change
        assert "<title>Error: Small counts" in answer.text, "said once, whoever says it"
        assert all(f'value="{kept}"' in answer.text for kept in {**typed, **change}.values() if kept), "nothing is lost"
    session.expire_all()
    assert prairie.floors == (5, 11)
    assert desk.post(url, data=typed).status_code == 303
    session.expire_all()
    assert (prairie.small_count, prairie.small_count_crossed, prairie.floors) == (8, 20, (8, 20))
    entry = session.execute(select(AuditEntry).where(AuditEntry.action == "programme.small_counts")).scalar_one()
    assert (entry.before, entry.after) == (
        {"small_count": 5, "small_count_crossed": 11}, {"small_count": 8, "small_count_crossed": 20},
    )  # fmt: skip


def test_nobody_sets_small_counts_over_anothers(desk: FlaskClient, prairie: Programme) -> None:
    url = f"/programmes/{prairie.public_id}/small-counts"
    assert desk.post(url, data={"small_count": "8", "small_count_crossed": "20", "seen": "5 11"}).status_code == 303
    stale = desk.post(url, data={"small_count": "6", "small_count_crossed": "12", "seen": "5 11"})
    assert stale.status_code == 409
    assert 'value="6"' in stale.text
    assert 'name="seen" type="hidden" value="8 20"' in stale.text
    session.expire_all()
    assert prairie.floors == (8, 20)
    again = {"small_count": "6", "small_count_crossed": "12", "seen": "8 20"}
    assert desk.post(url, data=again).status_code == 303
    session.expire_all()
    assert prairie.floors == (6, 12)


def test_of_many_who_set_small_counts_at_once_one_does(app: Flask, admin: User) -> None:
    with transaction():
        number, who = factories.programme().id, admin.id
    session.rollback()

    def setting(small: int) -> str:
        try:
            with transaction():
                programme, actor = session.get_one(Programme, number), session.get_one(User, who)
                set_small_counts(programme, small, 20, seen=(5, 11), actor=actor)
        except Stale:
            return "stale"
        return str(small)

    said = at_once(app, [lambda n=n: setting(n) for n in range(6, 18)])  # type: ignore[misc]
    assert Counter(said)["stale"] == 11
    session.expire_all()
    assert {str(session.get_one(Programme, number).small_count)} == {each for each in said if each != "stale"}


def test_small_counts_are_the_administrators_and_no_number_gets_below_what_protects(
    client: FlaskClient, admin: User
) -> None:
    with transaction():
        here = factories.programme()
        ida = factories.coordinator(here)
    assert factories.sign_in(client, ida).get(f"/programmes/{here.public_id}/small-counts").status_code == 403
    with pytest.raises(NotAllowed), transaction():
        set_small_counts(here, 8, 20, seen=(5, 11), actor=ida)
    for small, crossed in ((4, 11), (5, 10), (12, 11), (51, 60), (50, 101)):
        with pytest.raises(LimitsOutOfReach), transaction():
            set_small_counts(here, small, crossed, seen=(5, 11), actor=admin)
    here.small_count, here.small_count_crossed = 2, 3
    assert here.floors == (5, 11), "whatever stands in the table"
