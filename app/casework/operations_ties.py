"""Closing files at once where a volunteer says anew where they work or with whom they live, or a firm is renamed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from sqlalchemy import select

from app.accounts.models import User
from app.clients.locks import lock_cases
from app.clients.models import Case
from app.core.db import session
from app.matching.barring import cases_that_name, close_through, close_to
from app.matching.called import Called, hash_of_firm
from app.matching.models import Assignment
from app.matching.operations_holds import end_holds
from app.volunteers.models import Membership, Organisation, Volunteer

from .operations_cut_off import close_file
from .queries import works_of

Pairs = set[tuple[int, int]]  # of a case and a volunteer close to somebody in it


def watch_ties(volunteer: Volunteer) -> Callable[[User], None]:
    """Look again at the cases of somebody who says anew where they work, or with whom they live or work.

    Whoever was close to a party before was noticed as the name came in, or staff have decided about them.
    """
    cases = works_of([volunteer.id])
    lock_cases(cases)
    return partial(_ties_changed, volunteer, _close(cases, [volunteer]), close_through(volunteer))


def _ties_changed(volunteer: Volunteer, before: Pairs, circle: set[str], actor: User) -> None:
    """What they were given in the same instant counts too: it was judged by what they had said until then."""
    cases = works_of([volunteer.id])
    lock_cases(cases)
    _stand_outside(_close(cases, [volunteer]) - before, actor)
    came = session.scalars(select(Volunteer).where(Volunteer.public_id.in_(close_through(volunteer) - circle))).all()
    _look_at_others(volunteer, came, actor)


def _look_at_others(volunteer: Volunteer, came: Iterable[Volunteer], actor: User) -> None:
    """Close the cases in which the volunteer is a party to whoever has come to share a firm, home or work with them.

    These cases are locked after the volunteer: nobody who is a party is ever placed there, so nobody waits in a ring.
    """
    words = {each.word for each in volunteer.words}
    cases = _cases_that_name(came, lambda name: bool(words) and words <= name.words)
    lock_cases(cases)
    _stand_outside(_close(cases, came), actor)


def watch_firm_name(firm: Organisation, name: str) -> Callable[[User], None]:
    """Look again at the cases of a firm's people one of whose parties bears the name that the firm gets."""
    members = select(Volunteer).join(Membership, Membership.volunteer_id == Volunteer.id)
    people = session.scalars(members.where(Membership.organisation_id == firm.id)).all()
    meant = hash_of_firm(name)
    cases = _cases_that_name(people, lambda called: bool(meant) and called.firm == meant)
    lock_cases(cases)
    return partial(_firm_renamed, cases, people, _close(cases, people))


def _firm_renamed(cases: list[int], people: Iterable[Volunteer], before: Pairs, actor: User) -> None:
    _stand_outside(_close(cases, people) - before, actor)


def _cases_that_name(people: Iterable[Volunteer], is_meant: Callable[[Called], bool]) -> list[int]:
    return cases_that_name(works_of(each.id for each in people), is_meant)


def _close(case_ids: Iterable[int], people: Iterable[Volunteer]) -> Pairs:
    found: Pairs = set()
    for case in (session.get_one(Case, each) for each in case_ids):
        close = set().union(*(close_to(party) for party in case.parties if party.removed_at is None))
        found |= {(case.id, each.id) for each in people if each.public_id in close}
    return found


def _stand_outside(pairs: Pairs, actor: User) -> None:
    """Close the file to who works on a case, and end what they hold of it or ask for."""
    for case_id, volunteer_id in sorted(pairs):
        live = select(Assignment).where(Assignment.case_id == case_id, Assignment.volunteer_id == volunteer_id)
        shut = live.where(Assignment.ended_at.is_(None), Assignment.cut_off_at.is_(None)).order_by(Assignment.id)
        for part in session.scalars(shut).all():
            close_file(part, actor)
        end_holds(session.get_one(Case, case_id), session.get_one(Volunteer, volunteer_id))
