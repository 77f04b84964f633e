"""What the engine reads: gathered for the whole docket in a fixed number of selects, the same as for one pair."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import event, select

from app.clients.models import CaseStatus, Opening
from app.core import clock
from app.core.db import engine, session, transaction
from app.matching import operations, rules
from app.matching.barring import Purpose
from app.matching.volunteer_rows import used_slots, volunteer_rows
from app.volunteers.models import Credential, CredentialKind, Membership, Organisation, Standing
from tests import factories
from tests.matching.desk import MONDAY, Desk, lay

TODAY = date(2026, 11, 2)
ZONE = "America/Chicago"


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def busy_desk() -> Desk:
    desk = lay(volunteers=4, priority_level="critical")
    with transaction():
        firm = factories.add(Organisation(name="Orchard Partners"))
        factories.add(Membership(volunteer_id=desk.volunteer_ids[1], organisation_id=firm.id))
        factories.add(Membership(volunteer_id=desk.volunteer_ids[2], organisation_id=firm.id))
        operations.bar(desk.case, firm, reason="conflict", actor=desk.staff)
        operations.send_offer(desk.opening, desk.volunteer(0), actor=desk.staff)
        factories.case(desk.programme, "in_service", owner=desk.staff, lead=desk.volunteer(3))
    return desk


def test_a_pair_alone_is_judged_as_in_the_whole_docket(app: Flask) -> None:
    desk = busy_desk()
    everyone = volunteer_rows(TODAY, ZONE)
    docket = rules.case_rows(rules.listed_openings())
    for n, person_id in enumerate(desk.volunteer_ids):
        assert everyone[person_id] == rules.one_volunteer(desk.volunteer(n), TODAY, ZONE)
        judged = rules.judge_rows(list(docket.values()), everyone[person_id], TODAY)
        assert judged[desk.opening.public_id].rules == rules.rules_against(desk.opening, desk.volunteer(n), TODAY)
    assert docket[desk.opening_id] == rules.one_case(desk.opening)


def test_who_is_barred_and_why_it_counts(app: Flask) -> None:
    desk = busy_desk()
    names = [desk.volunteer(n).public_id for n in range(4)]
    assert set(rules.one_case(desk.opening).barred) == {names[0], names[1], names[2]}
    assert set(rules.one_case(desk.opening, Purpose.CLAIM).barred) == {names[1], names[2]}


def test_an_open_offer_and_a_live_case_take_a_slot(app: Flask) -> None:
    desk = busy_desk()
    rows = volunteer_rows(TODAY, ZONE)
    assert [rows[person].slots for person in desk.volunteer_ids] == [2, 3, 3, 2]
    assert used_slots()[desk.volunteer_ids[3]] == 1
    assert used_slots()[desk.volunteer_ids[0]] == 0


@pytest.mark.parametrize(("days", "counts"), [(0, (1, 1)), (13, (1, 1)), (14, (0, 1)), (59, (0, 1)), (60, (0, 0))])
def test_asks_are_counted_by_whole_days(app: Flask, days: int, counts: tuple[int, int]) -> None:
    desk = lay()
    with transaction():
        operations.send_offer(desk.opening, desk.volunteer(), actor=desk.staff)
    row = volunteer_rows(TODAY + timedelta(days=days), ZONE)[desk.volunteer_ids[0]]
    assert (row.asks_14d, row.asks_60d) == counts
    assert row.last_asked_on == TODAY


def test_a_licence_counts_through_its_last_day(app: Flask) -> None:
    desk = lay()
    with transaction():
        licence = session.execute(
            select(Credential).where(
                Credential.volunteer_id == desk.volunteer_ids[0], Credential.kind == CredentialKind.FULL_LICENCE
            )
        ).scalar_one()
        licence.valid_until = TODAY
    assert rules.one_volunteer(desk.volunteer(), TODAY, ZONE).licences == ("WI",)
    later = rules.one_volunteer(desk.volunteer(), TODAY + timedelta(days=1), ZONE)
    assert (later.licences, later.roles) == ((), ())


def test_a_programme_that_excludes_somebody_bars_them_from_its_cases(app: Flask) -> None:
    desk = lay()
    with transaction():
        factories.add(Standing(volunteer_id=desk.volunteer_ids[0], programme_id=desk.programme_id,
                               standing="excluded"))  # fmt: skip
    assert rules.rules_against(desk.opening, desk.volunteer(), TODAY) == ["barred"]


def test_the_selects_do_not_grow_with_the_docket(app: Flask) -> None:
    desk = busy_desk()

    def selects() -> int:
        seen: list[str] = []
        note = lambda conn, cursor, statement, *rest: seen.append(statement)  # noqa: E731
        event.listen(engine(), "before_cursor_execute", note)
        rules.case_rows(rules.listed_openings())
        volunteer_rows(TODAY, ZONE)
        event.remove(engine(), "before_cursor_execute", note)
        return len(seen)

    selects()
    few = selects()
    with transaction():
        for _ in range(6):
            factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff)
            factories.volunteer()
    assert session.query(Opening).count() > 6
    selects()
    assert selects() == few
    assert few <= 20
