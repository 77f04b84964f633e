"""What groups of clients are compared by: every share and number of days of the registry, and what it adds up to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l

from .derived import DAYS, SHARES
from .facts import Fact
from .facts_outcomes import UNKNOWN
from .measures import MEASURES

GOOD = ("hearing_won", "settled_well", "other_good")
MONEY = ("money_lump_sum", "money_monthly", "money_avoided", "money_awarded", "money_debt_reduced")


class Term(NamedTuple):
    """One count, or what of it stands under some members of a dimension (`but`: under all others)."""

    measure: str
    dimension: str = ""
    members: tuple[str, ...] = ()
    but: bool = False

    def has(self, fact: Fact) -> bool:
        """Is a fact of the measure one of those?"""
        return not self.dimension or any(d == self.dimension and (m in self.members) != self.but for d, m in fact.extra)


@dataclass(frozen=True)
class Question:
    """One thing that is compared: its words, its unit, and of which counts it is made."""

    key: str
    name: Any
    definition: Any
    unit: str  # share, days
    part: tuple[Term, ...]  # days: those that had the event
    whole: tuple[Term, ...]  # days: those observed without it
    group: str
    higher_is_better: bool | None = True
    once: bool = False  # a case counts once above the line, however often
    opens: str = ""  # the figure of the report that says the same


def _of_the_registry() -> Iterator[Question]:
    for m in (*SHARES, *(days for days in DAYS if days.quantile == 0.5)):
        part, whole = (tuple(Term(key) for key in keys) for keys in (m.part, m.whole))
        yield Question(m.key, m.name, m.definition, m.kind, part, whole, m.group, m.higher_is_better, opens=m.key)


def _own(key: str, name: Any, words: Any, part: Iterable[Term], whole: Iterable[Term], group: str) -> Question:
    return Question(key, name, words, "share", tuple(part), tuple(whole), group)


def _by_clients(key: str, name: Any, words: Any, part: str, whole: str) -> Question:
    client = ("audience", ("client",))
    return _own(key, name, words, [Term(part, *client)], [Term(whole, *client)], "engagement")


ALL_CLOSED = (Term("closed"),)
OWN = (
    _own("accepted_rate", _l("Accepted"), _l("Accepted, divided by accepted and turned away in the period."),
         [Term("accepted")], [Term("accepted"), Term("rejected")], "requests"),
    _own("extended", _l("Extended service"), _l("More than advice or a short action, of the cases closed."),
         [Term("closed_extended")], ALL_CLOSED, "outcomes"),
    _own("won", _l("Ended well"), _l("Won, settled or decided well, of the closed cases with an outcome noted."),
         [Term("closed", "outcome", GOOD)], [Term("closed", "outcome", (UNKNOWN,), but=True)], "outcomes"),
    replace(
        _own("with_money", _l("Brought money"), _l("Closed with any money won, spared or saved for the client, of the "
             "cases closed. How much is not compared: a few large sums decide it."),
             [Term(key) for key in MONEY], ALL_CLOSED, "outcomes"), once=True),
    _by_clients("clients_answer", _l("Clients’ check-ins answered"), _l("Of the check-ins sent to clients alone."),
                "checkins_answered", "checkins_sent"),
    _by_clients("clients_in_time", _l("Clients’ check-ins answered in time"),
                _l("Before a person had to ask; of the check-ins sent to clients alone."), "checkins_in_time",
                "checkins_sent"),
    _by_clients("clients_respond", _l("Clients’ surveys answered"), _l("Of the surveys sent to clients alone."),
                "surveys_answered", "surveys_asked"),
    _by_clients("content", _l("Clients satisfied"), _l("Marks of 4 or 5, divided by all marks that clients gave."),
                "survey_good", "survey_marks"),
)  # fmt: skip
GROUPS: dict[str, Any] = {
    "requests": _l("Requests and placement"), "outcomes": _l("Outcomes"), "engagement": _l("Keeping in touch"),
    "promises": _l("Promises kept"), "compliance": _l("Rules kept"),
}  # fmt: skip
QUESTIONS = tuple(sorted((*_of_the_registry(), *OWN), key=lambda question: [*GROUPS].index(question.group)))


def opens(question: Question, trait: str) -> bool:
    """Does the report open the same figure by that trait? What clients told of themselves opens no list of cases."""
    return trait in ("language", "county") and question.opens != "" and trait in MEASURES[question.opens].dimensions
