"""What would give if a coordinator preferred another volunteer: the docket placed as it is, and around the wish."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import current_app
from sqlalchemy import Engine

from app.core.db import engine

from . import changes
from .dockets import Laid, build_docket, close_reading
from .engine.prefer import Best, NotAble, best_of, prefer

MOST_CASES = 20_000


@dataclass(frozen=True)
class Exchange:
    """The difference between the best placement and the one around the wished-for pair, by opening and volunteer."""

    against: str
    points: int
    losing: list[int]
    winning: list[int]
    moved: list[tuple[int, int]]


@dataclass(frozen=True)
class Standing:
    """The docket as it stands with its best placement, kept until something on it changes."""

    of: Engine
    known: int
    laid: Laid
    best: Best | None

    def still_stands(self, today: date) -> bool:
        """Was nothing changed that the docket is made of?"""
        seen = changes.look(self.known)
        return self.of is engine() and self.laid.docket.as_of == today and not seen.volunteers | seen.cases


def docket_as_it_stands(today: date) -> Standing:
    """The whole docket and its best placement, worked out anew only where something changed; ends the reading."""
    kept: Standing | None = current_app.extensions.get("docket_as_it_stands")
    if kept is None or not kept.still_stands(today):
        known, laid = changes.look(None).known, build_docket(today)
        close_reading()
        best = best_of(laid.docket) if len(laid.openings) <= MOST_CASES else None
        kept = current_app.extensions["docket_as_it_stands"] = Standing(engine(), known, laid, best)
    close_reading()
    return kept


def what_would_give(laid: Laid, best: Best, case_id: str, volunteer_id: str) -> Exchange:
    """Place the docket again around one case given to one volunteer, and compare with the best placement.

    :param case_id: the engine's id of the case; likewise of the volunteer
    """
    try:
        found = prefer(laid.docket, best, case_id, volunteer_id)
    except NotAble as why:
        return Exchange(str(why), 0, [], [], [])
    return Exchange(
        against="",
        points=-found.value_change,
        losing=[laid.openings[case] for case in found.lost],
        winning=[laid.openings[case] for case in found.gained],
        moved=[(laid.openings[case], laid.volunteers[after]) for case, _before, after in found.moved],
    )
