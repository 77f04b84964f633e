"""Opening programmes and setting their clock, voice and funding sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l

from app.core import audit
from app.core.db import insert_unless_exists, lock, session
from app.core.errors import BadInput, NotAllowed, Refusal, Stale, refuse_if

from . import policy
from .models import CROSSED, SMALL, Closure, Grant, Programme, User

SETTINGS = (
    "name", "state", "time_zone", "opens_at", "closes_at", "working_days", "holiday_calendar", "sender_name", "phone",
    "claims_taken_at_once",
)  # fmt: skip

LIMITS = ("small_count", "small_count_crossed")


class NameTaken(Refusal):
    """Another programme has the short name."""

    message = _l("Another programme has this short name or this prefix.")


class ClosedAlready(Refusal):
    """That day is on the list."""

    message = _l("That day is on the list already.")


class NotServedHere(BadInput):
    """The programme does not work in that county."""

    message = _l("Choose counties of this programme.")


class LimitsOutOfReach(BadInput):
    """A limit that would show too much, or nothing."""

    message = _l("Counts below a number from %(least)s to %(most)s are hidden; where crossed, from %(crossed)s to "
                 "%(top)s and not below the first.", least=SMALL[0], most=SMALL[1], crossed=CROSSED[0],
                 top=CROSSED[1])  # fmt: skip


def open_programme(*, slug: str, prefix: str, actor: User | None, **values: Any) -> Programme:
    """Open a programme.

    :raises NameTaken: its short name or prefix is in use
    """
    made = insert_unless_exists(Programme, slug=slug, prefix=prefix, **_kept(values))
    if made is None:
        raise NameTaken
    audit.record("programme.open", made, actor=actor)
    return made


def change_programme(programme: Programme, *, actor: User, **values: Any) -> None:
    """Change a programme's settings; clocks that already run keep the moment they were given."""
    new = _kept(values)
    changed = sorted(name for name, value in new.items() if getattr(programme, name) != value)
    for name in changed:
        setattr(programme, name, new[name])
    if changed:
        audit.record("programme.change", programme, actor=actor, after={"changed": changed})


def mark_rural(programme: Programme, counties: Sequence[str], *, seen: Sequence[str], actor: User) -> None:
    """Say which of a programme's counties are rural; all others count as urban, and none means nobody has said.

    :raises NotAllowed: the actor neither administers nor coordinates the programme
    :raises NotServedHere: a county where the programme does not work
    :raises Stale: somebody marked others since the actor looked
    """
    refuse_if(not policy.may_arrange(actor, programme), NotAllowed)
    refuse_if(not set(counties) <= set(programme.counties), NotServedHere)
    before, after = lock(programme).rural_counties or [], sorted(set(counties))
    refuse_if(sorted(seen) != before, Stale)
    if after != before:
        programme.rural_counties = after
        audit.record("programme.mark_rural", programme, actor=actor, before={"counties": before},
                     after={"counties": after})  # fmt: skip


def set_small_counts(programme: Programme, small: int, crossed: int, *, seen: Sequence[int], actor: User) -> None:
    """Set below which number a programme's counts are hidden, and those crossed with a place or a trait.

    :raises NotAllowed: the actor does not administer
    :raises LimitsOutOfReach: a number is too low or too high
    :raises Stale: somebody set others since the actor looked
    """
    refuse_if(not policy.may_set_small_counts(actor), NotAllowed)
    within = SMALL[0] <= small <= SMALL[1] and max(small, CROSSED[0]) <= crossed <= CROSSED[1]
    refuse_if(not within, LimitsOutOfReach)
    before = lock(programme).floors
    refuse_if(tuple(seen) != before, Stale)
    if (small, crossed) != before:
        programme.small_count, programme.small_count_crossed = small, crossed
        audit.record("programme.small_counts", programme, actor=actor, before=dict(zip(LIMITS, before, strict=True)),
                     after=dict(zip(LIMITS, (small, crossed), strict=True)))  # fmt: skip


def close_on(programme: Programme, day: date, reason: str, *, actor: User) -> Closure:
    """Close the office for a day.

    :raises ClosedAlready: it is on the list
    """
    made = insert_unless_exists(Closure, programme_id=programme.id, on_day=day, reason=reason)
    if made is None:
        raise ClosedAlready
    session.refresh(programme, ["closures"])
    audit.record("programme.close_on", programme, actor=actor, after={"on_day": day.isoformat()})
    return made


def open_after_all(programme: Programme, closure_id: int, *, actor: User) -> None:
    """Take a closure back; one that is gone stays gone."""
    for closure in [c for c in programme.closures if c.id == closure_id]:
        day = closure.on_day
        programme.closures.remove(closure)
        audit.record("programme.open_on", programme, actor=actor, before={"on_day": day.isoformat()})


def add_grant(
    programme: Programme, *, name: str, ruleset: str, starts_on: date, ends_on: date | None, actor: User
) -> Grant:
    """Add a funding source with its eligibility rules."""
    made = Grant(programme=programme, name=name, ruleset=ruleset, starts_on=starts_on, ends_on=ends_on)
    session.add(made)
    audit.record("programme.add_grant", made, actor=actor)
    return made


def _kept(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in SETTINGS if name in values}
