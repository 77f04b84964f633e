"""Names are shown so that somebody takes a matter: how often one may hold without taking, and how much a firm."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from app.clients.models import CaseStatus, Opening
from app.core import clock
from app.core.db import session, transaction
from app.matching import operations, terms
from app.matching.models import Referral, ReferralStatus
from app.matching.refusals import FirmFull, HeldTwice, LookedEnough
from tests import factories
from tests.matching.desk import MONDAY, Desk, lay
from tests.matching.firm import found

S = ReferralStatus


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def more(desk: Desk, count: int) -> list[int]:
    """The openings of further listed cases."""
    with transaction():
        made = [factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff) for _ in range(count)]
        return [case.lead_opening.id for case in made]


def hold(desk: Desk, opening_id: int) -> Referral:
    with transaction():
        return operations.hold(session.get_one(Opening, opening_id), actor=desk.user())


def hold_and_give_back(desk: Desk, opening_id: int) -> None:
    referral = hold(desk, opening_id)
    with transaction():
        operations.withdraw_hold(referral, actor=desk.user())


def test_one_matter_is_held_twice_and_not_a_third_time(app: Flask) -> None:
    desk = lay(1)
    hold_and_give_back(desk, desk.opening_id)
    hold_and_give_back(desk, desk.opening_id)
    with pytest.raises(HeldTwice):
        hold(desk, desk.opening_id)
    with transaction(), pytest.raises(HeldTwice):
        operations.join_waiting_list(desk.opening, actor=desk.user())


def test_after_five_matters_given_back_the_names_of_a_sixth_stay_unread(app: Flask) -> None:
    desk = lay(1)
    openings = more(desk, 6)
    for each in openings[:5]:
        hold_and_give_back(desk, each)
    with pytest.raises(LookedEnough):
        hold(desk, openings[5])
    with clock.at(MONDAY + timedelta(days=8)):
        assert hold(desk, openings[5]).status is S.HELD


def test_an_answer_never_counts_against_anybody(app: Flask) -> None:
    desk = lay(1)
    openings = more(desk, 7)
    for n, each in enumerate(openings[:6]):
        referral = hold(desk, each)
        with transaction():
            operations.attest(referral, "conflict" if n % 2 else "declined", actor=desk.user())
    assert hold(desk, openings[6]).status is S.HELD


def test_a_firm_holds_as_many_matters_as_its_people_have_places(app: Flask) -> None:
    desk = lay(2, volunteer={"capacity": 1})
    firm = found(desk, 0, 1)
    openings = more(desk, 3)
    for each in openings[:2]:
        with transaction():
            operations.hold_for_firm(session.get_one(Opening, each), firm.organisation, actor=firm.coordinator)
    with transaction(), pytest.raises(FirmFull):
        operations.hold_for_firm(session.get_one(Opening, openings[2]), firm.organisation, actor=firm.coordinator)


def test_an_offer_or_hold_never_reaches_into_the_day_of_the_next_date(app: Flask) -> None:
    friday = datetime(2026, 11, 6, 22, 0, tzinfo=UTC)
    sunday = date(2026, 11, 8)
    with clock.at(friday):
        desk = lay(1, next_critical_on=sunday)
        start_of_sunday = datetime(2026, 11, 8, 6, 0, tzinfo=UTC)
        assert terms.offer_end(desk.case) == start_of_sunday
        assert terms.hold_end(desk.case) <= start_of_sunday
        assert terms.extended_end(friday, desk.case) == start_of_sunday
    with clock.at(datetime(2026, 11, 8, 18, 0, tzinfo=UTC)):  # the day itself: there is still an evening to answer
        assert terms.offer_end(desk.case) > clock.now()
