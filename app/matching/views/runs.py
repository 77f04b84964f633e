"""Runs over the whole docket: ask for one, review it, take it away as a spreadsheet."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import calendars
from app.clients import problems
from app.core import clock
from app.core.access import STAFF, open_to, signed_in
from app.core.db import session, transaction
from app.core.errors import NotFound
from app.core.lists import csv_download, page_of

from .. import comparison, exchange, operations_runs, queries, queries_runs, review, run_words, words
from ..dockets import today
from ..models import DocketRun, ProposalStatus, RunStatus
from ..rules import judge_pair
from . import bp

SIZE = 25
LEFT_SIZE = 20
LONG_WAIT = timedelta(minutes=2)


@bp.get("/matching")
@open_to(*STAFF)
def docket_runs() -> ResponseReturnValue:
    """Every run, and asking for one."""
    newest = queries_runs.newest_run()
    return render_template(
        "matching/docket_runs.html",
        page=page_of(queries_runs.runs(), size=SIZE, scalars=True),
        live=queries_runs.live_run(),
        newest=newest,
        counts=queries_runs.count_rows(newest, viewer=signed_in()) if newest else None,
        words=run_words,
    )


@bp.post("/matching/run")
@open_to(*STAFF)
def ask_for_run() -> ResponseReturnValue:
    """Have the docket placed."""
    with transaction():
        public_id = operations_runs.ask_for_run(actor=signed_in()).public_id
    return redirect(url_for(".docket_run", public_id=public_id), 303)


@bp.post("/matching/runs/<public_id>/stop")
@open_to(*STAFF)
def cancel_run(public_id: str) -> ResponseReturnValue:
    """Stop a run that waits or is at work."""
    with transaction():
        operations_runs.cancel_run(queries_runs.get_run(public_id), actor=signed_in())
    flash(_("The run stops. What was proposed before stands."))
    return redirect(url_for(".docket_runs"), 303)


@bp.get("/matching/runs/<public_id>")
@open_to(*STAFF)
def docket_run(public_id: str) -> ResponseReturnValue:
    """One run: what it proposes, what that proves, what is left and why."""
    run = queries_runs.get_run(public_id)
    if run.status is not RunStatus.DONE:
        waits_long = run.status is RunStatus.WAITING and clock.now() - run.created_at > LONG_WAIT
        return render_template("matching/run_waits.html", run=run, words=run_words, waits_long=waits_long)
    show = request.args.get("show", "")
    page = page_of(queries_runs.proposals(run, viewer=signed_in(), status=_status(show)), size=SIZE)
    newest = queries_runs.newest_run()
    return render_template(
        "matching/docket_run.html",
        run=run,
        page=page,
        lines=review.lines(run, page.rows),
        show=show,
        is_newest=newest is not None and newest.id == run.id,
        words=run_words,
        **review.page_of_run(run, viewer=signed_in()),
    )


def _status(show: str) -> ProposalStatus | None:
    """Which proposals the address asks for: those to decide, unless it says all or what became of them."""
    if show == "all":
        return None
    return ProposalStatus(show) if show in {status.value for status in ProposalStatus} else ProposalStatus.OPEN


def done_run(public_id: str) -> DocketRun:
    """A run with a result.

    :raises NotFound: unknown, or it has none
    """
    run = queries_runs.get_run(public_id)
    if run.status is not RunStatus.DONE:
        raise NotFound
    return run


@bp.get("/matching/runs/<public_id>/left")
@open_to(*STAFF)
def left_without(public_id: str) -> ResponseReturnValue:
    """Every case of the reader's that a run left without a volunteer."""
    run = done_run(public_id)
    page = page_of(queries_runs.unplaced(run, viewer=signed_in()), size=LEFT_SIZE)
    cards = review.cards(run, page.rows, viewer=signed_in())
    return render_template("matching/left_without.html", run=run, page=page, cards=cards, report=run.report)


@bp.get("/matching/runs/<public_id>/changes")
@open_to(*STAFF)
def run_changes(public_id: str) -> ResponseReturnValue:
    """What a run changed against the one before it, case by case."""
    run = done_run(public_id)
    change = comparison.compare_with_before(run, viewer=signed_in())
    if change is None:
        raise NotFound
    rows = comparison.rows(change, viewer=signed_in())
    return render_template("matching/run_changes.html", run=run, change=change, rows=rows, most=comparison.MOST)


@bp.get("/matching/runs/<public_id>/wanted")
@open_to(*STAFF)
def wanted(public_id: str) -> ResponseReturnValue:
    """Whom to recruit: every profile that would place cases, with the reader's own among them."""
    run = done_run(public_id)
    rows = review.wanted_rows(run, viewer=signed_in())
    return render_template("matching/wanted.html", run=run, rows=rows, counted=len(run.wanted or []))


@bp.get("/matching/runs/<public_id>/another/<opening>")
@open_to(*STAFF)
def another(public_id: str, opening: str) -> ResponseReturnValue:
    """What would give if the coordinator preferred the runner-up, or another named in the address."""
    run = done_run(public_id)
    proposal = queries_runs.get_proposal(run, opening, viewer=signed_in())
    wished = queries.find_approved(request.args.get("volunteer")) or proposal.runner_up
    case, proposed = proposal.opening.case, proposal.volunteer
    names = {"case": words.called(proposal.opening), "case_id": case.public_id, "opening": opening}
    names["proposed"] = proposed.name
    names |= {"wished": wished.name if wished else "", "wished_id": wished.public_id if wished else ""}
    found = _exchange(opening, names["wished_id"]) if wished else None
    told: dict[str, Any] = _told(found) if isinstance(found, exchange.Exchange) else {}
    if wished and judge_pair(proposal.opening, wished, calendars.today(case.programme)).needs_mentor:
        told["mentors"] = queries.mentors(case, wished)
    return render_template("matching/another.html", run=run, found=found, names=names, words=words, **told)


def _exchange(opening: str, volunteer: str) -> exchange.Exchange | str:
    stands = exchange.docket_as_it_stands(today())
    if opening not in stands.laid.openings or volunteer not in stands.laid.volunteers:
        return "gone"
    if stands.best is None:
        return "large"
    return exchange.what_would_give(stands.laid, stands.best, opening, volunteer)


def _told(found: exchange.Exchange) -> dict[str, Any]:
    viewer = signed_in()
    changed = [*found.losing, *found.winning, *(case for case, _who in found.moved)]
    titles = queries_runs.titles_of(changed, viewer=viewer)
    return {"titles": titles, "people": queries_runs.names_of(who for _case, who in found.moved)}


PROPOSAL_HEAD = (
    "case", "title", "priority", "county", "volunteer", "fit", *run_words.TERMS, "fatigue", "load_penalty",
    "needs_mentor", "rank", "able", "runner_up", "status", "refusal",
)  # fmt: skip


@bp.get("/matching/runs/<public_id>/proposals.csv")
@open_to(*STAFF)
def proposals_csv(public_id: str) -> Response:
    """The proposals for the reader's cases as a spreadsheet."""
    rows = session.execute(queries_runs.proposals(done_run(public_id), viewer=signed_in())).all()
    return csv_download("proposals", PROPOSAL_HEAD, [_proposal_cells(row) for row in rows])


def _proposal_cells(row: Any) -> list[Any]:
    made = row.Proposal
    terms = [made.terms.get(name, 0) for name in (*run_words.TERMS, "fatigue")]
    runner_up = f"{row.other_given or ''} {row.other_family or ''}".strip()
    mentor = "yes" if made.needs_mentor else "no"
    return [
        row.number, row.listing_title, row.priority_level.value, row.county, row.Volunteer.name, made.fit, *terms,
        made.load_penalty, mentor, made.rank, made.able, runner_up, made.status.value, made.refusal,
    ]  # fmt: skip


WANTED_HEAD = (
    "rank", "role", "licence", "area", "level", "county", "remote", "language", "credentials", "trainings", "places",
    "in_words", "county_name", "language_name",
)  # fmt: skip


@bp.get("/matching/runs/<public_id>/wanted.csv")
@open_to(*STAFF)
def wanted_csv(public_id: str) -> Response:
    """The volunteers a run found wanting as a spreadsheet."""
    wanted = done_run(public_id).wanted or []
    return csv_download("wanted", WANTED_HEAD, [_wanted_cells(n, want) for n, want in enumerate(wanted, 1)])


def _wanted_cells(rank: int, want: dict[str, Any]) -> list[Any]:
    codes = [want[name] for name in WANTED_HEAD[1:10]]
    names = [problems.county_name(want["county"]), problems.language_name(want["language"])]
    return [rank, *codes, len(want["openings"]), run_words.profile(want), *names]
