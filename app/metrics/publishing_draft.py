"""What would be published of a period, worked out without writing anything, and what would stay hidden of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts.models import Grant
from app.core.db import session
from app.core.errors import Refusal

from .hiding_choice import Choice, choose
from .hiding_system import Key, State
from .models import PublishedPeriod
from .publishing_cells import (
    DIFFERENT,
    Cells,
    Months,
    figures_of,
    member_of,
    name_of,
    read_months,
    read_once,
)
from .publishing_hours import cases_since, hours_hidden
from .publishing_system import CLIENTS, Floors, Published, Version

FAMILIES = {
    "closed": ("closed", "closed_limited", "closed_extended", "people_helped", "clients_helped"),
    "accepted": ("accepted", "stage"),
    "listed": ("listed", "listed_placed", "listed_not_placed", "listed_returned", "listed_withdrawn", "listed_waiting"),
    "checkins": ("checkins_sent", "checkins_answered"),
    "hours": ("hours",),
}
LATE_HOURS = 500  # hundredths of an hour by which hours must have changed to be corrected
BEFORE = "before"  # hidden, as it was when first published


class NothingToCorrect(Refusal):
    """No figure changed, or none by enough."""

    message = _l("Nothing has changed since by enough to be shown. Small corrections wait until they add up, because "
                 "the difference between two versions would point at people.")  # fmt: skip


class WouldTell(Refusal):
    """Beside what is published, even that a figure is hidden would say too much."""

    message = _l("Beside what is published already this would give small counts away, so it cannot be published. "
                 "Publish shorter periods before the longer ones that hold them; where they are published already, "
                 "leave this one out.")  # fmt: skip


@dataclass
class Draft:
    """What would be published: the period, any published one that is corrected with it, and what stays hidden."""

    grant: Grant
    floors: Floors
    versions: list[Version]  # to be published now; the period asked for comes first
    old: dict[Version, PublishedPeriod]  # what the corrected ones replace
    hidden: dict[Version, dict[str, str]] = field(default_factory=dict)  # cell: why, for funders
    public: dict[Version, frozenset[str]] = field(default_factory=dict)  # cells hidden from everybody

    def exact_of(self, version: Version) -> dict[str, Any]:
        """What is kept of a version: all it is made of, and what of that is hidden."""
        hidden, public = sorted(self.hidden[version]), sorted(self.public[version])
        return {**version.exact, "hidden": hidden, "public": public}


@dataclass
class Past:
    """What was published of a grant in the years of a period."""

    rows: dict[Version, PublishedPeriod]
    now: int  # the turn that would come next

    @property
    def live(self) -> list[Version]:
        """What readers see today."""
        return [version for version in self.rows if version.ended is None]

    def at(self, first: date, last: date) -> Version | None:
        """The version of a period that readers see."""
        return next((v for v in self.live if v.span == (first, last)), None)


def floors_of(grant: Grant) -> Floors:
    """The floors of a grant's programme today."""
    return Floors(*grant.programme.floors)


def prepare(grant: Grant, first: date, last: date, *, restate: bool = False) -> Draft:
    """Work out what would be published of a period.

    :raises NothingToCorrect: a restatement would change nothing
    :raises WouldTell: small counts would follow, whatever is hidden
    """
    past, floors = past_of(grant, first, last), floors_of(grant)
    months = _months(grant, past, floors, first, last, restate=restate)
    versions, old = _versions(grant, past, floors, months, (first, last), restate=restate)
    draft = Draft(grant, floors, versions, old)
    _hide(draft, past)
    return draft


def past_of(grant: Grant, first: date, last: date) -> Past:
    """Every publication of the grant in the calendar years of a period, replaced ones too."""
    near = select(PublishedPeriod).where(
        PublishedPeriod.grant_id == grant.id,
        PublishedPeriod.starts_on >= date(first.year, 1, 1),
        PublishedPeriod.ends_on <= date(last.year, 12, 31),
    )
    rows = [row for row in session.scalars(near.order_by(PublishedPeriod.id)) if row.exact]
    turns = {moment: n for n, moment in enumerate(sorted({row.signed_off_at for row in rows}))}
    found = {_version(row, turns): row for row in rows}
    return Past(found, len(turns))


def _version(row: PublishedPeriod, turns: dict[Any, int]) -> Version:
    ended = None if row.replaced_at is None else turns.get(row.replaced_at, turns[row.signed_off_at] + 1)
    exact, floors = row.exact or {}, floors_at(row)
    hidden = frozenset(exact["hidden"])
    return Version(row.starts_on, row.ends_on, exact, turns[row.signed_off_at], ended, hidden, floors=floors)


def floors_at(row: PublishedPeriod) -> Floors:
    """The floors by which a period was signed off, whatever they are today."""
    return Floors(*(row.figures or {})["floors"])


def _months(grant: Grant, past: Past, floors: Floors, first: date, last: date, *, restate: bool) -> Months:
    """The counts to publish from: as published before where they were, read anew where not or to be corrected."""
    fresh, told = read_months(grant, first, last), dict[str, Cells]()
    for version in past.live:
        told.update(version.exact["months"])
    kept = {month: dict(told.get(month, cells)) for month, cells in fresh.items()}
    if restate:
        if not any(_stages_in(cells) for cells in fresh.values()):
            fresh = {month: cells | _stages_in(kept[month]) for month, cells in fresh.items()}
        for family in FAMILIES:
            if family != "hours" or _many_worked(grant, past, floors, first, last):
                _correct(past.live, floors, kept, fresh, family)
    return kept


def _many_worked(grant: Grant, past: Past, floors: Floors, first: date, last: date) -> bool:
    """Would the difference between two versions be the hours of several cases, and not those of one?"""
    near = [v for v in past.live if v.first <= last and first <= v.last]
    if not near:
        return True
    since = min(past.rows[v].signed_off_at for v in near)
    return cases_since(grant, first, last, since) >= max(floors.beside(v.floors).small for v in near)


def _stages_in(cells: Cells) -> Cells:
    """How far the cases accepted in a month have come; nothing where records and nightly figures do not agree."""
    return {name: n for name, n in cells.items() if member_of(name)[0] == "stage"}


def _correct(live: list[Version], floors: Floors, kept: Months, fresh: Months, family: str) -> None:
    """Take the figures of a family anew where a published period changes by enough to be shown."""
    corrected = {month: _with(cells, fresh[month], family) for month, cells in kept.items()}
    for version in live:
        months = {month: corrected.get(month, cells) for month, cells in version.exact["months"].items()}
        now = figures_of({"months": months, "once": {}})
        before = figures_of({"months": version.exact["months"], "once": {}})
        least = floors.beside(version.floors)
        if any(abs(now.get(n, 0) - before.get(n, 0)) >= _enough(least, n) for n in {*now, *before}):
            kept.update(corrected)
            return


def _enough(floors: Floors, name: str) -> int:
    return LATE_HOURS if member_of(name)[0] == "hours" else floors.of(name)


def _with(old: Cells, new: Cells, family: str) -> Cells:
    """A month with one family of figures replaced."""
    measures = FAMILIES[family]
    kept = {name: n for name, n in old.items() if member_of(name)[0] not in measures}
    return kept | {name: n for name, n in new.items() if member_of(name)[0] in measures}


def _versions(
    grant: Grant, past: Past, floors: Floors, months: Months, span: tuple[date, date], *, restate: bool
) -> tuple[list[Version], dict[Version, PublishedPeriod]]:
    """The versions to publish; with a restatement every published period that shares the corrected months."""
    made, old, live = list[Version](), dict[Version, PublishedPeriod](), past.live
    for before in sorted(live, key=lambda v: v.last - v.first) if restate else ():  # a longer one holds the shorter
        told = before.exact["months"]
        corrected = {month: months.get(month, cells) for month, cells in told.items()}
        version = _new(grant, past, floors, live, corrected, before.span) if months.keys() & told.keys() else before
        if corrected != told or _others_came(before, version.exact["once"], floors):
            made.append(version)
            old[version] = past.rows[before]
            live[live.index(before)] = version
    if past.at(*span) is None:
        made.append(_new(grant, past, floors, live, months, span))
    if not made:
        raise NothingToCorrect
    return sorted(made, key=lambda v: (v.span != span, v.span)), old


def _new(
    grant: Grant, past: Past, floors: Floors, live: Sequence[Version], months: Months, span: tuple[date, date]
) -> Version:
    before = past.at(*span)
    once = read_once(grant, *span)
    if before is not None and _same(before, months, "listed"):
        once["days_to_placement"] = before.exact["once"]["days_to_placement"]
    if before is not None and _same(before, months, "closed") and not _others_came(before, once, floors):
        told = {m: before.exact["once"].get(m) for m in DIFFERENT}
        once = {k: n for k, n in (once | told).items() if n is not None or k not in told}
    inside = [v for v in live if v.span != span and span[0] <= v.first and v.last <= span[1]]
    _fit(once, figures_of({"months": months, "once": {}}), inside)
    return Version(*span, {"months": months, "once": once, "hidden": [], "public": []}, past.now, is_new=True)


def _others_came(before: Version, once: Mapping[str, int | None], floors: Floors) -> bool:
    """Are so many fewer or more clients behind the same closings, since requests were joined or parted?

    Their households alone are no reason: that of one client would be the whole difference.
    """
    told = before.exact["once"].get(DIFFERENT[0])
    least = floors.beside(before.floors).of(CLIENTS)
    return told is not None and abs((once[DIFFERENT[0]] or 0) - told) >= least


def _fit(once: dict[str, int | None], summed: Cells, inside: Sequence[Version]) -> None:
    """Keep different people within what is frozen of the months: no fewer than in one, no more than in all of them."""
    least = 0
    for measure, most in zip(DIFFERENT, (name_of("closed"), name_of("people_helped")), strict=True):
        if measure in once:
            told = [v.cells.get(name_of(measure), 0) for v in inside if measure in v.exact["once"]]
            once[measure] = least = max(least, *told, min(once[measure] or 0, summed.get(most, 0)))


def _same(before: Version, months: Months, family: str) -> bool:
    """Has nothing of a family changed?"""
    then, now = (figures_of({"months": each, "once": {}}) for each in (before.exact["months"], months))
    names = {name for name in {*then, *now} if member_of(name)[0] in FAMILIES[family]}
    return all(then.get(name, 0) == now.get(name, 0) for name in names)


def _hide(draft: Draft, past: Past) -> None:
    """Choose what stays hidden, once for the funder and once more, strictly, for everybody."""
    replaced = {id(row) for row in draft.old.values()}
    for version, row in past.rows.items():
        if id(row) in replaced:
            version.ended = past.now
    everything = [*past.rows, *draft.versions]
    seen = Published(everything, draft.floors)
    choice = choose(seen.system)
    if exposed_now(choice, seen, Published(list(past.rows), draft.floors)):
        raise WouldTell
    for version in draft.versions:
        draft.hidden[version] = reasons(seen, version, choice)
    _hide_from_everybody(draft, past)
    hours_hidden(draft.versions, everything, past.now, draft.floors, draft.hidden)
    for version in draft.versions:
        if name_of("hours") in draft.hidden[version]:
            draft.public[version] |= {name_of("hours")}


def _hide_from_everybody(draft: Draft, past: Past) -> None:
    strict = draft.floors.strict
    told = [_as_told(version) for version in past.rows]
    seen = Published([*told, *draft.versions], strict)
    open_ones = {k for k, figure in seen.system.figures.items() if figure.state is State.OPEN}
    kept = {seen.key(v, name) for v in draft.versions for name in draft.hidden[v]} & open_ones
    choice = choose(seen.system, sorted(kept, key=str))
    if exposed_now(choice, seen, Published(told, strict)):
        raise WouldTell
    for version in draft.versions:
        draft.public[version] = frozenset({*reasons(seen, version, choice), *draft.hidden[version]})


def exposed_now(choice: Choice, seen: Published, before: Published) -> set[Key]:
    """The small counts that nothing protects with what is new, and that were protected without it."""
    hidden = {key: 1.0 for key, f in before.system.figures.items() if f.state in (State.HIDDEN, State.WITHIN)}
    told = {key for key in choice.exposed if key in hidden and before.system.other_world(key, hidden) is None}
    return choice.exposed - told


def _as_told(version: Version) -> Version:
    """A version as everybody read it."""
    hidden = frozenset(version.exact["public"])
    floors = version.floors.strict if version.floors else None
    return replace(version, hidden=hidden, floors=floors)


def reasons(seen: Published, version: Version, choice: Choice) -> dict[str, str]:
    """Which cells of a version are hidden, and why: small, beside a small one, or as before."""
    found = {}
    for name in version.cells:
        key = seen.key(version, name)
        if key in choice.hidden:
            found[name] = choice.hidden[key]
        elif seen.system.figures[key].state is State.HIDDEN:
            found[name] = BEFORE
    return found
