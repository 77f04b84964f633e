"""The firms and other organisations as staff see them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, false, func, select, true
from sqlalchemy.orm import contains_eager, joinedload

from app.accounts.models import RoleGrant, User
from app.core.access import STAFF, Role
from app.core.db import session
from app.core.errors import NotFound
from app.core.sealed import fold

from .models import Membership, Organisation, Volunteer, VolunteerStatus


def _people() -> Any:
    belong = select(func.count()).select_from(Membership).join(Volunteer)
    return belong.where(Membership.organisation_id == Organisation.id)


PEOPLE = _people().scalar_subquery()
APPROVED = _people().where(Volunteer.status == VolunteerStatus.APPROVED).scalar_subquery()
ANSWERING = (
    select(func.count(func.distinct(User.id)))
    .join(RoleGrant, RoleGrant.user_id == User.id)
    .where(
        RoleGrant.organisation_id == Organisation.id,
        RoleGrant.role == Role.FIRM_COORDINATOR,
        User.deactivated_at.is_(None),
    )
    .scalar_subquery()
)
SORTS: dict[str, Any] = {"name": (Organisation.name,), "people": (PEOPLE.desc(), Organisation.name)}


def _visible(viewer: User) -> Any:
    return true() if any(viewer.has(role) for role in (*STAFF, Role.ADMIN)) else false()


def organisations_list(viewer: User, *, kind: str = "", without: bool = False, sort: str = "name") -> Select[Any]:
    """Every organisation with its people, the approved among them, and those who answer for it."""
    stmt: Any = select(Organisation, PEOPLE, APPROVED, ANSWERING).where(_visible(viewer))
    if kind:
        stmt = stmt.where(Organisation.kind == kind)
    if without:
        stmt = stmt.where(ANSWERING == 0)
    return stmt.order_by(*SORTS.get(sort, SORTS["name"]))  # type: ignore[no-any-return]


def named_like(text: str) -> list[int]:
    """The organisations in whose name every word of a text begins a word."""
    wanted = fold(text).split()
    rows = session.execute(select(Organisation.id, Organisation.name)).all()
    return [id_ for id_, name in rows if all(any(w.startswith(x) for w in fold(name).split()) for x in wanted)]


def get_for_staff(public_id: str, *, viewer: User) -> Organisation:
    """An organisation, for staff and administrators.

    :raises NotFound: none such, or the viewer is neither
    """
    stmt = select(Organisation).where(Organisation.public_id == public_id, _visible(viewer))
    found = session.execute(stmt).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def people_of(organisation: Organisation) -> Sequence[Volunteer]:
    """Everybody who belongs to an organisation, those approved first."""
    stmt = select(Volunteer).join(Membership).where(Membership.organisation_id == organisation.id)
    return session.execute(stmt.order_by(Volunteer.status != VolunteerStatus.APPROVED, Volunteer.id)).scalars().all()


def unconfirmed(organisation_ids: Iterable[int]) -> Sequence[Membership]:
    """Those who say that they belong to one of these organisations, and whom nobody confirmed; the longest first."""
    mine = Membership.organisation_id.in_(list(organisation_ids))
    stmt = select(Membership).join(Volunteer).where(mine, Membership.confirmed_at.is_(None))
    here = Volunteer.status.in_((VolunteerStatus.APPROVED, VolunteerStatus.PAUSED, VolunteerStatus.LAPSED))
    whole = stmt.options(contains_eager(Membership.volunteer), joinedload(Membership.organisation))
    return session.execute(whole.where(here).order_by(Membership.id)).scalars().all()


def find_unconfirmed(organisation_ids: Iterable[int], volunteer_id: str) -> Membership:
    """The unconfirmed word of one volunteer.

    :raises NotFound: none such, or it was answered meanwhile
    """
    found = next((one for one in unconfirmed(organisation_ids) if one.volunteer.public_id == volunteer_id), None)
    if found is None:
        raise NotFound
    return found


def coordinators_of(organisation: Organisation) -> Sequence[User]:
    """Those who answer for an organisation, the longest there first; closed accounts too."""
    held = (RoleGrant.organisation_id == organisation.id, RoleGrant.role == Role.FIRM_COORDINATOR)
    stmt = select(User).join(RoleGrant, RoleGrant.user_id == User.id).where(*held).order_by(RoleGrant.id)
    return session.execute(stmt).scalars().unique().all()


def find_coordinator(organisation: Organisation, public_id: str) -> User:
    """One of those who answer for an organisation.

    :raises NotFound: not one of them
    """
    found = [user for user in coordinators_of(organisation) if user.public_id == public_id]
    if not found:
        raise NotFound
    return found[0]
