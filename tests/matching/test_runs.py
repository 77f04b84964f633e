"""Placing the whole docket: what goes in, what comes out, once at a time, whatever dies in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.clients.models import CaseStatus
from app.core import clock
from app.core.db import session, transaction
from app.core.errors import NotAllowed
from app.matching import appeals, docket_jobs, operations, operations_proposals, operations_runs, queries
from app.matching.dockets import build_docket
from app.matching.engine.solve import place
from app.matching.models import DocketRun, Proposal, ProposalStatus, Referral, ReferralStatus, RunStatus, Unplaced
from app.matching.operations_proposals import ProposalDecided
from app.matching.refusals import AskedSince, NeedsMentor, RulesAgainst, VolunteerFull
from app.matching.run_rows import rows_of
from app.volunteers.models import Volunteer
from tests import factories
from tests.matching.desk import MONDAY, Desk, entries, lay, mails, tasks
from tests.matching.test_race import at_once

R, S = RunStatus, ProposalStatus


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def case(desk: Desk, **changes: Any) -> int:
    """One more listed case; the id of its opening."""
    with transaction():
        made = factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff, **changes)
        return made.lead_opening.id


def run(desk: Desk) -> DocketRun:
    """Ask for a run and do it."""
    with transaction():
        run_id = operations_runs.ask_for_run(actor=desk.staff).id
    assert docket_jobs.run_one()
    assert not docket_jobs.run_one()
    return session.get_one(DocketRun, run_id)


def proposed(run: DocketRun) -> dict[int, int]:
    """Opening to volunteer."""
    return {p.opening_id: p.volunteer_id for p in run.proposals}


def accept(proposal_id: int, desk: Desk, mentor: Any = None) -> Referral:
    with transaction():
        chosen = session.get_one(Proposal, proposal_id)
        return operations_proposals.accept_proposal(chosen, actor=desk.staff, mentor=mentor)


def test_a_run_places_what_can_be_placed_and_says_why_the_rest_waits(app: Flask) -> None:
    desk = lay(volunteers=1, volunteer={"capacity": 1}, priority_level="high", priority_rank=2)
    less_urgent = case(desk)
    nobody = case(desk, problem_code="32", language="es", interpreter=False, priority_level="critical", priority_rank=1)
    found = run(desk)
    assert found.status is R.DONE
    assert proposed(found) == {desk.opening_id: desk.volunteer_ids[0]}
    proposal = found.proposals[0]
    assert (proposal.rank, proposal.able, proposal.runner_up_id) == (1, 1, None)
    assert proposal.fit == sum(proposal.terms.values())
    assert found.report is not None
    assert (found.report["cases"], found.report["placed"], found.report["gap"]) == (3, 1, 0)
    assert found.report["value"] == found.report["upper_bound"] == proposal.fit
    why = {row.opening_id: row for row in found.unplaced}
    assert why[less_urgent].reason == "all_taken"
    assert why[less_urgent].blocking == [[desk.volunteer_ids[0], [desk.opening_id], True]]
    assert found.found == [
        [nobody, 0, 0], [desk.opening_id, desk.volunteer_ids[0], proposal.fit], [less_urgent, 0, 0],
    ]  # fmt: skip
    assert (why[nobody].reason, why[nobody].blocking) == ("no_one_can", [])
    assert dict(why[nobody].funnel)["no_area"] == 0
    assert [want["area"] for want in found.wanted or []]
    assert [entry.action for entry in (*entries("run.ask"), *entries("run.done"))] == ["run.ask", "run.done"]


def test_what_is_held_offered_or_paused_is_given_and_not_decided_again(app: Flask) -> None:
    desk = lay(volunteers=2, volunteer={"capacity": 1}, priority_level="high", priority_rank=2)
    offered, paused, free = case(desk), case(desk), case(desk)
    with transaction():
        operations.hold(desk.opening, actor=desk.user(0))
        opening = session.get_one(factories.Opening, offered)
        operations.send_offer(opening, desk.volunteer(1), actor=desk.staff)
        session.get_one(factories.Opening, paused).case.paused_at = clock.now()
    found = run(desk)
    assert found.report is not None
    assert found.report["cases"] == 1
    (left,) = found.unplaced
    assert (left.opening_id, left.reason) == (free, "all_taken")
    assert sorted(left.blocking) == [[desk.volunteer_ids[0], [], True], [desk.volunteer_ids[1], [], True]]


def test_nobody_is_proposed_for_what_was_to_be_done_by_yesterday(app: Flask) -> None:
    """Every offer of it would be refused, and the volunteer's place would be lost to the others."""
    desk = lay(volunteers=1, volunteer={"capacity": 1}, priority_level="high", priority_rank=2)
    urgent = case(desk, priority_level="critical", priority_rank=1)
    with transaction():
        session.get_one(factories.Opening, urgent).ends_on = MONDAY.date() - timedelta(days=1)
    found = run(desk)
    assert [proposal.opening_id for proposal in found.proposals] == [desk.opening_id]
    assert found.unplaced == []
    assert session.scalars(appeals.matters(desk.staff)).all() == [desk.opening]


def test_who_said_no_is_not_proposed_again(app: Flask) -> None:
    desk = lay(volunteers=1)
    with transaction():
        sent = operations.send_offer(desk.opening, desk.volunteer(), actor=desk.staff)
        operations.decline_offer(sent, "no_time", actor=None)
    (left,) = run(desk).unplaced
    assert (left.reason, left.binding_rule) == ("no_one_can", "barred")


def test_the_docket_is_that_of_every_programme(app: Flask) -> None:
    desk = lay(volunteers=1, volunteer={"capacity": 2})
    other = lay(volunteers=0)
    assert set(proposed(run(desk))) == {desk.opening_id, other.opening_id}


def test_the_same_input_gives_the_same_proposals(app: Flask) -> None:
    desk = lay(volunteers=5, volunteer={"capacity": 2})
    for _ in range(6):
        case(desk)
    first, second = run(desk), run(desk)
    assert first.input_digest == second.input_digest
    assert proposed(first) == proposed(second)
    case(desk)
    assert run(desk).input_digest != first.input_digest


def test_one_run_at_a_time(app: Flask) -> None:
    desk = lay()
    staff_id = desk.staff_id
    session.rollback()

    def ask() -> str:
        with clock.at(MONDAY), transaction():
            return operations_runs.ask_for_run(actor=session.get_one(factories.User, staff_id)).public_id

    assert len(set(at_once(app, [ask] * 4))) == 1
    assert session.execute(select(func.count()).select_from(DocketRun)).scalar_one() == 1
    with transaction():
        stranger = factories.user(factories.Role.FUNDER, programme=desk.programme)
    with pytest.raises(NotAllowed), transaction():
        operations_runs.ask_for_run(actor=stranger)


def test_two_workers_do_a_run_once(app: Flask) -> None:
    desk = lay()
    with transaction():
        operations_runs.ask_for_run(actor=None)

    def work() -> str:
        with clock.at(MONDAY):
            return str(docket_jobs.run_one())

    at_once(app, [work] * 3)
    session.rollback()
    assert session.query(Proposal).count() == 1
    assert session.query(DocketRun).one().status is R.DONE
    assert desk.opening_id == session.query(Proposal).one().opening_id


def test_a_run_whose_worker_is_gone_is_begun_again_when_its_lease_ends(app: Flask) -> None:
    desk = lay()
    with transaction():
        operations_runs.ask_for_run(actor=desk.staff)
    held = docket_jobs._take()
    assert held is not None
    laid = build_docket(held.as_of)
    docket_jobs.close_reading()
    assert not docket_jobs.run_one()
    with clock.at(MONDAY + operations_runs.LEASE + timedelta(seconds=1)):
        assert docket_jobs.run_one()
        assert session.query(Proposal).count() == 1
        docket_jobs._write(held, rows_of(held.run_id, laid, place(laid.docket), {}, held.tell))
    session.rollback()
    assert session.query(Proposal).count() == 1, "who was gone writes nothing any more"


def test_a_wish_to_stop_is_heard_between_steps(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = lay()
    with transaction():
        asked = operations_runs.ask_for_run(actor=desk.staff)
    docket = build_docket

    def meanwhile(as_of: Any) -> Any:
        laid = docket(as_of)
        with transaction():
            operations_runs.cancel_run(session.get_one(DocketRun, asked.id), actor=desk.staff)
        return laid

    monkeypatch.setattr(docket_jobs, "build_docket", meanwhile)
    assert docket_jobs.run_one()
    assert session.query(DocketRun).one().status is R.CANCELLED
    assert session.query(Proposal).count() == 0
    with transaction():
        waiting = operations_runs.ask_for_run(actor=desk.staff)
        assert operations_runs.cancel_run(waiting, actor=desk.staff).status is R.CANCELLED
    assert not docket_jobs.run_one()


def test_what_is_asked_while_a_run_is_at_work_is_not_its_to_propose(app: Flask) -> None:
    desk = lay(volunteers=2, volunteer={"capacity": 2}, priority_level="critical", priority_rank=1)
    free = case(desk)
    with transaction():
        operations_runs.ask_for_run(actor=desk.staff)
    held = docket_jobs._take()
    assert held is not None
    laid = build_docket(held.as_of)
    docket_jobs.close_reading()
    with transaction():
        operations.send_offer(desk.opening, desk.volunteer(0), actor=desk.staff)
    docket_jobs._write(held, rows_of(held.run_id, laid, place(laid.docket), {}, held.tell))
    session.rollback()
    decided = {p.opening_id: (p.status, p.refusal) for p in session.query(Proposal)}
    assert decided == {desk.opening_id: (S.REFUSED, operations_runs.MOVED), free: (S.OPEN, None)}


def test_how_far_a_run_is_is_written_down_and_keeps_its_lease(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    lay()
    with transaction():
        operations_runs.ask_for_run(actor=None)
    held = docket_jobs._take()
    assert held is not None
    monkeypatch.setattr(docket_jobs, "TELL_EVERY", 0.0)
    with clock.at(MONDAY + timedelta(minutes=2)):
        held.tell("coverage", 2_000, 5_000)
    session.rollback()
    told = session.query(DocketRun).one()
    assert (told.stage, told.stage_done, told.stage_total) == ("coverage", 2_000, 5_000)
    assert told.lease_until == MONDAY + timedelta(minutes=2) + operations_runs.LEASE


def test_a_run_whose_worker_is_gone_is_stopped_at_once(app: Flask) -> None:
    desk = lay()
    with transaction():
        asked = operations_runs.ask_for_run(actor=desk.staff)
    assert docket_jobs._take() is not None
    with clock.at(MONDAY + operations_runs.LEASE + timedelta(seconds=1)), transaction():
        assert operations_runs.cancel_run(asked, actor=desk.staff).status is R.CANCELLED
    assert not docket_jobs.run_one()


def test_a_run_that_breaks_says_so_and_makes_room(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = lay()
    with transaction():
        operations_runs.ask_for_run(actor=desk.staff)

    def broken(as_of: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(docket_jobs, "build_docket", broken)
    assert docket_jobs.run_one()
    failed = session.query(DocketRun).one()
    assert (failed.status, failed.failure) == (R.FAILED, "MemoryError")
    monkeypatch.undo()
    with clock.at(MONDAY):
        assert run(desk).status is R.DONE


def test_every_night_asks_once(app: Flask) -> None:
    lay()
    docket_jobs.every_night()
    docket_jobs.every_night()
    assert [row.asked_by_id for row in session.query(DocketRun)] == [None]


def test_a_first_start_places_the_docket_once_and_the_night_again(app: Flask) -> None:
    for moment, runs in ((MONDAY, 1), (MONDAY + timedelta(days=1), 2)):
        with clock.at(moment):
            if moment == MONDAY:
                lay()
                docket_jobs.place_docket_now()
            docket_jobs.every_night()
            docket_jobs.run_one()
            session.rollback()
            assert session.query(DocketRun).count() == runs


def test_accepting_sends_one_offer_whatever_the_clicks(app: Flask) -> None:
    desk = lay()
    found = run(desk)
    proposal_id = found.proposals[0].id
    first = accept(proposal_id, desk).id
    assert accept(proposal_id, desk).id == first
    assert len(mails("matching.offer")) == 1
    assert (session.get_one(Referral, first).run_id, session.get_one(Referral, first).fit) == (
        found.id, session.get_one(Proposal, proposal_id).fit,
    )  # fmt: skip
    with pytest.raises(ProposalDecided), transaction():
        operations_proposals.dismiss_proposal(session.get_one(Proposal, proposal_id), actor=desk.staff)


def test_two_coordinators_accepting_at_once_send_one_offer(app: Flask) -> None:
    desk = lay()
    with transaction():
        second = factories.coordinator(desk.programme).id
    proposal_id = run(desk).proposals[0].id
    people = [desk.staff_id, second]
    session.rollback()

    def click(who: int) -> str:
        with clock.at(MONDAY), transaction():
            actor = session.get_one(factories.User, who)
            return str(operations_proposals.accept_proposal(session.get_one(Proposal, proposal_id), actor=actor).id)

    said = at_once(app, [lambda who=who: click(who) for who in people * 2])
    assert len(set(said)) == 1
    session.rollback()
    assert session.query(Referral).count() == 1
    assert len(mails("matching.offer")) == len(entries("proposal.accept")) == 1


def test_proposals_of_two_runs_for_one_urgent_case_send_one_offer(app: Flask) -> None:
    desk = lay(volunteers=2, priority_level="critical")
    first = run(desk)
    with transaction():
        session.get_one(Volunteer, next(iter(proposed(first).values()))).declines = ["Housing"]
    second = run(desk)
    assert set(proposed(first).values()).isdisjoint(proposed(second).values())
    with transaction():
        for person in desk.volunteer_ids:
            session.get_one(Volunteer, person).declines = []
    with clock.at(MONDAY + timedelta(minutes=1)):
        accept(second.proposals[0].id, desk)
        with pytest.raises(AskedSince):
            accept(first.proposals[0].id, desk)
        with transaction():
            one = session.get_one(Proposal, first.proposals[0].id)
            one_more = operations_proposals.offer_from_shortlist(one.opening, one.volunteer, actor=desk.staff)
            assert one_more.status is ReferralStatus.OFFERED
    assert len(mails("matching.offer")) == 2


def test_two_coordinators_over_two_runs_at_once_send_one_offer(app: Flask) -> None:
    desk = lay(volunteers=2, priority_level="critical")
    first = run(desk).proposals[0]
    chosen = first.id
    with transaction():
        session.get_one(Volunteer, first.volunteer_id).declines = ["Housing"]
    other = run(desk).proposals[0].id
    with transaction():
        for person in desk.volunteer_ids:
            session.get_one(Volunteer, person).declines = []
    session.rollback()

    def click(proposal_id: int) -> str:
        with clock.at(MONDAY + timedelta(minutes=1)):
            try:
                return str(accept(proposal_id, desk).status)
            except AskedSince:
                return "asked since"

    said = at_once(app, [lambda one=one: click(one) for one in (chosen, other) * 2])
    assert said.count("asked since") == 2
    session.rollback()
    assert session.query(Referral).count() == len(mails("matching.offer")) == 1


def test_a_swap_made_on_the_shortlist_is_not_sent_over(app: Flask) -> None:
    desk = lay(volunteers=2, priority_level="high")
    found = run(desk)
    (proposal,) = found.proposals
    other = next(person for person in desk.volunteer_ids if person != proposal.volunteer_id)
    with clock.at(MONDAY + timedelta(minutes=1)):
        with transaction():
            chosen = session.get_one(Volunteer, other)
            operations_proposals.offer_from_shortlist(desk.opening, chosen, actor=desk.staff)
        with pytest.raises(AskedSince) as refused:
            accept(found.proposals[0].id, desk)
        assert "since" in str(refused.value.message)
        with transaction():
            operations_proposals.offer_from_shortlist(
                desk.opening, session.get_one(Proposal, found.proposals[0].id).volunteer, actor=desk.staff
            )
    assert session.get_one(Proposal, found.proposals[0].id).status is S.ACCEPTED


def test_rules_and_room_are_looked_at_anew_when_accepting(app: Flask) -> None:
    desk = lay(volunteers=1, volunteer={"capacity": 1})
    proposal_id = run(desk).proposals[0].id
    with transaction():
        factories.case(desk.programme, "in_service", owner=desk.staff, lead=desk.volunteer())
    with pytest.raises(VolunteerFull):
        accept(proposal_id, desk)
    with transaction():
        desk.volunteer().capacity = 2
        desk.volunteer().declines = ["Housing"]
    with pytest.raises(RulesAgainst) as refused:
        accept(proposal_id, desk)
    with transaction():
        operations_proposals.refuse_proposal(session.get_one(Proposal, proposal_id), refused.value, actor=desk.staff)
    kept = session.get_one(Proposal, proposal_id)
    assert kept.status is S.REFUSED
    assert str(kept.refusal).startswith("The rules speak against this volunteer for this case: ")
    assert "would rather not take this kind" in str(kept.refusal)
    assert mails() == []


def test_a_match_that_needs_a_mentor_is_sent_only_when_one_has_time(app: Flask) -> None:
    desk = lay(volunteers=1, volunteer={"areas": {"Housing": "learning"}, "mentor_ok": True})
    found = run(desk)
    assert found.proposals[0].needs_mentor
    assert found.report is not None
    assert found.report["mentors_needed"] == 1
    with transaction():
        mentor, no_mentor = factories.volunteer(mentors_others=True), factories.volunteer()
    for named in (None, no_mentor, desk.volunteer()):
        with pytest.raises(NeedsMentor) as refused:
            accept(found.proposals[0].id, desk, named)
        with transaction():
            operations_proposals.refuse_proposal(session.query(Proposal).one(), refused.value, actor=desk.staff)
    sent = accept(session.query(Proposal).one().id, desk, mentor)
    assert (sent.status, sent.mentor) == (ReferralStatus.OFFERED, mentor)
    with transaction():
        mentor.mentors_others = False
    assert queries.mentors(desk.case, desk.volunteer()) == []


def test_a_mentor_named_by_many_at_once_stands_by_three(app: Flask) -> None:
    desk = lay(volunteers=5, volunteer={"areas": {"Housing": "learning"}, "mentor_ok": True, "capacity": 1})
    for _ in range(4):
        case(desk)
    with transaction():
        mentor_id = factories.volunteer(mentors_others=True, areas={"Family": "expert"}).id
    ids = [proposal.id for proposal in run(desk).proposals]
    staff_id = desk.staff_id
    session.rollback()

    def click(proposal_id: int) -> str:
        try:
            with clock.at(MONDAY), transaction():
                mentor = session.get_one(factories.Volunteer, mentor_id)
                actor = session.get_one(factories.User, staff_id)
                proposal = session.get_one(Proposal, proposal_id)
                operations_proposals.accept_proposal(proposal, actor=actor, mentor=mentor)
        except NeedsMentor:
            return "no time"
        return "sent"

    said = at_once(app, [lambda one=one: click(one) for one in ids])
    assert sorted(said) == ["no time"] * 2 + ["sent"] * 3


def test_another_programmes_staff_decide_nothing(app: Flask) -> None:
    desk = lay()
    proposal_id = run(desk).proposals[0].id
    with transaction():
        stranger = factories.coordinator(factories.programme())
    for act in (operations_proposals.accept_proposal, operations_proposals.dismiss_proposal):
        with pytest.raises(NotAllowed), transaction():
            act(session.get_one(Proposal, proposal_id), actor=stranger)


def test_after_a_no_the_next_best_is_proposed_and_never_the_same_person(app: Flask) -> None:
    desk = lay(volunteers=2)
    with transaction():
        desk.volunteer(1).remote, desk.volunteer(1).counties = True, []  # fits less well
    found = run(desk)
    assert proposed(found) == {desk.opening_id: desk.volunteer_ids[0]}
    sent = accept(found.proposals[0].id, desk)
    assert not docket_jobs.propose_one()
    with transaction():
        operations.decline_offer(session.get_one(Referral, sent.id), "no_time", actor=None)
    assert len(tasks("propose_next")) == 1
    assert docket_jobs.propose_one()
    assert not docket_jobs.propose_one()
    following = session.query(Proposal).one()
    assert (following.volunteer_id, following.status, following.able) == (desk.volunteer_ids[1], S.OPEN, 1)
    second = accept(following.id, desk)
    assert tasks("propose_next") == []
    with transaction():
        operations.decline_offer(session.get_one(Referral, second.id), None, actor=None)
    assert docket_jobs.propose_one()
    assert not docket_jobs.propose_one()
    left = session.query(Unplaced).one()
    assert (left.reason, left.binding_rule, dict(left.funnel)["barred"]) == ("no_one_can", "barred", 0)


def test_the_next_best_has_room_and_was_not_asked_too_often(app: Flask) -> None:
    desk = lay(volunteers=3, volunteer={"capacity": 1})
    found = run(desk)
    first = found.proposals[0].volunteer_id
    full, free = sorted(set(desk.volunteer_ids) - {first})
    sent = accept(found.proposals[0].id, desk)
    with transaction():
        factories.case(desk.programme, "in_service", owner=desk.staff, lead=session.get_one(factories.Volunteer, full))
        operations.decline_offer(session.get_one(Referral, sent.id), None, actor=None)
    assert docket_jobs.propose_one()
    proposal = session.query(Proposal).one()
    assert (proposal.volunteer_id, proposal.able) == (free, 2)
