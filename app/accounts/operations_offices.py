"""The offices of a programme: opening, naming and closing them."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.core import audit, clock
from app.core.db import insert_unless_exists, lock, session
from app.core.errors import BadInput, NotAllowed, Refusal, refuse_if
from app.core.facts import counties

from . import policy
from .models import Office, Programme, User


class NameInUse(Refusal):
    """Another office of the programme has the name."""

    message = _l("This programme has an office of that name already.")


class NoSuchCounty(BadInput):
    """Nobody knows the county."""

    message = _l("Choose the county from the list.")


def offices_of(programme_id: int) -> Sequence[Office]:
    """Every office of a programme, the open ones first."""
    found = select(Office).where(Office.programme_id == programme_id)
    return session.execute(found.order_by(Office.closed_at.is_not(None), Office.name)).scalars().all()


def office_for(programme_id: int, county: str) -> Office | None:
    """The open office in a county, the oldest where there are several."""
    here = (Office.programme_id == programme_id, Office.county == county, Office.closed_at.is_(None))
    return session.execute(select(Office).where(*here).order_by(Office.id).limit(1)).scalar_one_or_none()


def add_office(programme: Programme, name: str, county: str, *, actor: User) -> Office:
    """Open an office.

    :raises NotAllowed: the actor neither administers nor coordinates the programme
    :raises NoSuchCounty: the county is unknown
    :raises NameInUse: there is one of that name
    """
    refuse_if(not policy.may_arrange(actor, programme), NotAllowed)
    refuse_if(county not in counties(), NoSuchCounty)
    made = insert_unless_exists(Office, programme_id=programme.id, name=name, county=county)
    if made is None:
        raise NameInUse
    audit.record("office.add", made, actor=actor, after={"name": name, "county": county})
    return made


def change_office(programme: Programme, office: Office, name: str, county: str, *, actor: User) -> None:
    """Name an office anew, or say that it lies elsewhere.

    :raises NotAllowed: the actor neither administers nor coordinates the programme
    :raises NoSuchCounty: the county is unknown
    :raises NameInUse: another one has that name
    """
    refuse_if(not policy.may_arrange(actor, programme), NotAllowed)
    refuse_if(county not in counties(), NoSuchCounty)
    lock(programme)
    taken = select(Office.id).where(Office.programme_id == programme.id, Office.name == name, Office.id != office.id)
    refuse_if(session.execute(taken).first() is not None, NameInUse)
    before, after = {"name": office.name, "county": office.county}, {"name": name, "county": county}
    if after != before:
        office.name, office.county = name, county
        audit.record("office.change", office, actor=actor, before=before, after=after)


def close_office(programme: Programme, office: Office, *, closed: bool, actor: User) -> None:
    """Close an office, or open it again; its cases stay its own.

    :raises NotAllowed: the actor neither administers nor coordinates the programme
    """
    refuse_if(not policy.may_arrange(actor, programme), NotAllowed)
    if closed != (office.closed_at is not None):
        office.closed_at = clock.now() if closed else None
        audit.record("office.close" if closed else "office.reopen", office, actor=actor)
