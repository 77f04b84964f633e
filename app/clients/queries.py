"""Which cases somebody may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select
from sqlalchemy.orm import joinedload

from app.accounts.models import Programme, RoleGrant, User
from app.core.access import STAFF
from app.core.db import session
from app.core.errors import NotFound

from .models import Case, Client, ClientLetter, Opening
from .supervision import assignments, may_be_played


def may_see_file(viewer: User) -> ColumnElement[bool]:
    """The condition that a case's file is open to the viewer: staff of its programme, or a volunteer on it now."""
    programmes = viewer.programme_ids(*STAFF)
    ways: list[ColumnElement[bool]] = [Case.programme_id.in_(programmes)] if programmes else []
    if viewer.volunteer is not None:
        part = assignments()
        mine = (part.volunteer_id == viewer.volunteer.id, part.ended_at.is_(None), may_be_played(part))
        ways.append(Case.assignments.any(and_(*mine)))
    return or_(*ways) if ways else false()


def visible_cases(viewer: User) -> Select[Case]:
    """The cases whose file the viewer may open; this alone decides it."""
    return select(Case).where(may_see_file(viewer))


def staff_cases(viewer: User) -> Select[Case]:
    """The cases of the programmes the viewer works for."""
    return select(Case).where(Case.programme_id.in_(viewer.programme_ids(*STAFF)))


def get_case(public_id: str, *, viewer: User, among: Select[Any] | None = None) -> Case:
    """A case the viewer may open.

    :raises NotFound: unknown, or another's
    """
    found = (visible_cases(viewer) if among is None else among).where(Case.public_id == public_id)
    case = session.execute(found).scalar_one_or_none()
    if case is None:
        raise NotFound
    return case


def get_opening(public_id: str, *, viewer: User) -> Opening:
    """An opening of a case of the programmes the viewer works for.

    :raises NotFound: unknown, or another programme's
    """
    mine = select(Opening).join(Case).where(Case.programme_id.in_(viewer.programme_ids(*STAFF)))
    opening = session.execute(mine.where(Opening.public_id == public_id)).scalar_one_or_none()
    if opening is None:
        raise NotFound
    return opening


def get_letter(public_id: str, *, viewer: User) -> ClientLetter:
    """A letter to a client of the programmes the viewer works for.

    :raises NotFound: unknown, or another programme's
    """
    mine = select(ClientLetter).join(Case).where(Case.programme_id.in_(viewer.programme_ids(*STAFF)))
    letter = session.execute(mine.where(ClientLetter.public_id == public_id)).scalar_one_or_none()
    if letter is None:
        raise NotFound
    return letter


def other_requests(client: Client) -> Sequence[Client]:
    """The same person as the client of other requests, with the names they asked by, oldest first."""
    found = select(Client).where(Client.identity_id == client.identity_id, Client.id != client.id)
    return session.scalars(found.options(joinedload(Client.person)).order_by(Client.id)).all()


def colleagues(case: Case) -> Sequence[User]:
    """The people who work for a case's programme now, by name."""
    return staff_of(case.programme)


def staff_of(programme: Programme) -> Sequence[User]:
    """The people who work for a programme now, by name."""
    work = (RoleGrant.programme_id == programme.id, RoleGrant.role.in_(STAFF))
    theirs = select(RoleGrant.user_id).where(*work)
    return session.scalars(
        select(User).where(User.id.in_(theirs), User.deactivated_at.is_(None)).order_by(User.name)
    ).all()
