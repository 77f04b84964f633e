"""What the page of a run shows: its finding, proposals, what is left and why, and what changed since the one before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.accounts.models import User
from app.clients import problems
from app.core.db import session

from . import queries_runs, run_words
from .engine.docket import PRIORITIES
from .models import DocketRun, Unplaced
from .words import title_of

CARDS = 6


@dataclass(frozen=True)
class Line:
    """One proposal on the page."""

    facts: Any
    why: str
    rank: str
    turn: tuple[int, int]

    @property
    def title(self) -> str:
        """What staff call the opening."""
        row = self.facts
        return title_of(row.package, row.part, row.listing_title or row.number)

    @property
    def place(self) -> str:
        """The county."""
        return problems.county_name(self.facts.county)

    @property
    def runner_up(self) -> str:
        """The name of the best other one."""
        return f"{self.facts.other_given or ''} {self.facts.other_family or ''}".strip()

    @property
    def bars(self) -> list[dict[str, Any]]:
        """The terms as bars."""
        return run_words.bars_of(self.facts.Proposal.terms)


def lines(run: DocketRun, rows: Any) -> list[Line]:
    """Proposals in words."""
    turn = queries_runs.turns(run, {row.Proposal.volunteer_id for row in rows})
    return [
        Line(
            row,
            run_words.why_this_one(row.Proposal),
            run_words.rank(row.Proposal),
            turn.get(row.opening_id, (1, 1)),
        )
        for row in rows
    ]


@dataclass(frozen=True)
class Card:
    """One case left without a volunteer: the bars of its funnel, or who has the places."""

    facts: Any
    binding: str
    listed: int
    bars: list[dict[str, Any]]
    blocking: list[dict[str, Any]]
    elsewhere: int

    @property
    def title(self) -> str:
        """What staff call the opening."""
        row = self.facts
        return title_of(row.package, row.part, row.listing_title or row.number)

    @property
    def place(self) -> str:
        """The county."""
        return problems.county_name(self.facts.county)


def cards(run: DocketRun, rows: Any, *, viewer: User) -> list[Card]:
    """What is left, in words; another programme's cases are only counted."""
    blocking = [entry for row in rows for entry in row.Unplaced.blocking]
    names = queries_runs.names_of(who for who, _cases in blocking)
    titles = queries_runs.titles_of((case for _who, held in blocking for case in held), viewer=viewer)
    return [_card(run, row, names, titles) for row in rows]


def _card(run: DocketRun, row: Any, names: dict[int, Any], titles: dict[int, Any]) -> Card:
    left: Unplaced = row.Unplaced
    held: list[dict[str, Any]] = [
        {
            "name": names[who].name if who in names else "",
            "cases": [titles[case] for case in cases if case in titles],
            "elsewhere": sum(case not in titles for case in cases),
        }
        for who, cases in left.blocking
    ]
    listed = sum(len(cases) for _who, cases in left.blocking)
    return Card(
        facts=row,
        binding=str(run_words.BINDING.get(left.binding_rule or "", "")),
        listed=listed,
        bars=_bars(run, left) if left.reason == "no_one_can" else [],
        blocking=held,
        elsewhere=sum(entry["elsewhere"] for entry in held),
    )


def _bars(run: DocketRun, left: Unplaced) -> list[dict[str, Any]]:
    """How many volunteers remain after each rule that takes some away, down to nobody."""
    every = (run.report or {}).get("volunteers", 0)
    bars = [{"label": run_words.ALL, "value": every, "of": every}]
    before = every
    for rule, count in left.funnel:
        if count < before:
            bars.append({"label": run_words.LEFT_AFTER[rule], "value": count, "of": every, "end": count == 0})
        before = count
    return bars


def by_priority(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Placed of all, for each priority."""
    return [
        {
            "label": run_words.PRIORITIES[level],
            "value": report["placed_by_priority"][level],
            "of": report["cases_by_priority"][level],
            "text": run_words.some_of(report["placed_by_priority"][level], report["cases_by_priority"][level]),
        }
        for level in PRIORITIES
    ]


@dataclass(frozen=True)
class Expected:
    """What past answers let expect of the proposals."""

    answered: int
    share: float
    placements: int


def expected(report: dict[str, Any]) -> Expected | None:
    """The placements to expect; none while there is too little experience."""
    answered, placed = queries_runs.acceptance()
    if answered < queries_runs.ENOUGH_ANSWERS:
        return None
    share = placed / answered
    return Expected(answered, share, round(report["placed"] * share))


@dataclass(frozen=True)
class Change:
    """How a run differs from the one before, for the viewer's cases."""

    before: DocketRun
    same_input: bool
    newly: int
    no_longer: int
    another_volunteer: int


def change(run: DocketRun, *, viewer: User) -> Change | None:
    """The comparison with the run before."""
    before = queries_runs.run_before(run)
    if before is None:
        return None
    then, now = queries_runs.proposed(before, viewer=viewer), queries_runs.proposed(run, viewer=viewer)
    return Change(
        before,
        before.input_digest == run.input_digest,
        newly=len(now.keys() - then.keys()),
        no_longer=len(then.keys() - now.keys()),
        another_volunteer=sum(then[case] != who for case, who in now.items() if case in then),
    )


def page_of_run(run: DocketRun, *, viewer: User) -> dict[str, Any]:
    """Everything beside the list of proposals."""
    report = run.report or {}
    left = session.execute(queries_runs.unplaced(run, viewer=viewer).limit(CARDS)).all()
    return {
        "report": report,
        "finding": run_words.finding(report),
        "counts": queries_runs.count_rows(run, viewer=viewer),
        "cards": cards(run, left, viewer=viewer),
        "by_priority": by_priority(report),
        "expected": expected(report),
        "change": change(run, viewer=viewer),
        "wanted": [(run_words.profile(want), len(want["openings"])) for want in (run.wanted or [])[:5]],
        "seconds": sum(report["seconds"].values()),
    }
