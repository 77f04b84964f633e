"""Rules of escalation: what opens one, who answers at each level, how long they have, and what makes no sense."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.access import Role
from app.core.errors import BadInput, refuse_if
from app.core.facts import rows_of

DATA = Path(__file__).parent / "data"
MOST_LEVELS, EVERYTHING = 4, 4
MOST = {"hours": 80, "days": 30}
COORDINATOR, FIRM, ATTORNEY, TRANSFER = "coordinator", "firm_coordinator", "supervising_attorney", "transfer"
ROLES: dict[str, Any] = {
    COORDINATOR: _l("The coordinator"),
    FIRM: _l("The firm's coordinator"),
    ATTORNEY: _l("The supervising attorney"),
    TRANSFER: _l("The coordinator, who proposes a transfer"),
}
OWNERS = {COORDINATOR: Role.COORDINATOR, FIRM: Role.COORDINATOR, ATTORNEY: Role.SUPERVISING_ATTORNEY,
          TRANSFER: Role.COORDINATOR}  # fmt: skip
CHANNELS: dict[str, Any] = {"task": _l("on their list"), "mail": _l("list and mail"), "call": _l("list and a call")}
UNITS: dict[str, Any] = {"hours": _l("office hours"), "days": _l("business days")}


class BadRule(BadInput):
    """A rule of escalation that could not work."""


@dataclass(frozen=True)
class Cause:
    """Something that can open an escalation: its name, the sentence of its task, and the number it is measured by."""

    label: Any
    task: str  # for staff; names the case by number only
    measure: Any = None  # what the number counts; none where somebody says it
    low: int = 0
    high: int = 0


CAUSES: dict[str, Cause] = {
    "silence": Cause(_l("Check-ins without an answer"), "Nobody answers about %(number)s: find out why",
                     _l("check-ins in a row that a person could not settle either"), 1, 5),
    "mismatch": Cause(_l("Client and volunteer disagree"), "Find out why client and volunteer disagree: %(number)s"),
    "no_longer_needed": Cause(_l("The client needs no more help"),
                              "The client of %(number)s says that help is no longer needed: ask them"),
    "dates_differ": Cause(_l("They name different dates"),
                          "Client and volunteer name different next dates: %(number)s"),
    "cannot_go_on": Cause(_l("The volunteer cannot go on"), "The volunteer cannot go on with %(number)s"),
    "call_me": Cause(_l("The client asks for a call"), "Call the client of %(number)s, who asked to be called"),
    "safety_word": Cause(_l("The client's safety word"), "The client of %(number)s gave their sign: act as agreed"),
    "date_near": Cause(_l("A date is near and no sign of work"),
                       "A date of %(number)s is near and there is no sign of work",
                       _l("days before a critical date without hours, contact, note or answer"), 1, 60),
    "clock_over": Cause(_l("Referral clock run out"), "The referral clock of %(number)s ran out: decide",
                        _l("days after the referral clock ended"), 0, 30),
    "dormant": Cause(_l("Nothing heard for long"), "Nothing was heard of %(number)s for long: find out",
                     _l("days in which nothing was heard"), 14, 365),
    "complaint": Cause(_l("Complaint"), "A complaint about %(number)s: look into it"),
    "credential_lapsed": Cause(_l("The lead may not practise now"),
                               "The lead of %(number)s lacks a credential or is suspended: decide"),
    "transfer_unanswered": Cause(_l("Transfer without an answer"),
                                 "Nobody answered about taking over %(number)s: ask somebody else",
                                 _l("days after whoever was asked ran out of time"), 0, 30),
}  # fmt: skip
ALWAYS = ("safety_word",)  # a programme may change how it climbs, not that it does


@dataclass(frozen=True)
class Level:
    """One level of a ladder: who answers, how they hear, how long they have, and which level comes after."""

    role: str
    channel: str
    amount: int
    unit: str
    next: int | None  # from 1; none: the last
    deputy: int | None = None  # a person's id


@dataclass(frozen=True)
class Rule:
    """For which cases a cause opens an escalation, and how it climbs."""

    key: str
    cause: str
    levels: tuple[Level, ...]
    category: str = ""  # of the problem; empty: every kind of matter
    rank: int = EVERYTHING  # the least urgent priority it covers, 1 critical to 4 low
    number: int | None = None
    settle: int = 5  # business days to close it once taken on
    active: bool = True

    def covers(self, category: str, rank: int) -> bool:
        """Is a matter of this kind and urgency its own?"""
        return self.active and self.category in ("", category) and rank <= self.rank


def first_rules() -> tuple[Rule, ...]:
    """The rules every programme begins with."""
    return _first()


@lru_cache
def _first() -> tuple[Rule, ...]:
    return tuple(_from_row(row) for row in rows_of(DATA / "escalation_rules.csv"))


def _from_row(row: Mapping[str, str]) -> Rule:
    told = [part.split() for part in row["levels"].split(" > ")]
    levels = tuple(
        Level(role, channel, int(time[:-1]), "hours" if time[-1] == "h" else "days", n if n <= len(told) else None)
        for n, (role, channel, time) in enumerate(told, start=2)
    )
    number = int(row["number"]) if row["number"] else None
    return Rule(row["key"], row["cause"], levels, row["category"], int(row["rank"]), number, int(row["settle"]))


def stored(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """Rules as a version keeps them."""
    return [asdict(rule) for rule in rules]


def read(rows: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """The rules of a version."""
    return tuple(Rule(**{**row, "levels": tuple(Level(**level) for level in row["levels"])}) for row in rows)


def rule_of(rules: Iterable[Rule], cause: str, category: str, rank: int) -> Rule | None:
    """The rule that opens an escalation of a cause in a case: the first that covers it."""
    return next((rule for rule in rules if rule.cause == cause and rule.covers(category, rank)), None)


def path(rule: Rule) -> list[int]:
    """The levels in the order in which they are climbed.

    :raises BadRule: a level leads back to one before, or to one that does not exist
    """
    climbed: list[int] = []
    level: int | None = 1
    while level is not None:
        refuse_if(not 1 <= level <= len(rule.levels), BadRule(_("There is no level %(number)s.", number=level)))
        refuse_if(level in climbed, BadRule(_("Level %(one)s leads back to level %(other)s: nobody would be the last.",
                                              one=climbed[-1] if climbed else level, other=level)))  # fmt: skip
        climbed.append(level)
        level = rule.levels[level - 1].next
    return climbed


def check(rules: Iterable[Rule], held: Collection[str], staff: Collection[int], categories: Collection[str]) -> None:
    """Refuse rules that could not work: `held` are the roles somebody has, `staff` the people who may be deputies.

    :raises BadRule: with what is wrong in which rule
    """
    seen: set[tuple[str, str, int]] = set()
    rules = tuple(rules)
    for rule in rules:
        _check_rule(rule, categories)
        if not rule.active:
            continue
        for number, level in enumerate(rule.levels, start=1):
            _check_level(number, level, held, staff)
        climbed = path(rule)
        idle = set(range(1, len(rule.levels) + 1)) - set(climbed)
        refuse_if(bool(idle), BadRule(_("No level leads to level %(number)s.", number=min(idle, default=0))))
        covers = (rule.cause, rule.category, rule.rank)
        refuse_if(covers in seen, BadRule(_("Another rule for “%(cause)s” covers the same cases.",
                                            cause=CAUSES[rule.cause].label)))  # fmt: skip
        seen.add(covers)
    for cause in ALWAYS:
        refuse_if((cause, "", EVERYTHING) not in seen,
                  BadRule(_("“%(cause)s” must always reach somebody: keep a rule for every case.",
                            cause=CAUSES[cause].label)))  # fmt: skip


def _check_rule(rule: Rule, categories: Collection[str]) -> None:
    known = CAUSES.get(rule.cause)
    if known is None:
        raise BadRule(_("We know no criterion called “%(name)s”.", name=rule.cause))
    refuse_if(not re.fullmatch(r"[a-z0-9_]{1,32}", rule.key), BadRule(_("Choose one of the criteria.")))
    refuse_if(rule.category not in ("", *categories), BadRule(_("Choose a kind of matter from the list.")))
    refuse_if(not 1 <= rule.rank <= EVERYTHING, BadRule(_("Choose a priority from the list.")))
    refuse_if(not 1 <= rule.settle <= 60, BadRule(_("Give 1 to 60 business days to close it.")))
    refuse_if(not 1 <= len(rule.levels) <= MOST_LEVELS, BadRule(_("A rule needs one to four levels.")))
    if known.measure is not None:
        refuse_if(rule.number is None or not known.low <= rule.number <= known.high,
                  BadRule(_("Write a number from %(low)s to %(high)s: %(what)s.", low=known.low, high=known.high,
                            what=known.measure)))  # fmt: skip


def _check_level(number: int, level: Level, held: Collection[str], staff: Collection[int]) -> None:
    known = level.role in ROLES and level.channel in CHANNELS and level.unit in UNITS
    refuse_if(not known, BadRule(_("Choose who answers at level %(number)s, and how they hear of it.", number=number)))
    refuse_if(not 1 <= level.amount <= MOST[level.unit],
              BadRule(_("Give 1 to %(most)s %(unit)s at level %(number)s.", most=MOST[level.unit],
                        unit=UNITS[level.unit], number=number)))  # fmt: skip
    refuse_if(level.role != FIRM and OWNERS[level.role] not in held,
              BadRule(_("Nobody holds level %(number)s: the programme has no %(role)s.", number=number,
                        role=_("supervising attorney") if level.role == ATTORNEY else _("coordinator"))))  # fmt: skip
    refuse_if(level.deputy is not None and level.deputy not in staff,
              BadRule(_("The deputy at level %(number)s does not work for the programme now.",
                        number=number)))  # fmt: skip


def root_causes() -> dict[str, str]:
    """Every root cause by its code: those of people, and those noted where one was settled by what happened."""
    return {row["code"]: row["label"] for row in rows_of(DATA / "escalation_root_causes.csv")}


def staff_root_causes() -> dict[str, str]:
    """The root causes staff choose from when they close one, by code."""
    rows = rows_of(DATA / "escalation_root_causes.csv")
    return {row["code"]: row["label"] for row in rows if row["noted_by"] == "staff"}
