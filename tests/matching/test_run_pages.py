"""The pages of runs: what a coordinator sees of their own cases and of another programme's, and what they decide."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from app.clients.models import CaseStatus, Opening
from app.core import clock
from app.core.db import engine, session, transaction
from app.matching import docket_jobs, operations_runs, run_words
from app.matching.models import DocketRun, Proposal, ProposalStatus, Referral, RunStatus
from tests import factories
from tests.matching.desk import MONDAY, Desk, lay, mails

S = ProposalStatus


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def more(desk: Desk, **changes: Any) -> str:
    """One more listed case; the public id of its opening."""
    with transaction():
        made = factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff, **changes)
        return made.lead_opening.public_id


def placed(desk: Desk) -> str:
    """Place the docket; the address of the run."""
    run = docket_jobs.place_docket_now()
    assert run.status is RunStatus.DONE
    return f"/matching/runs/{run.public_id}"


def page(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.text[:3000]
    return answer.text


def test_before_the_first_run_the_page_says_what_to_do(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    factories.sign_in(client, desk.staff)
    assert "The docket has not been placed yet" in page(client, "/matching")


def test_asking_twice_shows_the_same_run_and_it_can_be_stopped(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    factories.sign_in(client, desk.staff)
    first, second = (client.post("/matching/run") for _ in range(2))
    assert first.status_code == 303
    assert first.location == second.location
    assert "as soon as a worker is free" in page(client, first.location)
    assert "Waiting for a worker" in page(client, "/matching")
    assert "No worker has taken it yet" not in page(client, first.location)
    with clock.at(MONDAY + timedelta(minutes=3)):
        assert "No worker has taken it yet" in page(client, first.location)
    assert client.post(f"{first.location}/stop").status_code == 303
    assert "was stopped" in page(client, first.location)
    assert session.query(DocketRun).one().status is RunStatus.CANCELLED


def test_the_page_shows_the_finding_the_proof_and_the_reasons(app: Flask, client: FlaskClient) -> None:
    desk = lay(volunteers=1, volunteer={"capacity": 1}, priority_level="high", priority_rank=2)
    more(desk, listing_title="Get a deposit back")
    more(desk, listing_title="A custody order", problem_code="32")
    address = placed(desk)
    factories.sign_in(client, desk.staff)
    text = page(client, address)
    assert "1 of 3 cases can be placed" in text
    assert "No better placement exists" in text
    assert "Eviction hearing" in text
    assert "Sam Orchard" in text
    assert "the only one who can" in text
    assert "Everyone who could take this case (Sam Orchard" in text
    assert "every place goes to a more urgent case" in text
    assert "The rule that binds is" in text
    assert "<b>field of law</b>" in text
    assert "Too few offers have been answered" in text
    assert "Family, competent" in text
    assert "All volunteers" in text
    left = page(client, f"{address}/left")
    assert "Get a deposit back" in left
    assert "A custody order" in left


def test_another_programmes_cases_are_counted_and_never_named(app: Flask, client: FlaskClient) -> None:
    desk = lay(volunteers=1, volunteer={"capacity": 1}, priority_level="high", priority_rank=2)
    other = lay(volunteers=0, listing_title="Secret of the neighbours")
    hidden = more(other, listing_title="Another secret", problem_code="32")
    address = placed(desk)
    factories.sign_in(client, other.staff)
    text = page(client, address)
    assert "1 of 3 cases can be placed" in text
    assert "Eviction hearing" not in text
    assert "another programme's case" in text
    assert "Review one proposal" not in page(client, "/today")
    factories.sign_in(client, desk.staff)
    assert "Review one proposal" in page(client, "/today")
    text = page(client, address)
    assert "secret" not in text.casefold()
    assert "2 more are another programme" in text
    for answer in (
        client.get(f"{address}/another/{hidden}"),
        client.get(f"/matching/case/{other.case.public_id}"),
        client.post(f"/matching/case/{other.case.public_id}/offer", data={"volunteer": desk.volunteer().public_id}),
    ):
        assert answer.status_code == 404
    factories.sign_in(client, other.staff)
    opening = desk.opening.public_id
    for act in ("accept", "dismiss"):
        assert client.post(f"{address}/{act}", data={"id": opening}).status_code == 404
    assert session.query(Referral).count() == 0
    assert "Eviction hearing" not in page(client, f"{address}/proposals.csv")
    assert page(client, "/matching/runs/0000000000000000", 404)


def test_offers_go_one_some_or_all_at_a_time_and_each_says_what_became_of_it(app: Flask, client: FlaskClient) -> None:
    desk = lay(volunteers=3, volunteer={"capacity": 1})
    more(desk)
    more(desk)
    address = placed(desk)
    factories.sign_in(client, desk.staff)
    opening = desk.opening.public_id
    for _ in range(2):
        assert client.post(f"{address}/accept", data={"id": opening}).status_code == 303
    assert len(mails("matching.offer")) == 1
    undecided = session.query(Proposal).filter_by(status=S.OPEN).order_by(Proposal.position).all()
    with transaction():
        session.get_one(factories.Volunteer, undecided[0].volunteer_id).declines = ["Housing"]
    assert "Send 2 offers?" in page(client, f"{address}/send")
    answer = client.post(f"{address}/accept", data={"all": "1"}, follow_redirects=True)
    assert "One offer is on its way." in answer.text
    assert "One could not be sent; it says why." in answer.text
    assert "would rather not take this kind" in answer.text
    assert sorted(row.status.value for row in session.query(Proposal)) == ["accepted", "accepted", "refused"]
    assert len(mails("matching.offer")) == 2
    assert "Every proposal is decided" in page(client, f"{address}/send")
    assert "Choose one proposal at least." in client.post(f"{address}/accept", follow_redirects=True).text


def test_a_second_tab_hears_what_was_sent_already_and_sends_nothing_twice(app: Flask, client: FlaskClient) -> None:
    desk = lay(volunteers=3, volunteer={"capacity": 1})
    more(desk)
    more(desk)
    address = placed(desk)
    factories.sign_in(client, desk.staff)
    assert 'name="shown" value="3"' in page(client, f"{address}/send")
    both = {"all": "1", "shown": "3"}
    assert "3 offers are on their way." in client.post(f"{address}/accept", data=both, follow_redirects=True).text
    for stale in (both, {"id": [row.opening.public_id for row in session.query(Proposal)]}):
        again = client.post(f"{address}/accept", data=stale, follow_redirects=True).text
        assert "3 were decided before, here or by a colleague, and were not sent again." in again
        assert "3 on their way, 0 not sent, 0 dismissed" in again
        assert "Choose one proposal" not in again
    assert len(mails("matching.offer")) == 3


def test_many_offers_go_so_many_at_a_time_the_most_urgent_first(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.matching.views.proposals.AT_ONCE", 2)
    desk = lay(volunteers=3, volunteer={"capacity": 1})
    more(desk)
    urgent = more(desk, priority_level="critical", priority_rank=1)
    address = placed(desk)
    factories.sign_in(client, desk.staff)
    text = page(client, f"{address}/send")
    assert "Send 2 offers?" in text
    assert "the 2 most urgent of 3" in text
    client.post(f"{address}/accept", data={"all": "1"})
    assert len(mails("matching.offer")) == 2
    assert session.query(Proposal).join(Opening).filter(Opening.public_id == urgent).one().status is S.ACCEPTED


def test_proposals_are_dismissed(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    address = placed(desk)
    factories.sign_in(client, desk.staff)
    answer = client.post(f"{address}/dismiss", data={"id": desk.opening.public_id}, follow_redirects=True)
    assert "One proposal is dismissed." in answer.text
    assert session.query(Proposal).one().status is S.DISMISSED
    assert "Dismissed" in page(client, f"{address}?show=all")
    again = page(client, placed(desk))
    assert f"Dismissed before by {desk.staff.name}" in again


def test_one_bad_item_stops_no_other(app: Flask, client: FlaskClient) -> None:
    """Several are chosen: one was decided by a colleague meanwhile, one is an id of nothing, the others go through."""
    desk = lay(volunteers=4, volunteer={"capacity": 1})
    others = [more(desk) for _ in range(3)]
    address = placed(desk)
    factories.sign_in(client, desk.staff)
    client.post(f"{address}/accept", data={"id": others[0]})
    answer = client.post(
        f"{address}/dismiss", data={"id": [others[0], "0" * 16, others[1], others[2]]}, follow_redirects=True
    ).text
    assert "2 proposals are dismissed." in answer
    assert "One is no proposal of this run." in answer
    assert "One was decided before, here or by a colleague, and was not sent again." in answer
    sent = client.post(f"{address}/accept", data={"id": ["0" * 16, desk.opening.public_id]}, follow_redirects=True).text
    assert "One offer is on its way." in sent
    assert "One is no proposal of this run." in sent
    assert sorted(row.status.value for row in session.query(Proposal)) == ["accepted", "accepted", *["dismissed"] * 2]


def test_what_would_give_is_said_for_the_runner_up(app: Flask, client: FlaskClient) -> None:
    desk = lay(volunteers=2, volunteer={"capacity": 1, "remote": False}, priority_level="high", priority_rank=2)
    with transaction():
        desk.volunteer(1).counties = ["55025"]
    more(desk, listing_title="Get a deposit back", county="55079")
    address = placed(desk)
    factories.sign_in(client, desk.staff)
    text = page(client, f"{address}/another/{desk.opening.public_id}")
    assert "instead of" in text
    assert "Would be left without a volunteer" in text
    assert "Get a deposit back" in text
    client.post(f"{address}/accept", data={"id": desk.opening.public_id})
    assert "no longer open to matching" in page(client, f"{address}/another/{desk.opening.public_id}")


def test_a_run_is_compared_with_the_one_before(app: Flask, client: FlaskClient) -> None:
    desk = lay(volunteers=2)
    older = placed(desk)
    more(desk)
    address = placed(desk)
    factories.sign_in(client, desk.staff)
    text = page(client, address)
    assert "Since the run before" in text
    assert "2, before 1" in text
    assert "A newer run has a result" in page(client, older)
    changes = page(client, f"{address}/changes")
    assert "New on the docket" in changes
    assert "changed" in changes
    assert client.get(f"{older}/changes").status_code == 404


def test_the_changes_between_two_runs_are_named_case_by_case(app: Flask, client: FlaskClient) -> None:
    desk = lay(volunteers=2, volunteer={"capacity": 1}, listing_title="Moves to another")
    other = lay(volunteers=0, listing_title="Secret of the neighbours", problem_code="32")
    placed(desk)
    with transaction():
        first = session.query(Proposal).one().volunteer
        first.counties, first.remote = [], True
        more_urgent = factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff, listing_title="Came anew")
        session.query(factories.Volunteer).filter(factories.Volunteer.id != first.id).one().areas[0].area = "Family"
    address = placed(desk)
    factories.sign_in(client, desk.staff)
    text = page(client, f"{address}/changes")
    assert more_urgent.listing_title in text
    assert "Came anew" in text
    assert "Secret" not in text
    factories.sign_in(client, other.staff)
    text = page(client, f"{address}/changes")
    assert "Placed now" in text
    assert "Secret of the neighbours" in text
    assert "Came anew" not in text


def test_a_mentor_is_named_beside_each_proposal_that_needs_one(app: Flask, client: FlaskClient) -> None:
    desk = lay(volunteers=2, volunteer={"areas": {"Housing": "learning"}, "mentor_ok": True, "capacity": 1})
    second = more(desk)
    address = placed(desk)
    factories.sign_in(client, desk.staff)
    assert "No mentor has time" in page(client, address)
    answer = client.post(f"{address}/accept", data={"all": "1"}, follow_redirects=True)
    assert "2 need a mentor with time: choose one beside each." in answer.text
    assert {row.status for row in session.query(Proposal)} == {S.OPEN}
    with transaction():
        factories.volunteer(mentors_others=True, areas={"Family": "expert"}, given_name="Ann", family_name="Aabye")
        mentor = factories.volunteer(mentors_others=True, given_name="Wilma", family_name="Wiseman").public_id
    for where in (address, f"{address}/send"):
        assert f'<option value="{mentor}" selected>Wilma Wiseman</option>' in page(client, where)
    named = {f"mentor-{opening}": mentor for opening in (desk.opening.public_id, second)}
    client.post(f"{address}/accept", data={"all": "1", **named})
    session.rollback()
    assert [sent.mentor.public_id for sent in session.query(Referral)] == [mentor] * 2


def test_the_wanted_list_leads_to_the_readers_cases(app: Flask, client: FlaskClient) -> None:
    desk = lay(volunteers=0, problem_code="32", listing_title="A custody order")
    other = lay(volunteers=0, problem_code="32", listing_title="Secret of the neighbours")
    address = placed(desk)
    factories.sign_in(client, desk.staff)
    text = page(client, f"{address}/wanted")
    assert "One more volunteer would place what is left" in text
    assert "2 cases" in text
    assert "A custody order" in text
    assert "Secret" not in text
    (want,) = csv.DictReader(io.StringIO(page(client, f"{address}/wanted.csv").lstrip("\ufeff")))
    assert (want["places"], want["county_name"], want["language_name"]) == ("2", "Dane County", "English")
    assert other.opening.public_id not in text


def test_what_past_answers_let_expect(app: Flask, client: FlaskClient) -> None:
    desk = lay(volunteers=1)
    with transaction():
        for n in range(20):
            case = factories.case(desk.programme, CaseStatus.CLOSED)
            status = "confirmed" if n < 10 else "declined"
            factories.add(Referral(opening=session.query(Opening).filter_by(case_id=case.id).one(), status=status,
                                   volunteer=factories.volunteer(capacity=1), way="offer",
                                   offered_at=clock.now()))  # fmt: skip
    address = placed(desk)
    factories.sign_in(client, desk.staff)
    assert "Of the last year's 20 offers that ended, 50% led to a placement." in page(client, address)


def test_the_spreadsheets_say_what_the_page_says(app: Flask, client: FlaskClient) -> None:
    desk = lay(listing_title="=1+1")
    more(desk, problem_code="32")
    address = placed(desk)
    factories.sign_in(client, desk.staff)
    (row,) = csv.DictReader(io.StringIO(page(client, f"{address}/proposals.csv").lstrip("\ufeff")))
    made = session.query(Proposal).one()
    assert (row["case"], row["title"], row["fit"]) == (desk.case.number, "'=1+1", str(made.fit))
    assert sum(int(row[name]) for name in made.terms) == made.fit
    (want,) = csv.DictReader(io.StringIO(page(client, f"{address}/wanted.csv").lstrip("\ufeff")))
    assert (want["area"], want["places"]) == ("Family", "1")


def statements_of(client: FlaskClient, address: str) -> int:
    """How many statements a page takes."""
    statements: list[str] = []

    def listen(*args: Any) -> None:
        statements.append(args[2])

    event.listen(engine(), "before_cursor_execute", listen)
    page(client, address)
    event.remove(engine(), "before_cursor_execute", listen)
    return len(statements)


def test_the_page_asks_the_database_the_same_number_of_times_however_long_it_is(
    app: Flask, client: FlaskClient
) -> None:
    desk = lay(volunteers=3, volunteer={"capacity": 9})
    factories.sign_in(client, desk.staff)
    asked: list[int] = []
    for batch in range(2):
        for _ in range(2 + 8 * batch):
            more(desk)
            more(desk, problem_code="32")
        address = placed(desk)
        page(client, address)
        asked.append(statements_of(client, address))
    assert asked[1] <= asked[0] + 2, "a run before adds its comparison"
    assert asked[1] <= 25


def test_only_staff_enter(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    address = placed(desk)
    factories.sign_in(client, desk.user())
    for where in ("/matching", address, f"{address}/proposals.csv", f"/matching/case/{desk.case.public_id}"):
        assert client.get(where).status_code == 403
    assert client.post("/matching/run").status_code == 403
    assert client.post(f"{address}/accept", data={"all": "1"}).status_code == 403


def test_looking_writes_nothing(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    address = placed(desk)
    factories.sign_in(client, desk.staff)
    before = (session.query(Referral).count(), session.query(Proposal).one().version)
    for where in (address, f"{address}/send", f"{address}/another/{desk.opening.public_id}", "/matching"):
        page(client, where)
    session.rollback()
    assert (session.query(Referral).count(), session.query(Proposal).one().version) == before


def test_the_command_places_the_docket_and_says_what_came_of_it(app: Flask) -> None:
    desk = lay(volunteers=1, volunteer={"capacity": 1}, priority_level="high", priority_rank=2)
    more(desk)
    more(desk, problem_code="32")
    run = app.test_cli_runner().invoke(args=["place-docket"])
    assert run.exit_code == 0, run.output
    assert "1 of 3 cases that nobody is asked for yet have a volunteer proposed, of 1 volunteers." in run.output
    assert "left out: 1, because everyone able is full with more urgent cases" in run.output
    assert "left out: 1, because no one can; what binds is field of law" in run.output
    assert "no better placement exists" in run.output
    assert app.test_cli_runner().invoke(args=["place-docket", "--if-new"]).output == ""


def test_a_waiting_run_says_so_while_it_is_at_work(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    with transaction():
        run = operations_runs.ask_for_run(actor=desk.staff)
        run.status, run.stage = RunStatus.RUNNING, "coverage"
        run.lease_until = clock.now() + operations_runs.LEASE
        address = f"/matching/runs/{run.public_id}"
    factories.sign_in(client, desk.staff)
    text = page(client, address)
    assert '<li aria-current="step"><b>Placing the most urgent first</b>' in text
    assert 'http-equiv="refresh"' in text
    assert "data-look-again" in text
    with clock.at(MONDAY + 2 * operations_runs.LEASE):
        assert "has gone silent" in page(client, address)
    assert client.get(f"{address}/left").status_code == 404


def test_a_wanted_registration_is_said_in_words() -> None:
    want = dict.fromkeys(("role", "licence", "area", "level", "county", "remote", "language", "trainings"), "")
    said = run_words.profile({**want, "area": "Veterans/Military", "credentials": "va;court_admission"})
    assert "Accredited by Veterans Affairs, Admitted to the court" in said
