"""What comes from stale pages, second clicks, guessed and crafted ids: a clear sentence, and nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts import operations as accounts
from app.clients import operations as clients
from app.clients.models import Case, CaseStatus, Opening, OpeningStatus
from app.core import clock
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.mail import Mail
from app.matching import jobs, operations
from app.matching.models import Assignment, Bar, Referral
from app.matching.refusals import RulesAgainst
from app.tasks.models import Task
from app.volunteers.models import Volunteer, VolunteerStatus
from tests import factories
from tests.matching.desk import MONDAY, Desk, lay

YES = {"confidential": "y"}
CLEAR = {"answer": "clear", "checked": "y", "names_read": "1-"}
GONE = "This matter is no longer open."
OVER = "You no longer hold this matter. Your list shows what you could take now."
NOT_FOUND = "We could not find that page"
BY_HAND = {"reason": "phone_yes", "checked": "y"}
TOO_LATE = ("takes no new cases now", 409)
NOBODY = "0" * 16


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


@dataclass
class Try:
    """Somebody sends a form: from where things stood, what, and what they are told."""

    before: Callable[[Desk], Any]
    path: Callable[[Desk], str]
    data: Callable[[Desk], dict[str, str]] | dict[str, str]
    told: str
    status: int = 409
    who: str = "volunteer"
    later: timedelta = field(default_factory=timedelta)


def state() -> list[Any]:
    """Everything that placing writes."""
    session.rollback()
    found: list[Any] = [session.execute(select(func.count()).select_from(kind)).scalar_one()
                        for kind in (Mail, AuditEntry, Assignment, Bar, Task)]  # fmt: skip
    for columns in (
        (Referral.id, Referral.status, Referral.ends_at, Referral.reason, Referral.version),
        (Case.id, Case.status, Case.clock_ends_at, Case.version),
        (Opening.id, Opening.status),
        (Volunteer.id, Volunteer.status, Volunteer.available_from),
    ):
        found.append(session.execute(select(*columns).order_by(columns[0])).all())
    return found


def nothing(desk: Desk) -> None:
    """Nothing happened before."""


def hold(desk: Desk, n: int = 0) -> Referral:
    return operations.hold(desk.opening, actor=desk.user(n))


def ask(desk: Desk) -> Referral:
    return operations.attest(hold(desk), "clear", actor=desk.user())


def offer(desk: Desk) -> Referral:
    return operations.send_offer(desk.opening, desk.volunteer(), actor=desk.staff)


def expired(desk: Desk) -> None:
    referral = hold(desk)
    referral.status, referral.ended_at = "expired", clock.now()  # type: ignore[assignment]


def placed_with_another(desk: Desk) -> None:
    offer(desk)
    operations.place_by_hand(desk.opening, desk.volunteer(1), "phone_yes", actor=desk.staff, checked=True)


def in_status(status: CaseStatus) -> Callable[[Desk], None]:
    def change(desk: Desk) -> None:
        desk.case.status = status
        desk.opening.status = OpeningStatus.CLOSED

    return change


def refused(desk: Desk) -> None:
    operations.refuse_request(ask(desk), "level", actor=desk.staff)


def handed_back(desk: Desk) -> None:
    part = operations.confirm_request(ask(desk), actor=desk.staff)
    operations.end_assignment(part, "no_time", CaseStatus.AVAILABLE, actor=desk.staff)


def placed_after_a_no(desk: Desk) -> None:
    """No by mail, then yes on the phone."""
    operations.decline_offer(offer(desk), None, actor=None)
    operations.place_by_hand(desk.opening, desk.volunteer(), "phone_yes", actor=desk.staff, checked=True)


def changed_parties(desk: Desk) -> None:
    ask(desk)
    desk.case.parties_version = 2


def mine(act: str) -> Callable[[Desk], str]:
    return lambda desk: f"/my/matters/{session.query(Referral).order_by(Referral.id).first().public_id}{act}"  # type: ignore[union-attr]


def opening(act: str) -> Callable[[Desk], str]:
    return lambda desk: f"/opportunities/{desk.opening.public_id}{act}"


def requested(act: str) -> Callable[[Desk], str]:
    return lambda desk: f"/requests/{session.query(Referral).one().public_id}{act}"


def at(path: str) -> Callable[[Desk], str]:
    return lambda desk: path.format(case=desk.case.public_id, opening=desk.opening.public_id)


def naming(public_id: Callable[[Desk], str], **more: str) -> Callable[[Desk], dict[str, str]]:
    return lambda desk: {"volunteer": public_id(desk), **more}


def paused(desk: Desk) -> None:
    desk.volunteer().status = VolunteerStatus.PAUSED


def closed_account(desk: Desk) -> None:
    accounts.deactivate_user(desk.user(), actor=None)


def first_id(desk: Desk) -> str:
    return desk.volunteer().public_id


TRIES: dict[str, Try] = {
    # claims on what is over
    **{
        f"claim on a case that is {status}": Try(in_status(status), opening("/hold"), YES, GONE, 404)
        for status in CaseStatus
        if status is not CaseStatus.AVAILABLE
    },
    "waiting for a closed case": Try(in_status(CaseStatus.CLOSED), opening("/wait"), {}, GONE, 404),
    "claim on a matter held by another": Try(
        lambda desk: hold(desk, 1), opening("/hold"), YES, "Someone else is looking at this matter just now."
    ),
    "claim while paused": Try(paused, opening("/hold"), YES, GONE, 404),
    "claim without the promise": Try(nothing, opening("/hold"), {}, "Tick the box first", 422),
    # stale pages
    "answer to a hold that ran out": Try(expired, mine("/attest"), CLEAR, OVER),
    "giving back what was placed meanwhile": Try(
        lambda desk: operations.confirm_request(ask(desk), actor=desk.staff), mine("/give-back"), {},
        "This matter is yours by now. To give it up, hand it back from its own page.",
    ),
    **{
        f"{name} after the case was handed back": Try(handed_back, mine(act), data, OVER)
        for name, act, data in (
            ("a clear answer", "/attest", {**CLEAR, "names_read": "1-"}),
            ("rather not", "/attest", {"answer": "declined", "names_read": "1-"}),
            ("giving back", "/give-back", {}),
        )
    },
    "a conflict from the mail of before, of whoever has the case by now": Try(
        placed_after_a_no, mine("/decline"), {"reason": "conflict"}, "This offer is no longer open.",
    ),
    "more time for a hold that ran out": Try(expired, mine("/extend"), {}, OVER),
    "a second extension": Try(
        lambda desk: operations.extend_hold(hold(desk), actor=desk.user()), mine("/extend"), {}, "extended once"
    ),
    "yes to an offer that is placed": Try(placed_with_another, mine("/accept"), YES, "This offer is no longer open."),
    "no to an offer that is placed": Try(placed_with_another, mine("/decline"), {}, "This offer is no longer open."),
    "yes to an offer that ran out": Try(
        offer, mine("/accept"), YES, "This offer is no longer open.", later=timedelta(days=9)
    ),
    "answer of another kind": Try(hold, mine("/attest"), {"answer": "perhaps"}, "This is not one of the choices", 422),
    "clear without the box": Try(hold, mine("/attest"), {"answer": "clear"}, "a clear answer covers every name", 422),
    "a request answered already": Try(
        refused, requested("/confirm"), {}, "This request is no longer open.", who="staff"
    ),
    "a request whose names changed": Try(
        changed_parties, requested("/confirm"), {}, "The names must be checked for conflicts again.", who="staff"
    ),
    "no to a request without a reason": Try(ask, requested("/refuse"), {}, "Choose a reason", 422, who="staff"),
    "names of a request, not of a hold": Try(ask, requested("/names"), {"which": "all"}, OVER, who="staff"),
    "an offer for a placed case": Try(
        placed_with_another, at("/matching/case/{case}/offer"), naming(lambda desk: desk.volunteer(1).public_id),
        GONE, who="staff",
    ),
    # guessed ids
    "somebody else's hold": Try(lambda desk: hold(desk, 1), mine("/attest"), CLEAR, NOT_FOUND, 404),
    "somebody else's hold given back": Try(lambda desk: hold(desk, 1), mine("/give-back"), {}, NOT_FOUND, 404),
    "an unknown matter": Try(nothing, at(f"/opportunities/{NOBODY}/hold"), YES, GONE, 404),
    "an unknown request": Try(nothing, at(f"/requests/{NOBODY}/confirm"), {}, NOT_FOUND, 404, "staff"),
    "an unknown opening by hand": Try(nothing, at(f"/openings/{NOBODY}/by-hand"), BY_HAND, NOT_FOUND, 404, "staff"),
    "an altered link": Try(offer, at("/offer/altered/decline"), {}, "This link no longer works.", 410),
    "a stranger's request": Try(ask, requested("/confirm"), {}, NOT_FOUND, 404, "stranger"),
    "a request confirmed by the volunteer": Try(ask, requested("/confirm"), {}, "", 403),
    # crafted volunteers
    **{
        f"{what}, {name}": Try(before, at(path), naming(who, **more), told, status, "staff")  # type: ignore[arg-type]
        for what, path, more in (
            ("an offer", "/matching/case/{case}/offer", {}),
            ("a placement by hand", "/openings/{opening}/by-hand", BY_HAND),
            ("a hold by hand", "/openings/{opening}/by-hand", {**BY_HAND, "checked": "not_yet"}),
        )
        for name, before, who, told, status in (
            ("of nobody", nothing, lambda desk: NOBODY, "", 404 if "offer" in what else 422),
            ("of a case's id", nothing, lambda desk: desk.case.public_id, "", 404 if "offer" in what else 422),
            ("of somebody paused", paused, first_id, *(TOO_LATE if "offer" in what else ("", 422))),
            ("of a closed account", closed_account, first_id, "The rules speak against this volunteer", 409),
        )
    },
    "a reason of nobody's": Try(
        nothing, at("/openings/{opening}/by-hand"), naming(first_id, reason="because", checked="y"),
        "This is not one of the choices", 422, "staff",
    ),
    "a mentor of nobody's": Try(
        nothing, at("/openings/{opening}/by-hand"), naming(first_id, mentor=NOBODY, **BY_HAND),
        "This is not one of the choices", 422, "staff",
    ),
    # days gone by
    "ask me again yesterday": Try(
        offer, mine("/ask-again"), {"day-month": "11", "day-day": "1", "day-year": "2026"},
        "Choose a day after today, within a year.", 422,
    ),
    "a clock extended into the past": Try(
        nothing, at("/cases/{case}/clock"),
        {"until-month": "10", "until-day": "1", "until-year": "2026", "reason": "more_time"}, "", 422, "staff",
    ),
}  # fmt: skip


def browser_of(app: Flask, desk: Desk, who: str) -> FlaskClient:
    if who == "stranger":
        with transaction():
            user = factories.coordinator(factories.programme())
    else:
        user = desk.staff if who == "staff" else desk.user()
    return factories.sign_in(app.test_client(), user)


@pytest.mark.parametrize("name", TRIES)
def test_a_clear_sentence_and_nothing_changed(app: Flask, name: str) -> None:
    tried, desk = TRIES[name], lay(3, volunteer={"capacity": 2})
    with transaction():
        tried.before(desk)
    path, data = tried.path(desk), tried.data(desk) if callable(tried.data) else tried.data
    with clock.at(MONDAY + tried.later):
        browser = browser_of(app, desk, tried.who)
        before = state()
        answer = browser.post(path, data=data)
    assert (answer.status_code, tried.told in answer.text) == (tried.status, True), answer.text[-3000:]
    assert "Traceback" not in answer.text
    assert "<h1" in answer.text  # a page, with a way on
    assert state() == before


TWICE: dict[str, tuple[Callable[[Desk], Any], Callable[[Desk], str], dict[str, str], str]] = {
    "hold": (nothing, opening("/hold"), YES, "volunteer"),
    "accept": (offer, mine("/accept"), YES, "volunteer"),
    "decline": (offer, mine("/decline"), {"reason": "too_far"}, "volunteer"),
    "attest": (hold, mine("/attest"), CLEAR, "volunteer"),
    "give back": (hold, mine("/give-back"), {}, "volunteer"),
    "wait": (lambda desk: hold(desk, 1), opening("/wait"), {}, "volunteer"),
    "confirm": (ask, requested("/confirm"), {}, "staff"),
    "refuse": (ask, requested("/refuse"), {"reason": "level"}, "staff"),
}


@pytest.mark.parametrize("name", TWICE)
def test_a_second_click_changes_nothing_and_is_no_error(app: Flask, name: str) -> None:
    before, path_of, data, who = TWICE[name]
    desk = lay(3)
    with transaction():
        before(desk)
    browser, path = browser_of(app, desk, who), path_of(desk)
    first = browser.post(path, data=data)
    assert first.status_code == 303
    after = state()
    second = browser.post(path, data=data)
    assert (second.status_code, second.headers["Location"]) == (303, first.headers["Location"])
    assert state() == after


def test_a_closed_account_is_out_at_the_next_click_and_is_asked_for_nothing(app: Flask) -> None:
    desk = lay()
    browser = browser_of(app, desk, "volunteer")
    with transaction():
        closed_account(desk)
    before = state()
    answer = browser.post(f"/opportunities/{desk.opening.public_id}/hold", data=YES)
    assert answer.status_code in (302, 401)
    assert state() == before
    with pytest.raises(RulesAgainst), transaction():
        offer(desk)


def test_what_ends_while_somebody_types_is_said(app: Flask) -> None:
    """The hold runs out between the page and the answer, and the next in line has the offer."""
    desk = lay()
    with transaction():
        referral = hold(desk)
        operations.join_waiting_list(desk.opening, actor=desk.user(1))
        path, ends = f"/my/matters/{referral.public_id}/attest", referral.ends_at
    assert ends is not None
    with clock.at(ends + timedelta(minutes=1)):
        assert jobs.expire_one()
        before = state()
        answer = browser_of(app, desk, "volunteer").post(path, data=CLEAR)
        assert (answer.status_code, OVER in answer.text) == (409, True)
        assert state() == before


def test_a_case_kept_by_staff_meanwhile_is_not_placed_from_a_stale_page(app: Flask) -> None:
    desk = lay()
    with transaction():
        ask(desk)
        path = requested("/confirm")(desk)
        clients.keep_with_staff(desk.case, "urgent", actor=desk.staff)
    before = state()
    answer = browser_of(app, desk, "staff").post(path)
    assert (answer.status_code, GONE in answer.text) == (409, True)
    assert state() == before
