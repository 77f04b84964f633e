"""What would give if a coordinator preferred another volunteer: the docket placed as it is, and around the wish."""

from __future__ import annotations

from dataclasses import dataclass

from .dockets import Laid
from .engine.prefer import NotAble, prefer
from .engine.solve import place

MOST_CASES = 20_000


@dataclass(frozen=True)
class Exchange:
    """The difference between the best placement and the one around the wished-for pair, by opening and volunteer."""

    against: str
    points: int
    losing: list[int]
    winning: list[int]
    moved: list[tuple[int, int]]


def what_would_give(laid: Laid, case_id: str, volunteer_id: str) -> Exchange:
    """Place the docket, and again around one case given to one volunteer.

    :param case_id: the engine's id of the case; likewise of the volunteer
    """
    try:
        found = prefer(place(laid.docket), case_id, volunteer_id)
    except NotAble as why:
        return Exchange(str(why), 0, [], [], [])
    return Exchange(
        against="",
        points=-found.value_change,
        losing=[laid.openings[case] for case in found.lost],
        winning=[laid.openings[case] for case in found.gained],
        moved=[(laid.openings[case], laid.volunteers[after]) for case, _before, after in found.moved],
    )
