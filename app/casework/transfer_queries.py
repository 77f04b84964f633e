"""The ways out of a case as they stand."""

from __future__ import annotations

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from app.accounts.models import RoleGrant, User
from app.clients.models import OPEN as OPEN_CASES
from app.clients.models import Case, Custody
from app.clients.queries import staff_cases
from app.core.access import Role
from app.core.db import session
from app.core.errors import NotFound
from app.matching.models import Assignment

from .transfer_models import LIVE_ASK, OPEN, Transfer, TransferAsk, TransferStep


def open_transfer(case: Case) -> Transfer | None:
    """The way out that is under way on a case."""
    found = select(Transfer).where(Transfer.case_id == case.id, Transfer.status.in_(OPEN))
    return session.execute(found).scalar_one_or_none()


def transfers_of(case: Case) -> list[Transfer]:
    """Every way out of a case with its steps, newest first."""
    found = select(Transfer).where(Transfer.case_id == case.id).order_by(Transfer.id.desc())
    return list(session.execute(_whole(found)).scalars())


def _whole(found: Select[Transfer]) -> Select[Transfer]:
    steps = selectinload(Transfer.steps)
    asks = selectinload(Transfer.asks)
    return found.options(
        steps.joinedload(TransferStep.by).lazyload(User.grants),
        steps.joinedload(TransferStep.volunteer),
        asks.joinedload(TransferAsk.volunteer),
        joinedload(Transfer.assignment).joinedload(Assignment.volunteer),
    )


def get_staff_transfer(public_id: str, *, viewer: User) -> Transfer:
    """A way out of a case of the viewer's programmes.

    :raises NotFound: unknown, or another programme's
    """
    mine = staff_cases(viewer).with_only_columns(Case.id)
    found = select(Transfer).where(Transfer.public_id == public_id, Transfer.case_id.in_(mine))
    return _one(_whole(found))


def get_own_transfer(public_id: str, *, viewer: User) -> Transfer:
    """A way out that was the viewer's own part, also after it ended.

    :raises NotFound: unknown, or somebody else's
    """
    mine = viewer.volunteer.id if viewer.volunteer else 0
    found = select(Transfer).join(Assignment, Assignment.id == Transfer.assignment_id)
    return _one(_whole(found.where(Transfer.public_id == public_id, Assignment.volunteer_id == mine)))


def own_transfers(viewer: User) -> dict[int, Transfer]:
    """The viewer's own ways out by assignment, the newest of each."""
    mine = viewer.volunteer.id if viewer.volunteer else 0
    found = select(Transfer).join(Assignment, Assignment.id == Transfer.assignment_id)
    rows = session.execute(found.where(Assignment.volunteer_id == mine).order_by(Transfer.id)).scalars()
    return {row.assignment_id: row for row in rows}


def get_own_ask(public_id: str, *, viewer: User) -> TransferAsk:
    """What the viewer was asked to take over, whatever became of it.

    :raises NotFound: unknown, somebody else's, or not asked yet
    """
    mine = viewer.volunteer.id if viewer.volunteer else 0
    found = select(TransferAsk).where(TransferAsk.public_id == public_id, TransferAsk.volunteer_id == mine)
    return _one(found.where(TransferAsk.asked_at.is_not(None)))


def own_asks(viewer: User) -> list[TransferAsk]:
    """What the viewer is asked to take over now, the soonest to end first."""
    mine = viewer.volunteer.id if viewer.volunteer else 0
    found = select(TransferAsk).where(TransferAsk.volunteer_id == mine, TransferAsk.status == "asked")
    return list(session.execute(found.options(joinedload(TransferAsk.case)).order_by(TransferAsk.ends_at)).scalars())


def live_ask(transfer: Transfer) -> TransferAsk | None:
    """The receiver chosen or asked now."""
    found = select(TransferAsk).where(TransferAsk.transfer_id == transfer.id, TransferAsk.status.in_(LIVE_ASK))
    return session.execute(found).scalar_one_or_none()


def last_ask(transfer: Transfer, volunteer_id: int) -> TransferAsk | None:
    """The newest time somebody was chosen for a transfer."""
    found = select(TransferAsk).where(TransferAsk.transfer_id == transfer.id, TransferAsk.volunteer_id == volunteer_id)
    return session.execute(found.order_by(TransferAsk.id.desc()).limit(1)).scalar_one_or_none()


def on_duty(case: Case, *, but: int | None) -> User | None:
    """Who takes custody at once: the supervising attorney with the fewest cases, else such a coordinator."""
    for role in (Role.SUPERVISING_ATTORNEY, Role.COORDINATOR):
        found = session.execute(_of_role(case.programme_id, role, but)).scalars().first()
        if found is not None:
            return found
    return None


def _of_role(programme_id: int, role: Role, but: int | None) -> Select[User]:
    theirs = select(RoleGrant.user_id).where(RoleGrant.programme_id == programme_id, RoleGrant.role == role)
    in_hand = (
        select(func.count(Custody.id))
        .join(Case, Case.id == Custody.case_id)
        .where(Custody.user_id == User.id, Custody.until_at.is_(None), Case.status.in_(OPEN_CASES))
        .scalar_subquery()
    )
    present = select(User).where(User.id.in_(theirs), User.deactivated_at.is_(None), User.id != (but or 0))
    return present.order_by(in_hand, User.id)


def _one(found: Select[Transfer] | Select[TransferAsk]):  # type: ignore[no-untyped-def]
    row = session.execute(found).scalar_one_or_none()
    if row is None:
        raise NotFound
    return row
