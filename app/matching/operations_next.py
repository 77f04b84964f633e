"""After a no: the next best volunteer under the last run's prices becomes a proposal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, exists, func, or_, select

from app.clients.locks import lock_opening
from app.clients.models import Case, Opening
from app.core import audit, clock
from app.core.db import session
from app.tasks.models import Task

from .dockets import Laid, docket_of_opening, is_in_time, lay_docket, today
from .engine.shortlist import Listed
from .engine.solve import place
from .models import DocketRun, Proposal, ProposalStatus, RunStatus, Unplaced
from .operations_line import PROPOSE_NEXT
from .rules import is_listed
from .run_rows import unplaced_rows
from .shortlists import prices_of_last_run, ranked_volunteers
from .steering import leaning, reasons_given, steered

S = ProposalStatus


@dataclass(frozen=True)
class Next:
    """What to say of one opening: a proposal's values, or why nobody is left."""

    proposal: dict[str, Any] | None
    unplaced: dict[str, Any] | None


def due_next() -> Select[int]:
    """Openings that wait for the next volunteer and about which the last run has said nothing since."""
    run = last_run().scalar_subquery()
    newer = exists().where(
        Proposal.run_id == run,
        Proposal.opening_id == Opening.id,
        or_(Proposal.status == S.OPEN, Proposal.changed_at > Task.created_at),
    )
    left = exists().where(Unplaced.run_id == run, Unplaced.opening_id == Opening.id)
    return (
        select(Opening.id)
        .join(Task, (Task.record_kind == "openings") & (Task.record_id == Opening.id))
        .join(Case, Case.id == Opening.case_id)
        .where(
            Task.cause == PROPOSE_NEXT,
            Task.done_at.is_(None),
            run.is_not(None),
            *is_listed(),
            is_in_time(),
            ~newer,
            ~left,
        )
        .order_by(Task.id)
        .limit(1)
    )


def last_run() -> Select[int]:
    """The id of the newest run that came to a result."""
    return select(func.max(DocketRun.id)).where(DocketRun.status == RunStatus.DONE)


def find_next(opening_id: int) -> Next:
    """The best fit less the price of the place, among those with a place free; never one who was asked before.

    What others found wrong with this matter counts, where they told.
    """
    opening = session.get_one(Opening, opening_id)
    laid = docket_of_opening(opening, today())
    listed = ranked_volunteers(laid, 0, prices_of_last_run())
    leans = leaning(reasons_given(opening).elements())
    listed = sorted(listed, key=lambda one: -steered(one.worth, one.terms, leans))  # of equals, the order stays
    free = [one for one in listed if laid.docket.volunteers[one.volunteer].slots > 0]
    if free:
        return Next(_values(laid, free[0], listed), None)
    laid = lay_docket(select(Opening.id).where(Opening.id == opening_id), today())  # its funnel counts everybody
    (unplaced,) = unplaced_rows(0, laid, place(laid.docket))
    return Next(None, unplaced)


def _values(laid: Laid, best: Listed, listed: list[Listed]) -> dict[str, Any]:
    by_fit = sorted(listed, key=lambda one: (-one.fit, one.volunteer_id))
    rank = by_fit.index(best)
    other = next((one for one in by_fit if one is not best), None)
    return {
        "volunteer_id": laid.volunteers[best.volunteer_id],
        "fit": best.fit,
        "terms": best.terms,
        "load_penalty": 0,
        "needs_mentor": best.needs_mentor,
        "rank": rank + 1,
        "able": len(listed),
        "runner_up_id": laid.volunteers[other.volunteer_id] if other else None,
    }


def propose_next(opening_id: int, found: Next) -> Proposal | None:
    """Put the next best before the coordinator as the last run's proposal; where nobody is left, say so there."""
    opening = lock_opening(session.get_one(Opening, opening_id))
    run_id = session.execute(last_run()).scalar_one()
    if run_id is None or session.execute(due_next().where(Opening.id == opening_id)).first() is None:
        return None
    if found.proposal is None:
        values = {**(found.unplaced or {}), "run_id": run_id, "position": _after(Unplaced, run_id)}
        session.add(Unplaced(**{**values, "opening_id": opening.id}))
        return None
    return _proposed(run_id, opening, found.proposal)


def _proposed(run_id: int, opening: Opening, values: dict[str, Any]) -> Proposal:
    stmt = select(Proposal).where(Proposal.run_id == run_id, Proposal.opening_id == opening.id)
    proposal = session.execute(stmt).scalar_one_or_none()
    before = {"volunteer": proposal.volunteer_id} if proposal else None
    if proposal is None:
        proposal = Proposal(run_id=run_id, opening_id=opening.id, position=_after(Proposal, run_id))
        session.add(proposal)
    undecided = {"status": S.OPEN, "referral_id": None, "refusal": None, "decided_by_id": None, "decided_at": None}
    for name, value in {**values, **undecided, "changed_at": clock.now()}.items():
        setattr(proposal, name, value)
    after = {"volunteer": values["volunteer_id"]}
    audit.record("proposal.next", proposal, actor=None, case=opening.case, before=before, after=after)
    return proposal


def _after(kind: type[Proposal] | type[Unplaced], run_id: int) -> int:
    last = select(func.coalesce(func.max(kind.position), -1)).where(kind.run_id == run_id)
    return session.execute(last).scalar_one() + 1
