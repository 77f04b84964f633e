"""What a coordinator decides about proposals: offers sent one, some or all at a time, or set aside."""

from __future__ import annotations

from collections import Counter

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.core.access import STAFF, open_to, signed_in
from app.core.db import session, transaction
from app.core.errors import NotFound, Refusal

from .. import operations_proposals, queries, queries_runs, review
from ..models import DocketRun, ProposalStatus
from ..refusals import NeedsMentor
from . import bp
from .runs import done_run

AT_ONCE = 250  # offers sent by one click; more would outlast the patience of browsers


@bp.get("/matching/runs/<public_id>/send")
@open_to(*STAFF)
def send_all(public_id: str) -> ResponseReturnValue:
    """Before all offers go: how many, and that every rule is looked at anew."""
    run = done_run(public_id)
    return render_template(
        "matching/send_all.html",
        run=run,
        at_once=AT_ONCE,
        counts=queries_runs.count_rows(run, viewer=signed_in()),
        mentored=review.lines_with_mentors(run, AT_ONCE, viewer=signed_in()),
    )


@bp.post("/matching/runs/<public_id>/accept")
@open_to(*STAFF)
def accept_proposals(public_id: str) -> ResponseReturnValue:
    """Send the chosen offers, each by itself; what is refused says why."""
    run = done_run(public_id)
    wants_all = request.form.get("all") == "1"
    chosen = _all_open(run) if wants_all else request.form.getlist("id")
    came = Counter(_accept(public_id, opening) for opening in chosen)
    if not chosen and not wants_all:
        flash(_("Choose one proposal at least."), "stop")
    _tell(came)
    if came["before"] or _shown() > len(chosen):
        _tell_what_was_decided(run, came["before"] or _shown() - len(chosen))
    show = "refused" if came["refused"] else "all" if not came["sent"] and (came["before"] or wants_all) else None
    return redirect(url_for(".docket_run", public_id=public_id, show=show), 303)


def _shown() -> int:
    """How many offers the page that asks for all of them spoke of; another tab may have sent some since."""
    said = request.form.get("shown", "")
    return int(said) if request.form.get("all") == "1" and said.isdecimal() and len(said) < 7 else 0


def _tell_what_was_decided(run: DocketRun, before: int) -> None:
    counts = queries_runs.count_rows(run, viewer=signed_in())
    flash(
        ngettext(
            "One was decided before, here or by a colleague, and was not sent again.",
            "%(num)s were decided before, here or by a colleague, and were not sent again.",
            before,
        )
        + " "
        + _(
            "Of this run’s offers: %(sent)s on their way, %(refused)s not sent, %(dismissed)s dismissed.",
            sent=counts.accepted, refused=counts.refused, dismissed=counts.dismissed,
        ),
        "ok",
    )  # fmt: skip


def _tell(came: Counter[str]) -> None:
    if came["sent"]:
        flash(ngettext("One offer is on its way.", "%(num)s offers are on their way.", came["sent"]), "ok")
    _tell_unknown(came)
    if came["mentor"]:
        unnamed = ngettext(
            "One needs a mentor with time: choose one beside it.",
            "%(num)s need a mentor with time: choose one beside each.",
            came["mentor"],
        )
        flash(unnamed, "stop")
    if came["refused"]:
        refused = came["refused"]
        flash(
            ngettext("One could not be sent; it says why.", "%(num)s could not be sent; each says why.", refused),
            "stop",
        )


def _tell_unknown(came: Counter[str]) -> None:
    """Say how many ids meant nothing here; where none did, there is no such page."""
    if came["unknown"] and came["unknown"] == came.total():
        raise NotFound
    if came["unknown"]:
        said = ngettext("One is no proposal of this run.", "%(num)s are no proposals of this run.", came["unknown"])
        flash(said, "stop")


def _all_open(run: DocketRun) -> list[str]:
    undecided = queries_runs.proposals(run, viewer=signed_in(), status=ProposalStatus.OPEN)
    return [row.opening for row in session.execute(undecided.limit(AT_ONCE))]


def _accept(run: str, opening: str) -> str:
    """One proposal in a transaction of its own, so that one refusal undoes nothing else; what came of it."""
    mentor = request.form.get(f"mentor-{opening}")
    try:
        with transaction():
            proposal = queries_runs.get_proposal(queries_runs.get_run(run), opening, viewer=signed_in())
            if proposal.status is not ProposalStatus.OPEN:
                return "before"
            named = queries.find_approved(mentor)
            operations_proposals.accept_proposal(proposal, actor=signed_in(), mentor=named)
    except operations_proposals.ProposalDecided:
        return "before"
    except NotFound:
        return "unknown"
    except Refusal as refusal:
        with transaction():
            proposal = queries_runs.get_proposal(queries_runs.get_run(run), opening, viewer=signed_in())
            operations_proposals.refuse_proposal(proposal, refusal, actor=signed_in())
        return "mentor" if isinstance(refusal, NeedsMentor) else "refused"
    return "sent"


@bp.post("/matching/runs/<public_id>/dismiss")
@open_to(*STAFF)
def dismiss_proposals(public_id: str) -> ResponseReturnValue:
    """Set the chosen proposals aside, each by itself."""
    run = queries_runs.get_run(public_id)
    chosen = request.form.getlist("id")
    came = Counter(_dismiss(public_id, opening) for opening in chosen)
    if not chosen:
        flash(_("Choose one proposal at least."), "stop")
    if came["dismissed"]:
        num = came["dismissed"]
        flash(ngettext("One proposal is dismissed.", "%(num)s proposals are dismissed.", num), "ok")
    _tell_unknown(came)
    if came["before"]:
        _tell_what_was_decided(run, came["before"])
    return redirect(url_for(".docket_run", public_id=public_id), 303)


def _dismiss(run: str, opening: str) -> str:
    """One proposal in a transaction of its own; what came of it."""
    try:
        with transaction():
            proposal = queries_runs.get_proposal(queries_runs.get_run(run), opening, viewer=signed_in())
            operations_proposals.dismiss_proposal(proposal, actor=signed_in())
    except operations_proposals.ProposalDecided:
        return "before"
    except NotFound:
        return "unknown"
    return "dismissed"
