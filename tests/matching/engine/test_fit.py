"""Each term of the fit at its edge."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.matching.engine.fit import fit_terms
from app.matching.engine.settings import BadSetting, Settings, UnknownSetting

from .rows import AS_OF, a_case, a_volunteer

EDGES: list[tuple[dict[str, Any], dict[str, Any], str, int]] = [
    ({}, {}, "expertise", 380),
    ({"level": "learning"}, {}, "expertise", 340),
    ({"level": "learning"}, {"areas": (("63", "experienced"),)}, "expertise", 280),
    ({"level": "learning"}, {"areas": (("63", "expert"),)}, "expertise", 280),
    ({"level": "experienced"}, {"mentor_ok": True}, "expertise", 180),
    ({}, {"areas": (("63b", "competent"),)}, "area", 120),
    ({}, {"areas": (("Housing", "competent"),)}, "area", 40),
    ({}, {"areas": (("Housing", "competent"), ("63", "competent"))}, "area", 120),
    ({}, {}, "language", 150),
    ({"language": "so", "interpreter": True}, {}, "language", 0),
    ({}, {"counties": ("WI", "55025")}, "place", 120),
    ({}, {"counties": ("WI",)}, "place", 90),
    ({"in_person": False}, {"counties": (), "remote": True}, "place", 60),
    ({"hours": 10.0}, {"max_hours": 10.0}, "slack", 0),
    ({"hours": 9.1}, {"max_hours": 10.0}, "slack", 0),
    ({"hours": 0.1}, {"max_hours": 10.1}, "slack", 10),
    ({"hours": 2.0}, {"max_hours": 82.0}, "slack", 80),
    ({"hours": 2.0}, {"max_hours": 500.0}, "slack", 80),
    ({"hours": 2.0}, {"max_hours": None}, "slack", 80),
    ({}, {"last_asked_on": None}, "rotation", 70),
    ({}, {"last_asked_on": AS_OF}, "rotation", 0),
    ({}, {"last_asked_on": AS_OF - timedelta(days=69)}, "rotation", 69),
    ({}, {"last_asked_on": AS_OF - timedelta(days=400)}, "rotation", 70),
    ({}, {"asks_60d": 3}, "fatigue", -75),
]


@pytest.mark.parametrize(("case", "volunteer", "term", "points"), EDGES)
def test_term(case: dict[str, Any], volunteer: dict[str, Any], term: str, points: int) -> None:
    assert fit_terms(a_case(**case), a_volunteer(**volunteer), AS_OF)[term] == points


def test_settings_change_what_a_term_is_worth() -> None:
    changed = Settings.from_mapping({"language": 10, "rotation_most": 5})
    terms = fit_terms(a_case(), a_volunteer(), AS_OF, changed)
    assert (terms["language"], terms["rotation"]) == (10, 5)


def test_unknown_and_unfit_settings_are_refused() -> None:
    with pytest.raises(UnknownSetting, match="'languages'"):
        Settings.from_mapping({"languages": 3})
    for wrong in (-1, 4001, 2.5, "3", True, None):
        with pytest.raises(BadSetting, match="language"):
            Settings.from_mapping({"language": wrong})
