"""How a run differs from the one before it, for the reader's cases: both as they were found, whatever came after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.accounts.models import User
from app.clients import problems

from . import queries_runs
from .models import DocketRun
from .words import title_of

Found = dict[int, tuple[int, int]]


@dataclass(frozen=True)
class Change:
    """A run beside the one before: openings by what became of them between the two."""

    before: DocketRun
    same_input: bool
    then: Found
    now: Found
    settings: list[tuple[str, int | None, int | None]]

    @property
    def newly(self) -> list[int]:
        """Waited before and have a volunteer now."""
        return [o for o, (who, _fit) in self.now.items() if who and o in self.then and not self.then[o][0]]

    @property
    def no_longer(self) -> list[int]:
        """Had a volunteer proposed and have none now."""
        return [o for o, (who, _fit) in self.now.items() if not who and o in self.then and self.then[o][0]]

    @property
    def other(self) -> list[int]:
        """Are proposed to somebody else."""
        kept = [o for o, (who, _fit) in self.now.items() if who and o in self.then and self.then[o][0]]
        return [o for o in kept if self.now[o][0] != self.then[o][0]]

    @property
    def came(self) -> list[int]:
        """Came onto the docket."""
        return [opening for opening in self.now if opening not in self.then]

    @property
    def went(self) -> list[int]:
        """Left the docket: asked, held, placed or taken off."""
        return [opening for opening in self.then if opening not in self.now]

    @property
    def fit(self) -> tuple[int, int]:
        """The fit of the reader's proposals, before and now."""
        return sum(fit for _who, fit in self.then.values()), sum(fit for _who, fit in self.now.values())


def compare_with_before(run: DocketRun, *, viewer: User) -> Change | None:
    """The comparison with the run before; none for the first, or where what one found was not kept yet."""
    before = queries_runs.run_before(run)
    if before is None or before.found is None or run.found is None:
        return None
    then, now = queries_runs.found(before, run, viewer=viewer)
    same = before.input_digest == run.input_digest
    return Change(before, same, then, now, _settings(before.settings or {}, run.settings or {}))


def _settings(then: dict[str, int], now: dict[str, int]) -> list[tuple[str, int | None, int | None]]:
    names = sorted({*then, *now})
    return [(name, then.get(name), now.get(name)) for name in names if then.get(name) != now.get(name)]


@dataclass(frozen=True)
class Row:
    """One case of a comparison: whom each run proposed, and how well they fit."""

    facts: Any
    then: str
    now: str
    fit_then: int
    fit_now: int

    @property
    def title(self) -> str:
        """What staff call the opening."""
        facts = self.facts
        return title_of(facts.package, facts.part, facts.listing_title or facts.number)

    @property
    def place(self) -> str:
        """The county."""
        return problems.county_name(self.facts.county)


MOST = 200


def rows(change: Change, *, viewer: User) -> dict[str, list[Row]]:
    """The cases of each kind of change by name, the most urgent first, at most two hundred of a kind."""
    kinds = {
        "newly": change.newly, "no_longer": change.no_longer, "other": change.other,
        "came": change.came, "went": change.went,
    }  # fmt: skip
    shown = {opening for openings in kinds.values() for opening in openings[:MOST]}
    titles = queries_runs.titles_of(shown, viewer=viewer)
    who = {found[o][0] for found in (change.then, change.now) for o in shown if o in found}
    names = {key: volunteer.name for key, volunteer in queries_runs.names_of(who - {0}).items()}
    return {
        kind: [_row(titles[o], change.then.get(o, (0, 0)), change.now.get(o, (0, 0)), names) for o in openings[:MOST]]
        for kind, openings in kinds.items()
    }


def _row(facts: Any, then: tuple[int, int], now: tuple[int, int], names: dict[int, str]) -> Row:
    return Row(facts, names.get(then[0], ""), names.get(now[0], ""), then[1], now[1])
