"""What one reader puts beside a publication: other grants that count some of the same cases on the same days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations_with_replacement, product
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import exists, or_, select
from sqlalchemy.orm import aliased

from app.accounts.models import Grant, RoleGrant, User
from app.clients.models import CaseGrant
from app.core import clock
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import lock_in_order, session
from app.core.errors import Refusal

from .models import PublishedPeriod
from .models_public import PublicPage
from .publishing_draft import Draft

Span = tuple[date, date]
ONE_READS_BOTH = (
    _l("Who reads this grant, or the public page, reads both. They are published together only where both show exactly "
       "the same: the same periods, signed off in the same order."),
    _l("Let one grant alone pay for these cases, or let each be read with an account of its own, and neither be on the "
       "public page."),
)  # fmt: skip
EVERYBODY_READS = (
    _l("The funders of other grants read the public page too."),
    _l("Show a grant whose cases no other published grant pays for."),
)


class ReadTogether(Refusal):
    """Two grants that count the same cases would be read side by side."""

    message = _l("Beside each other, two grants that count the same cases could give small counts away.")


@dataclass(frozen=True)
class Told:
    """A version of a period as it was, or would be, published."""

    span: Span
    exact: Mapping[str, Any] | None
    since: datetime
    until: datetime | None

    def beside(self, other: Told) -> bool:
        """Did both stand side by side?"""
        return (other.until is None or self.since < other.until) and (self.until is None or other.since < self.until)

    def meets(self, other: Told) -> bool:
        """Do they share a day?"""
        return self.span[0] <= other.span[1] and other.span[0] <= self.span[1]

    def repeats(self, other: Told) -> bool:
        """Is it the same period with the same figures, shown and hidden alike?"""
        if self.span != other.span or self.exact is None or other.exact is None:
            return False
        mine, theirs = ({k: n for k, n in exact.items() if k != "need"} for exact in (self.exact, other.exact))
        return mine == theirs  # whom the programme turned away is the same for all, and chosen for all at once


@dataclass(frozen=True)
class Reading:
    """A grant whose publications somebody has, and from when until when they could read them."""

    grant_id: int
    since: datetime | None = None
    until: datetime | None = None

    def holds(self, told: Told) -> bool:
        """Could this version be read then?"""
        early = self.since is not None and told.until is not None and told.until <= self.since
        return not early and (self.until is None or told.since < self.until)


def keep_others_out(grant: Grant) -> None:
    """Let nobody else publish a grant of the programme, or give one to read, until the transaction ends."""
    lock_in_order(*session.scalars(select(Grant).where(Grant.programme_id == grant.programme_id)))


def refuse_beside(draft: Draft) -> None:
    """Refuse to publish what a reader could subtract from another grant's publications, or they from it.

    :raises ReadTogether: it counts a case that another grant counts in the same days, with other figures
    """
    grant, mine = draft.grant, _with(draft)
    found = _clashing(grant, mine, _beside(grant), mine[-len(draft.versions) :], _years(draft))
    if found:
        raise _told_together(found, *ONE_READS_BOTH)


def against_reading(user: User, grant: Grant) -> str | None:
    """Why an account must not read a grant: with what it has read it could work small counts out."""
    keep_others_out(grant)
    mine = _told(grant.id)
    found = _clashing(grant, mine, [*_of_accounts([user.id]), *_of_everybody(grant)], mine)
    return _("It reads %(grants)s, or everybody does: published for some of the same days, and paying for some of the "
             "same cases. Beside each other they could give small counts away. Open another account for this grant.",
             grants=_names(found)) if found else None  # fmt: skip


def refuse_for_everybody(grant: Grant) -> None:
    """Refuse to show a grant to everybody, funders of other grants among them, beside whose figures it could tell.

    :raises ReadTogether: another grant counts the same cases in the same days, with other figures
    """
    mine = _told(grant.id)
    found = _clashing(grant, mine, _others(grant), mine)
    if found:
        raise _told_together(found, *EVERYBODY_READS)


def _told_together(others: Iterable[int], why: Any, instead: Any) -> ReadTogether:
    """The refusal, with the grants it is for and what to do instead."""
    said = _("Beside %(grants)s this could give small counts away.", grants=_names(others))
    both = _("Both are published for some of the same days and pay for some of the same cases.")
    return ReadTogether(said, details=[both, why, instead])


def read_beside(grant: Grant) -> list[Grant]:
    """The other grants that pay for some of a grant's cases and are read by one of its readers, or by everybody."""
    ids = {reading.grant_id for reading in _beside(grant)} - {grant.id}
    found = session.scalars(select(Grant).where(Grant.id.in_(ids)).order_by(Grant.name)).all()
    return [other for other in found if _share_a_case(grant.id, other.id)]


def _names(ids: Iterable[int]) -> str:
    return ", ".join(session.scalars(select(Grant.name).where(Grant.id.in_(set(ids))).order_by(Grant.name)))


def _beside(grant: Grant) -> list[Reading]:
    """All that anybody has who reads what is published of a grant from now on."""
    readers = select(RoleGrant.user_id).where(RoleGrant.role == Role.FUNDER, RoleGrant.grant_id == grant.id)
    found = [*_of_accounts(session.scalars(readers).all()), *_of_everybody(grant)]
    shown = exists().where(PublicPage.grant_id == grant.id, PublicPage.switched_off_at.is_(None))
    return found + _others(grant) if session.scalar(select(shown)) else found


def _others(grant: Grant) -> list[Reading]:
    """The other grants of a programme, whoever reads them."""
    same = select(Grant.id).where(Grant.programme_id == grant.programme_id, Grant.id != grant.id)
    return [Reading(grant_id) for grant_id in session.scalars(same)]


def _of_accounts(users: Sequence[int]) -> Iterator[Reading]:
    """What some accounts read, and what they read until it was taken from them."""
    now = select(RoleGrant.grant_id).where(RoleGrant.user_id.in_(users), RoleGrant.role == Role.FUNDER)
    yield from (Reading(grant_id) for grant_id in session.scalars(now) if grant_id is not None)
    taken = select(AuditEntry.before, AuditEntry.at).where(
        AuditEntry.record_kind == User.__tablename__, AuditEntry.record_id.in_(users),
        AuditEntry.action == "account.revoke_role",
    )  # fmt: skip
    for before, at in session.execute(taken):
        if before and before.get("role") == Role.FUNDER and before.get("grant") is not None:
            yield Reading(before["grant"], until=at)


def _of_everybody(grant: Grant) -> Iterator[Reading]:
    """What stood, or stands, on the public page of a grant's programme."""
    pages = select(PublicPage.grant_id, PublicPage.switched_on_at, PublicPage.switched_off_at)
    for page in session.execute(pages.where(PublicPage.programme_id == grant.programme_id)):
        yield Reading(*page)


def _told(grant_id: int, years: tuple[int, int] | None = None) -> list[Told]:
    """Every version published of a grant, in the order in which they were; replaced ones too."""
    kind = PublishedPeriod
    rows = select(kind.starts_on, kind.ends_on, kind.exact, kind.signed_off_at, kind.replaced_at)
    rows = rows.where(kind.grant_id == grant_id).order_by(kind.id)
    if years is not None:
        rows = rows.where(kind.starts_on >= date(years[0], 1, 1), kind.ends_on <= date(years[1], 12, 31))
    return [Told((first, last), exact, since, until) for first, last, exact, since, until in session.execute(rows)]


def _years(draft: Draft) -> tuple[int, int]:
    """The calendar years beyond which nothing is summed with a draft: no period crosses their ends."""
    return draft.versions[0].first.year, draft.versions[0].last.year


def _with(draft: Draft) -> list[Told]:
    """The versions of a grant in the years of a draft as they would be with it; the new ones come last."""
    now, replaced, found = clock.now(), {version.span for version in draft.old}, []
    for told in _told(draft.grant.id, _years(draft)):
        ends = told.until is None and told.span in replaced
        found.append(Told(told.span, told.exact, told.since, now) if ends else told)
    return found + [Told(v.span, draft.exact_of(v), now, None) for v in draft.versions]


def _clashing(
    grant: Grant, mine: list[Told], readings: Iterable[Reading], new: list[Told], years: tuple[int, int] | None = None
) -> set[int]:
    """The other grants beside whose publications those of a grant could tell more than they may."""
    windows: dict[int, list[Reading]] = {}
    for reading in readings:
        if reading.grant_id != grant.id:
            windows.setdefault(reading.grant_id, []).append(reading)
    found = set()
    for other, read in windows.items():
        if new and _share_a_case(grant.id, other):
            theirs = _told(other, years)
            seen = [told for told in theirs if any(each.holds(told) for each in read)]
            if any(_clash(grant.id, other, piece, theirs) for piece in _pieces(mine, seen, new)):
                found.add(other)
    return found


Piece = tuple[list[Told], list[Told], list[Told]]  # of the one grant, of the other, and all of the one


def _pieces(mine: list[Told], seen: list[Told], new: list[Told]) -> Iterator[Piece]:
    """What of two grants hangs together by the days it shares, around what is new."""
    left = [*new]
    done: set[int] = set()
    while left:
        group, waiting = [], [left.pop()]
        while waiting:
            told = waiting.pop()
            if id(told) not in done:
                done.add(id(told))
                group.append(told)
                waiting += [each for each in (*mine, *seen) if id(each) not in done and told.meets(each)]
        ids = {id(told) for told in group}
        yield [t for t in mine if id(t) in ids], [t for t in seen if id(t) in ids], mine


def _clash(grant_id: int, other_id: int, piece: Piece, theirs: list[Told]) -> bool:
    """Do both count a case in days they share, though neither holds all that the other tells?"""
    ours, seen, mine = piece
    if _holds_all(mine, seen) or _holds_all(theirs, ours):
        return False
    shared = {
        (max(a.span[0], b.span[0]), min(a.span[1], b.span[1])) for a, b in product(ours, seen) if a.meets(b)
    }  # fmt: skip
    return any(_share_a_case(grant_id, other_id, *days) for days in shared)


def _holds_all(whole: list[Told], part: list[Told]) -> bool:
    """Do some publications repeat all of others, so that those add nothing to them?

    Two that stood side by side must have done so there as well: only then what is left between them was looked at.
    """
    same = {id(told): [each for each in whole if each.repeats(told)] for told in part}
    pairs = ((a, b) for a, b in combinations_with_replacement(part, 2) if a.beside(b))
    return all(any(x.beside(y) for x, y in product(same[id(a)], same[id(b)])) for a, b in pairs)


def _share_a_case(one: int, other: int, first: date = date.min, last: date = date.max) -> bool:
    """Do two grants pay for a same case within some days?"""
    paid, also = aliased(CaseGrant), aliased(CaseGrant)
    found = exists().where(
        paid.case_id == also.case_id, paid.grant_id == one, also.grant_id == other,
        paid.from_on <= last, or_(paid.until_on.is_(None), paid.until_on >= first),
        also.from_on <= last, or_(also.until_on.is_(None), also.until_on >= first),
    )  # fmt: skip
    return bool(session.scalar(select(found)))
