"""What the page of a run shows: its finding, proposals, what is left and why, and what changed since the one before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from app.accounts.models import User
from app.clients import problems
from app.core.db import session
from app.volunteers.models import Volunteer

from . import comparison, queries, queries_runs, run_words
from .dockets import today
from .engine.docket import PRIORITIES
from .models import DocketRun, ProposalStatus, Unplaced
from .run_rows import MORE
from .words import title_of

CARDS = 6
MOST_WANTED = 100


@dataclass(frozen=True)
class Line:
    """One proposal on the page."""

    facts: Any
    why: str
    rank: str
    turn: tuple[int, int]
    mentors: list[Volunteer]
    mentor: str
    answers: str
    dismissed: Any = None

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
    """Proposals in words; where one needs a mentor, those with time, and the one with most of it chosen beforehand."""
    turn = queries_runs.turns(run, {row.Proposal.volunteer_id for row in rows})
    waits = [row for row in rows if row.Proposal.needs_mentor and row.Proposal.status is ProposalStatus.OPEN]
    room = queries.mentors_with_time() if waits else {}
    given = queries_runs.answers_of(row.Proposal.volunteer_id for row in rows)
    made = [_line(row, turn, room if row in waits else None, given.get(row.Proposal.volunteer_id)) for row in rows]
    before = queries_runs.dismissed_before(run, (row.opening_id for row in rows))
    return [replace(line, dismissed=before.get((line.facts.opening_id, line.facts.Volunteer.id))) for line in made]


def lines_with_mentors(run: DocketRun, most: int, *, viewer: User) -> list[Line]:
    """Of so many undecided proposals, the most urgent first, those that need a mentor, with whom to choose from."""
    undecided = queries_runs.proposals(run, viewer=viewer, status=ProposalStatus.OPEN).limit(most)
    return lines(run, [row for row in session.execute(undecided) if row.Proposal.needs_mentor])


def _line(
    row: Any,
    turn: dict[int, tuple[int, int]],
    room: dict[Volunteer, int] | None,
    given: queries_runs.Answers | None,
) -> Line:
    mentors = queries.in_field(row.problem_code, (one for one in room if one.id != row.Volunteer.id)) if room else []
    most = max(mentors, key=lambda one: (queries.lists(one, row.problem_code), room[one])) if room and mentors else None
    if room and most:
        room[most] -= 1
    return Line(
        row,
        run_words.why_this_one(row.Proposal),
        run_words.rank(row.Proposal),
        turn.get(row.opening_id, (1, 1)),
        mentors,
        most.public_id if room and most and room[most] >= 0 else "",
        run_words.answers(given),
    )


@dataclass(frozen=True)
class Card:
    """One case left without a volunteer: the bars of its funnel, or who has the places."""

    facts: Any
    binding: str
    listed: int
    able: list[str]
    able_more: int  # of those who could take it, beyond the names
    bars: list[dict[str, Any]]
    blocking: list[dict[str, Any]]
    more: int  # of those who have the places, beyond the names
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
    names = queries_runs.names_of(entry[0] for entry in blocking)
    titles = queries_runs.titles_of((case for entry in blocking for case in entry[1]), viewer=viewer)
    return [_card(run, row, names, titles) for row in rows]


def _card(run: DocketRun, row: Any, names: dict[int, Any], titles: dict[int, Any]) -> Card:
    left: Unplaced = row.Unplaced
    named = [entry for entry in left.blocking if entry[0] != MORE]
    people, cases, able = next((entry[3:] for entry in left.blocking if entry[0] == MORE), (0, 0, 0))
    held: list[dict[str, Any]] = [
        {
            "name": names[who].name if who in names else "",
            "able": direct != [False],
            "cases": [titles[case] for case in cases if case in titles],
            "elsewhere": sum(case not in titles for case in cases),
        }
        for who, cases, *direct in named
    ]
    return Card(
        facts=row,
        binding=str(run_words.BINDING.get(left.binding_rule or "", "")),
        listed=sum(len(entry[1]) for entry in named) + cases,
        able=[names[entry[0]].name for entry in named if entry[0] in names and entry[2:] != [False]],
        able_more=able,
        bars=_bars(run, left) if left.reason == "no_one_can" else [],
        blocking=held,
        more=people,
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
class Wanted:
    """A volunteer worth recruiting: in words, how many cases they would place, and which are the reader's."""

    words: str
    places: int
    cases: list[Any]


def wanted_rows(run: DocketRun, *, viewer: User) -> list[Wanted]:
    """The wanted list in words, the most useful first."""
    wants = (run.wanted or [])[:MOST_WANTED]
    titles = queries_runs.titles_by_public_id({case for want in wants for case in want["openings"]}, viewer=viewer)
    return [
        Wanted(
            run_words.profile(want),
            len(want["openings"]),
            [titles[case] for case in want["openings"] if case in titles],
        )
        for want in wants
    ]


def page_of_run(run: DocketRun, *, viewer: User) -> dict[str, Any]:
    """Everything beside the list of proposals."""
    report = run.report or {}
    left = session.execute(queries_runs.unplaced(run, viewer=viewer).limit(CARDS)).all()
    return {
        "report": report,
        "finding": run_words.finding(report),
        "outside": run_words.outside(queries_runs.outside(run, viewer=viewer, today=today())),
        "counts": queries_runs.count_rows(run, viewer=viewer),
        "cards": cards(run, left, viewer=viewer),
        "by_priority": by_priority(report),
        "expected": expected(report),
        "change": comparison.compare_with_before(run, viewer=viewer),
        "wanted": [(run_words.profile(want), len(want["openings"])) for want in (run.wanted or [])[:5]],
        "took": run_words.took(sum(report["seconds"].values())),
    }
