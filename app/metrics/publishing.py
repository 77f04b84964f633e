"""Signing off a period for a grant: what a funder reads, and nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import Grant, User
from app.core import audit, clock
from app.core.access import Role
from app.core.db import session
from app.core.errors import BadInput, NotAllowed, Refusal, refuse_if

from .figures import period_of
from .models import PublishedPeriod
from .publishing_beside import keep_others_out, refuse_beside
from .publishing_draft import Draft, prepare
from .publishing_figures import as_published
from .publishing_need import add_need
from .publishing_system import Version

KINDS = ("month", "quarter", "half", "year")


class PeriodRunning(Refusal):
    """The period has not ended."""

    message = _l("The period has not ended yet. Sign it off from the day after its last one.")


class AlreadyPublished(Refusal):
    """The period is published."""

    message = _l("This period is published already. Publish a restatement if figures have changed since.")


class NotAsSeen(Refusal):
    """What would be published is not what was looked at."""

    message = _l("Figures, goals or the numbers below which counts are hidden have changed since you looked. Look at "
                 "the period again before you sign it off.")  # fmt: skip


def draft_of(grant: Grant, first: date, kind: str | None, *, actor: User, restate: bool = False) -> Draft:
    """What would be published of one of a grant's reporting periods; reads only.

    :raises NotAllowed: the actor does not coordinate the programme
    :raises PeriodRunning: it has not ended
    :raises AlreadyPublished: it is published and no restatement was asked for
    :raises ReadTogether: beside another grant's publications it could be subtracted from
    """
    refuse_if(not actor.has(Role.COORDINATOR, grant.programme_id), NotAllowed)
    kind = kind or grant.reports_every
    if kind not in KINDS or first != period_of(first, kind)[0]:
        raise BadInput(_l("Choose the first day of a period: a month begins on its 1st, a quarter on January 1, "
                          "April 1, July 1 or October 1, half a year on January 1 or July 1, a year on January 1."
                          ))  # fmt: skip
    first, last = period_of(first, kind)
    if last < grant.starts_on:
        raise BadInput(_l("The grant had not begun then."))
    refuse_if(last >= calendars.today(grant.programme), PeriodRunning)
    refuse_if(not restate and _live(grant, first, last) is not None, AlreadyPublished)
    draft = prepare(grant, first, last, restate=restate)
    add_need(draft)
    refuse_beside(draft)
    return draft


def mark_of(draft: Draft) -> str:
    """A digest of everything that a draft would publish: the same for the same figures, hidden ones and goals."""
    told = [
        (*version.span, as_published(version, frozenset(hidden), draft.grant, draft.floors))
        for version in draft.versions
        for hidden in (draft.hidden[version], draft.public[version])
    ]
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


def sign_off(
    grant: Grant, first: date, *, actor: User, restate: bool = False, kind: str | None = None, note: str = "",
    seen: str | None = None,
) -> PublishedPeriod:  # fmt: skip
    """Publish a grant's reporting period for its funder, or a restatement of it and of what shares its days.

    :param seen: the mark of what was looked at

    :raises PeriodRunning: it has not ended
    :raises AlreadyPublished: it is published and no restatement was asked for
    :raises NothingToCorrect: a restatement would change nothing
    :raises NotAsSeen: it would be something else than what was looked at
    """
    keep_others_out(grant)
    draft = draft_of(grant, first, kind, actor=actor, restate=restate)
    refuse_if(seen is not None and seen != mark_of(draft), NotAsSeen)
    now = clock.now()
    for before in draft.old.values():
        before.replaced_at = now
    session.flush()
    made = [_published(draft, version, now, actor, note) for version in draft.versions]
    session.add_all(made)
    session.flush()
    for row in made:
        audit.record("period.sign_off", row, actor=actor, after={"grant": grant.id, "first": row.starts_on.isoformat()})
    return made[0]


def _published(draft: Draft, version: Version, now: datetime, actor: User, note: str) -> PublishedPeriod:
    grant, hidden, public = draft.grant, frozenset(draft.hidden[version]), draft.public[version]
    before = draft.old.get(version)
    return PublishedPeriod(
        programme_id=grant.programme_id,
        grant_id=grant.id,
        starts_on=version.first,
        ends_on=version.last,
        signed_off_at=now,
        signed_off_by_id=actor.id,
        restates_id=before.id if before else None,
        note=note.strip() or None,
        figures=as_published(version, hidden, grant, draft.floors),
        public=as_published(version, public, grant, draft.floors),
        exact=draft.exact_of(version),
    )


def _live(grant: Grant, first: date, last: date) -> PublishedPeriod | None:
    found = select(PublishedPeriod).where(
        PublishedPeriod.grant_id == grant.id,
        PublishedPeriod.starts_on == first,
        PublishedPeriod.ends_on == last,
        PublishedPeriod.replaced_at.is_(None),
    )
    return session.execute(found).scalar_one_or_none()


def unpublished_periods(grant: Grant, *, most: int = 8, kind: str | None = None) -> list[tuple[date, date]]:
    """The ended reporting periods of a grant that wait to be signed off, oldest first."""
    today, kind = calendars.today(grant.programme), kind or grant.reports_every
    live = select(PublishedPeriod.starts_on, PublishedPeriod.ends_on).where(
        PublishedPeriod.grant_id == grant.id, PublishedPeriod.replaced_at.is_(None)
    )
    done = {(first, last) for first, last in session.execute(live)}
    found = []
    first, last = period_of(today, kind)
    for _ in range(most):
        first, last = period_of(first - timedelta(days=1), kind)
        paid = last >= grant.starts_on and (grant.ends_on is None or first <= grant.ends_on)
        if paid and (first, last) not in done:
            found.append((first, last))
    return found[::-1]


def published_periods(grant: Grant) -> list[PublishedPeriod]:
    """What is published of a grant now, newest first."""
    live = select(PublishedPeriod).where(PublishedPeriod.grant_id == grant.id, PublishedPeriod.replaced_at.is_(None))
    newest = live.order_by(PublishedPeriod.ends_on.desc(), PublishedPeriod.starts_on.desc())
    return list(session.execute(newest).scalars())


def live_one(periods: Sequence[PublishedPeriod], asked: str | None) -> PublishedPeriod | None:
    """The period asked for, or the newest; of a version that was replaced, the one that stands in its place."""
    if asked is None:
        return periods[0] if periods else None
    found = next((period for period in periods if period.public_id == asked), None)
    if found is not None:
        return found
    old = session.execute(select(PublishedPeriod).where(PublishedPeriod.public_id == asked)).scalar_one_or_none()
    same = (old.grant_id, old.starts_on, old.ends_on) if old else None
    return next((p for p in periods if (p.grant_id, p.starts_on, p.ends_on) == same), None)


def periods_for(viewer: User, grant_ids: list[int] | None = None) -> list[PublishedPeriod]:
    """The published periods of the grants the viewer pays for, newest first."""
    ids = viewer.grant_ids() if grant_ids is None else grant_ids
    found = select(PublishedPeriod).where(PublishedPeriod.grant_id.in_(ids), PublishedPeriod.replaced_at.is_(None))
    newest = (PublishedPeriod.ends_on.desc(), PublishedPeriod.starts_on.desc(), PublishedPeriod.id)
    return list(session.execute(found.order_by(*newest)).scalars())
