"""While a case is paused nobody's time runs, everybody is told once, and it runs on by the business time it stood."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.clients import jobs as clients_jobs
from app.clients import operations as clients
from app.clients.models import CaseStatus, PartyRole
from app.core import clock
from app.core.db import session, transaction
from app.matching import jobs, operations, queries
from app.matching.models import Referral, ReferralStatus
from app.matching.refusals import CaseGone, CasePaused, CaseTaken
from app.volunteers.operations import pause_volunteer
from app.volunteers.refusals import SayWhatOfHolds
from tests import factories
from tests.matching.desk import MONDAY, Desk, lay, mails, tasks
from tests.matching.firm import found, holding
from tests.matching.test_race import at_once
from tests.snapshots import same_as_stored

S = ReferralStatus
TUESDAY, FRIDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=4)


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def hold(desk: Desk, n: int = 0) -> Referral:
    with transaction():
        return operations.hold(desk.opening, actor=desk.user(n))


def pause(desk: Desk) -> None:
    with transaction():
        clients.pause_case(desk.case, "client_away", date(2026, 11, 20), actor=desk.staff)


def resume(desk: Desk) -> None:
    with transaction():
        clients.resume_case(desk.case, actor=desk.staff)


def sweep() -> int:
    return sum(job() for job in (jobs.expire_one, jobs.warn_one, clients_jobs.ask_about_clock_one))


def test_a_hold_stands_still_and_runs_on_by_the_business_time_of_the_pause(app: Flask) -> None:
    desk = lay(clock_ends_at=MONDAY + timedelta(days=8))
    referral, before = hold(desk), desk.case.clock_ends_at
    ended = referral.ends_at  # Thursday, 5 in the afternoon in Chicago
    with clock.at(TUESDAY):
        pause(desk)
        pause(desk)
    with clock.at(MONDAY + timedelta(days=18)):
        assert (sweep(), referral.is_too_late, referral.status) == (0, False, S.HELD)
    with clock.at(FRIDAY + timedelta(days=4)):  # a Tuesday again: 40 office hours later
        resume(desk)
        assert (referral.ends_at, before) == (ended + timedelta(days=8), MONDAY + timedelta(days=8))
        assert desk.case.clock_ends_at == before + timedelta(days=8)  # the 11th is a holiday
        assert sweep() == 0
    assert [m.kind for m in mails()] == ["matching.held", "matching.stands_still", "matching.runs_on"]
    assert "You lose" not in mails("matching.stands_still")[0].text
    assert "held for you until" in mails("matching.runs_on")[0].text
    with clock.at(FRIDAY + timedelta(days=11)):
        assert jobs.expire_one() is True
    assert referral.status is S.EXPIRED


def test_a_pause_over_a_weekend_gives_nobody_more_time(app: Flask) -> None:
    desk = lay()
    referral = hold(desk)
    ended = referral.ends_at
    saturday = datetime(2026, 10, 31, 15, tzinfo=UTC)
    with clock.at(saturday):
        pause(desk)
    with clock.at(saturday + timedelta(days=1)):
        resume(desk)
    assert referral.ends_at == ended


def test_time_that_runs_on_still_ends_before_the_critical_date(app: Flask) -> None:
    desk = lay(next_critical_on=date(2026, 11, 13), clock_ends_at=MONDAY + timedelta(days=5))
    with transaction():
        clients.add_critical_date(desk.case, kind="hearing", on_day=date(2026, 11, 13), actor=desk.staff)
    referral = hold(desk)
    pause(desk)
    with clock.at(MONDAY + timedelta(days=9)):
        resume(desk)
        midnight = datetime(2026, 11, 13, 6, tzinfo=UTC)
        assert referral.ends_at <= midnight
        assert desk.case.clock_ends_at <= midnight
        assert referral.ends_at > clock.now()


def test_an_offer_and_a_request_stand_still_too_and_staff_owe_their_answer_later(app: Flask) -> None:
    desk = lay(volunteers=2)
    referral = hold(desk)
    with transaction():
        operations.attest(referral, "clear", actor=desk.user())
    (task,) = tasks("answer_request")
    due = task.due_at
    with transaction():
        other = factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff)
    with transaction():
        offer = operations.send_offer(other.lead_opening, desk.volunteer(1), actor=desk.staff)
        until = offer.ends_at
    for case in (desk.case, other):
        with transaction():
            clients.pause_case(case, "client_away", date(2026, 11, 20), actor=desk.staff)
    with clock.at(MONDAY + timedelta(days=7)):
        assert sweep() == 0
        with pytest.raises(CasePaused, match="CasePaused"), transaction():
            operations.accept_offer(offer, actor=desk.user(1))
        with pytest.raises(CasePaused), transaction():
            operations.confirm_request(referral, actor=desk.staff)
        for case in (desk.case, other):
            with transaction():
                clients.resume_case(case, actor=desk.staff)
        assert offer.ends_at == until + timedelta(days=8)
        assert task.due_at == referral.ends_at == due + timedelta(days=8)
        with transaction():
            assert operations.accept_offer(offer, actor=desk.user(1)).status is S.HELD


def test_who_waits_is_asked_when_the_case_goes_on_and_not_before(app: Flask) -> None:
    desk = lay()
    referral = hold(desk)
    with transaction():
        waiting = operations.join_waiting_list(desk.opening, actor=desk.user(1))
    pause(desk)
    with pytest.raises(CasePaused), transaction():
        operations.attest(referral, "clear", actor=desk.user())
    with transaction():
        operations.withdraw_hold(referral, actor=desk.user())
    assert (waiting.status, mails("matching.your_turn")) == (S.WAITLISTED, [])
    with clock.at(FRIDAY):
        resume(desk)
    assert waiting.status is S.OFFERED
    assert len(mails("matching.your_turn")) == 1
    assert queries.holding(desk.opening) is None


def test_a_firm_keeps_its_time_too(app: Flask) -> None:
    desk = lay(2)
    firm = found(desk, 0)
    referral = holding(desk, firm)
    ended = referral.ends_at
    pause(desk)
    with clock.at(MONDAY + timedelta(days=7)):
        assert sweep() == 0
        resume(desk)
    assert referral.ends_at == ended + timedelta(days=8)
    assert len(mails("matching.firm_stands_still")) == len(mails("matching.firm_runs_on")) == 1


def test_a_pause_and_a_claim_at_the_same_moment_leave_no_hold_whose_time_runs(app: Flask) -> None:
    desk = lay(volunteers=4)

    def claim(n: int) -> str:
        try:
            with clock.at(MONDAY), transaction():
                operations.hold(desk.opening, actor=desk.user(n))
        except (CaseGone, CaseTaken):
            return "gone"
        return "held"

    def stop() -> str:
        with clock.at(MONDAY):
            pause(desk)
        return "paused"

    said = at_once(app, [*(lambda n=n: claim(n) for n in range(4)), stop])
    session.rollback()
    assert desk.case.paused_at is not None
    assert len(said) - said.count("") == 5
    assert (said.count("held"), len(mails("matching.stands_still"))) in {(0, 0), (1, 1)}
    with clock.at(MONDAY + timedelta(days=30)):
        assert sweep() == 0


def test_a_pause_and_an_offer_to_a_firm_at_the_same_moment_leave_no_offer_whose_time_runs(app: Flask) -> None:
    desk = lay()
    firm = found(desk, 0)

    def offer() -> str:
        try:
            with clock.at(MONDAY), transaction():
                operations.ask_firm(desk.opening, firm.organisation, actor=desk.staff)
        except CaseGone:
            return "gone"
        return "offered"

    def stop() -> str:
        with clock.at(MONDAY):
            pause(desk)
        return "paused"

    said = at_once(app, [offer, stop])
    session.rollback()
    assert said[1] == "paused"
    assert (said[0], len(mails("matching.firm_stands_still"))) in {("gone", 0), ("offered", 1)}


def test_names_that_came_into_a_case_in_hand_are_answered_for_while_it_is_paused(
    app: Flask, client: FlaskClient
) -> None:
    desk = lay(programme={"claims_taken_at_once": True})
    referral = hold(desk)
    with transaction():
        operations.attest(referral, "clear", actor=desk.user())
    with clock.at(TUESDAY):
        pause(desk)
        with transaction():
            clients.add_party(desk.case, role=PartyRole.ADVERSE, name="Rosalind Quarry", actor=desk.staff)
        while jobs.void_one():
            pass
        factories.sign_in(client, desk.user())
        assert "Send my answer" in client.get(f"/my/matters/{referral.public_id}").text


def test_the_pages_say_paused_and_offer_nothing_that_would_be_refused(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    referral = hold(desk)
    pause(desk)
    factories.sign_in(client, desk.user())
    page = client.get(f"/my/matters/{referral.public_id}").text
    assert "The programme has paused this matter" in page
    assert "Held for you until" not in page
    assert "Send my answer" not in page
    assert "Give it back" in page
    assert "Paused" in client.get("/my/matters").text


def test_a_firms_pages_say_paused_too(app: Flask, client: FlaskClient) -> None:
    desk = lay(2)
    firm = found(desk, 0)
    referral = holding(desk, firm)
    pause(desk)
    factories.sign_in(client, firm.coordinator)
    page = client.get(f"/firm/matters/{referral.public_id}").text
    assert "The programme has paused this matter" in page
    assert "Held for the firm until" not in page
    assert "Give it back" in page
    assert "Paused" in client.get("/firm").text


def test_who_pauses_themselves_says_first_what_becomes_of_a_hold(app: Flask, client: FlaskClient) -> None:
    desk = lay(volunteers=2)
    referral = hold(desk)
    with transaction():
        waiting = operations.join_waiting_list(desk.opening, actor=desk.user(1))
    until = MONDAY.date() + timedelta(days=30)
    with pytest.raises(SayWhatOfHolds), transaction():
        pause_volunteer(desk.volunteer(), until, "leave", actor=desk.user())
    factories.sign_in(client, desk.user())
    page = client.get("/my/profile/pause").text
    assert f"{desk.case.number}, " in page
    asked = {"reason": "leave", "until-day": "2", "until-month": "12", "until-year": "2026"}
    refused = client.post("/my/profile/pause", data=asked)
    assert (refused.status_code, "Say whether you keep it or give it back" in refused.text) == (422, True)
    assert client.post("/my/profile/pause", data={**asked, "holds": "give_back"}).status_code == 303
    session.rollback()
    assert (referral.status, waiting.status, desk.volunteer().status) == (S.WITHDRAWN, S.OFFERED, "paused")
    assert client.get("/my/profile/pause").text.count("holds") == 0


def test_a_hold_is_kept_where_they_say_so_or_staff_pause_them(app: Flask) -> None:
    desk = lay(volunteers=2)
    until = MONDAY.date() + timedelta(days=30)
    kept = hold(desk)
    with transaction():
        pause_volunteer(desk.volunteer(), until, "leave", actor=desk.user(), holds="keep")
    with transaction():
        other = factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff)
    with transaction():
        second = operations.hold(other.lead_opening, actor=desk.user(1))
    with transaction():
        pause_volunteer(desk.volunteer(1), until, "leave", actor=desk.staff)
    assert kept.status is second.status is S.HELD


@pytest.mark.parametrize("standing", ["held", "offered", "requested"])
def test_what_the_mails_say(app: Flask, standing: str) -> None:
    desk = lay()
    with transaction():
        desk.case.number, desk.programme.name, desk.volunteer().given_name = "26-00012", "Lakeshore Legal Aid", "Noor"
        made = operations.send_offer(desk.opening, desk.volunteer(), actor=desk.staff)
        made.public_id = "matter0000000000"
    for status in [S.HELD, S.REQUESTED][: ["offered", "held", "requested"].index(standing)]:
        with transaction():
            if status is S.HELD:
                operations.accept_offer(made, actor=desk.user())
            else:
                operations.attest(made, "clear", actor=desk.user())
    pause(desk)
    with clock.at(FRIDAY):
        resume(desk)
    for name in ("stands_still", "runs_on"):
        same_as_stored(f"matching.{name}.{standing}.en", mails(f"matching.{name}")[0])
