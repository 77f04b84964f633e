"""Placing the whole docket: asked for, taken by a worker, stopped, written down."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, and_, delete, insert, null, or_, select, update

from app.accounts.models import User
from app.core import audit, clock
from app.core.access import STAFF
from app.core.db import insert_unless_exists, lock, session
from app.core.errors import NotAllowed, Refusal, refuse_if

from .dockets import open_to_matching, today
from .models import DocketRun, Proposal, ProposalStatus, RunStatus, Unplaced
from .run_rows import RunRows

R = RunStatus
LEASE = timedelta(minutes=3)
MOVED = "Somebody was asked, or the case moved, while the docket was being placed."
WHOLE_RUNS = 60
LIVE_RUN = (R.WAITING, R.RUNNING)


class RunOver(Refusal):
    """The run came to its end before it could be stopped."""

    message = _l("This run has come to its end already.")


def ask_for_run(*, actor: User | None) -> DocketRun:
    """Have the docket placed; where a run waits or is at work, it is that one.

    :raises NotAllowed: the actor is not staff of any programme
    """
    refuse_if(actor is not None and not actor.programme_ids(*STAFF), NotAllowed)
    made = insert_unless_exists(
        DocketRun, slot="docket", status=R.WAITING, asked_by_id=actor.id if actor else None, as_of=today()
    )
    if made is None:
        return session.execute(select(DocketRun).where(DocketRun.status.in_(LIVE_RUN))).scalar_one()
    audit.record("run.ask", made, actor=actor)
    return made


def cancel_run(run: DocketRun, *, actor: User) -> DocketRun:
    """Stop a run: at once while it waits or its worker is gone, else at its next step; twice changes nothing.

    :raises NotAllowed: the actor is not staff of any programme
    :raises RunOver: it is done or failed
    """
    run = lock(run)
    refuse_if(not actor.programme_ids(*STAFF), NotAllowed)
    if run.status is R.CANCELLED or run.cancel_asked_at is not None:
        return run
    refuse_if(run.status not in LIVE_RUN, RunOver)
    run.cancel_asked_at = clock.now()
    if run.status is R.WAITING or run.is_left:
        run.status, run.finished_at, run.lease_until, run.stage = R.CANCELLED, clock.now(), None, None
    audit.record("run.cancel", run, actor=actor)
    return run


def due_run() -> Select[DocketRun]:
    """The run to work on: one that waits, or one whose worker is gone."""
    gone = and_(DocketRun.status == R.RUNNING, DocketRun.lease_until < clock.now())
    return select(DocketRun).where(or_(DocketRun.status == R.WAITING, gone)).order_by(DocketRun.id).limit(1)


def take_run(run: DocketRun) -> None:
    """Begin, or begin again; who took it last is who may write it down."""
    run.status, run.stage, run.as_of = R.RUNNING, "read", today()
    run.stage_done = run.stage_total = None
    run.started_at, run.lease_until = clock.now(), clock.now() + LEASE


def write_placement(run: DocketRun, rows: RunRows) -> None:
    """Store proposals, what is left and why, the wanted list, prices and the proof."""
    if rows.proposals:
        session.execute(insert(Proposal), rows.proposals)
        _set_aside_what_moved(run)
    if rows.left:
        session.execute(insert(Unplaced), rows.left)
    for name, value in rows.values.items():
        setattr(run, name, value)
    run.status, run.finished_at, run.lease_until, run.stage = R.DONE, clock.now(), None, None
    audit.record("run.done", run, actor=None, after={"placed": len(rows.proposals), "left": len(rows.left)})


def _set_aside_what_moved(run: DocketRun) -> None:
    """What was asked, held or placed while the run was at work is no longer its to propose."""
    moved = Proposal.opening_id.not_in(open_to_matching())
    said = {"status": ProposalStatus.REFUSED, "refusal": MOVED, "decided_at": clock.now()}
    session.execute(update(Proposal).where(Proposal.run_id == run.id, moved).values(said))


def prune_runs() -> None:
    """Keep the newest runs whole, and of older ones their figures and what was decided."""
    done = select(DocketRun.id).where(DocketRun.status == R.DONE).order_by(DocketRun.id.desc())
    oldest = session.execute(done.offset(WHOLE_RUNS - 1).limit(1)).scalar()
    if oldest is None:
        return
    undecided = Proposal.status.in_((ProposalStatus.OPEN, ProposalStatus.REFUSED))
    session.execute(delete(Unplaced).where(Unplaced.run_id < oldest))
    session.execute(delete(Proposal).where(Proposal.run_id < oldest, undecided))
    left = update(DocketRun).where(DocketRun.id < oldest, DocketRun.prices.is_not(None))
    session.execute(left.values(found=null(), wanted=null(), prices=null()))


def end_run(run: DocketRun, status: RunStatus, failure: str | None = None) -> None:
    """Let a run end without a result: it was stopped, or it failed."""
    run.status, run.finished_at, run.lease_until, run.stage, run.failure = status, clock.now(), None, None, failure
    audit.record(f"run.{status.value}", run, actor=None, after={"failure": failure} if failure else None)
