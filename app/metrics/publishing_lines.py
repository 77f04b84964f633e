"""A publication as lines of a file: what the page shows and no more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _

from .figures import period_name
from .measures import BY_KEY, MEASURES, RATES

HEADER = ("table", "member", "label", "value", "from", "to")
HIDDEN = "hidden"
NOTHING = ""  # a share or a median of nothing, which hides nobody


def stage_names() -> dict[str, str]:
    """Where accepted cases have come to, in words."""
    return {
        "kept": _("Helped or prepared by staff"),
        "waiting": _("Waiting for a lawyer"),
        "unplaced": _("No lawyer found, or ended before"),
        "in_service": _("A lawyer is at work"),
        "ended": _("Ended early"),
        "finished": _("Finished with a lawyer"),
    }


def turned_away() -> str:
    """What the figure of need that is no grant's own is called."""
    return _("Turned away by the whole programme")


def lines(figures: Mapping[str, Any], first: date, last: date) -> Iterator[tuple[Any, ...]]:
    """The page's figures, hidden ones as the word."""
    days = (first, last)
    for key, value in figures["counts"].items():
        hours = value / 100 if key == "hours" and value is not None else value
        yield ("counts", key, name_of_count(key), shown(hours), *days)
    for key, (name, _words) in RATES.items():
        yield ("rates", key, str(name), NOTHING if key in of_nothing(figures) else shown(figures[key]), *days)
    for member, value in figures["flow"] or []:
        yield ("flow", member, name_of_count(member), shown(value), *days)
    for member, value in (figures.get("need") or {}).items():
        yield ("need", member, turned_away(), shown(value), *days)
    for member, value in (figures.get("stages") or {}).items():
        yield ("stages", member, stage_names()[member], shown(value), *days)
    for name, rows in figures["tables"].items():
        for member, label, value in rows or []:
            yield (name, member, label, shown(value), *days)
    yield from _goals(figures, first, last)


def _goals(figures: Mapping[str, Any], first: date, last: date) -> Iterator[tuple[Any, ...]]:
    """The targets that stand beside the figures; each line has the days of its goal."""
    exact = [(key, first, last, target) for key, target in (figures.get("goals") or {}).items()]
    longer = [(key, date.fromisoformat(low), date.fromisoformat(high), target)
              for key, low, high, target in figures.get("longer_goals") or []]  # fmt: skip
    for key, low, high, target in (*exact, *longer):
        label = _("%(figure)s, %(period)s", figure=MEASURES[key].name, period=period_name(low, high))
        yield ("goals", key, label, target / 100 if key == "hours" else target, low, high)


def of_nothing(figures: Mapping[str, Any]) -> set[str]:
    """The rates that there is nothing to work out from, as shown figures say."""
    counts, waiting = figures["counts"], dict(figures["flow"] or []).get("listed_waiting")
    listed = counts.get("listed")
    none = {"days_to_placement": listed == 0, "answer_rate": counts.get("checkins_sent") == 0,
            "placement_rate": listed is not None and listed == waiting}  # fmt: skip
    return {key for key, nothing in none.items() if nothing and figures[key] is None}


def name_of_count(key: str) -> str:
    """A count's name in words."""
    return str(BY_KEY[key].name)


def shown(value: Any) -> Any:
    """A value of a file; a hidden one is the word."""
    return HIDDEN if value is None else value
