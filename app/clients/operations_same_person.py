"""Saying that two requests are one person's, and taking it back; each keeps the names and ways it was made with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.core import audit
from app.core.db import lock, session
from app.core.errors import BadInput, NotAllowed, Refusal, refuse_if
from app.core.sealed import fold

from . import policy
from .locks import lock_cases
from .models import OPEN, Case, CaseStatus, Client
from .operations_parties import ask_for_search, keep_search, names_changed

if TYPE_CHECKING:
    from app.accounts.models import User


class SameRequest(BadInput):
    """The number is the request's own."""

    message = _l("This is the number of this request. Write the number of the other one.")


class ChangedMeanwhile(Refusal):
    """Other requests were joined or parted at the same moment."""

    message = _l("Somebody said something else about these requests just now. Look at them again.")


def join_requests(case: Case, other: Case, *, actor: User) -> None:
    """Count two requests, and all that are known to be the same persons', as one person's.

    Where one of them gives a name that an open one's conflicts were not searched for, they are searched again.

    :raises NotAllowed: the actor is not staff of the one programme both are of
    :raises SameRequest: they are the same
    :raises ChangedMeanwhile: somebody joined or parted them just now
    """
    _refuse_unless_two(case, other, actor)
    found = _locked(case, other)
    names = {each.identity_id: _names(found, each.identity_id) for each in found}
    if len(names) == 1:
        return
    renamed = [client.case for client in found if set().union(*names.values()) - names[client.identity_id]]
    _count_as_one(found)
    for each in renamed:
        _search_again(each, actor)
    for one, with_ in ((case, other), (other, case)):
        audit.record("client.join", one.client, actor=actor, case=one, after={"case": with_.number})


def part_request(case: Case, other: Case, *, actor: User) -> None:
    """Take back that another request is the same person's as one; it stands alone, the others stay together.

    Where somebody parted them meanwhile nothing changes, whomever the other is known to be by now.

    :raises NotAllowed: the actor is not staff of the one programme both are of
    :raises SameRequest: they are the same
    :raises ChangedMeanwhile: somebody joined or parted them just now
    """
    _refuse_unless_two(case, other, actor)
    found = _locked(case, other)
    if len({client.identity_id for client in found}) > 1:
        return
    _count_as_one(client for client in found if client.case_id == other.id)
    _count_as_one(client for client in found if client.case_id != other.id)
    for client in found:
        gone = {"case": other.number} if client.case_id != other.id else None
        audit.record("client.part", client, actor=actor, case=client.case, after=gone)


def _refuse_unless_two(case: Case, other: Case, actor: User) -> None:
    refuse_if(case.programme_id != other.programme_id or not policy.may_screen(actor, case), NotAllowed)
    refuse_if(case.id == other.id, SameRequest)


def _locked(*cases: Case) -> list[Client]:
    """The clients of cases and of every other request known to be the same persons', locked, oldest first."""
    ids = {client.case_id for client in _same_persons(cases)}
    lock_cases(ids)
    found = [lock(client) for client in _same_persons(cases)]
    refuse_if({client.case_id for client in found} != ids, ChangedMeanwhile)
    return found


def _same_persons(cases: Iterable[Case]) -> Sequence[Client]:
    who = select(Client.identity_id).where(Client.case_id.in_([case.id for case in cases]))
    return session.scalars(select(Client).where(Client.identity_id.in_(who)).order_by(Client.id)).all()


def _count_as_one(clients: Iterable[Client]) -> None:
    """The oldest request's person is who all of them are."""
    together = list(clients)
    for client in together:
        client.identity_id = together[0].person_id
    session.flush()


def _names(clients: Iterable[Client], identity_id: int) -> set[str]:
    persons = [client.person for client in clients if client.identity_id == identity_id]
    return {fold(name) for person in persons for name in (person.name, *(person.other_names or []))}


def _search_again(case: Case, actor: User) -> None:
    """The client is known by a name that was not searched for: nobody is placed before staff decided on it.

    The parties are as they were, so nobody who checked them is asked to check again. A closed case may be opened again.
    """
    if case.status is CaseStatus.PRESCREEN:
        names_changed(case, actor)
        return
    if case.status in OPEN:
        ask_for_search(case, actor, "the client of {number} is known by another name")
    if case.status in OPEN or case.status is CaseStatus.CLOSED:
        keep_search(case, actor)
