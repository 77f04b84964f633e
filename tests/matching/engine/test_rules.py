"""Each hard rule at its edge: what just passes and what just fails."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.matching.engine.rules import RULES, rules_against
from app.matching.engine.settings import Settings

from .rows import AS_OF, a_case, a_volunteer

WHO = {"state": "MN", "licence": "any", "county": "27053"}

EDGES: list[tuple[str, dict[str, Any], dict[str, Any], list[str]]] = [
    ("a plain pair passes", {}, {}, []),
    ("only approved is approved", {}, {"status": "Approved"}, ["not_approved"]),
    ("one of several roles is enough", {"role": "mentor"}, {"roles": ("attorney", "mentor")}, []),
    ("no role at all", {}, {"roles": ()}, ["wrong_role"]),
    ("another state's licence", {}, {"licences": ("MN",)}, ["no_licence"]),
    ("a blank licence means the state", {"licence": ""}, {"licences": ("MN",)}, ["no_licence"]),
    ("any licence serves where any does", {"licence": "any"}, {"licences": ("NY",)}, []),
    ("any needs at least one", {"licence": "any"}, {"licences": ()}, ["no_licence"]),
    (
        "only attorneys need a licence",
        {"role": "interpreter"},
        {"roles": ("interpreter",), "licences": ()},
        [],
    ),
    ("one credential of two", {"credentials": ("va", "eoir")}, {"credentials": ("va",)}, ["no_credential"]),
    ("both credentials", {"credentials": ("va", "eoir")}, {"credentials": ("eoir", "va", "x")}, []),
    ("the code alone", {}, {"areas": (("63", "competent"),)}, []),
    ("the category alone", {}, {"areas": (("Housing", "competent"),)}, []),
    ("a local code of the case counts as its code", {"problem_code": "63b"}, {}, []),
    ("a local code of the volunteer counts too", {}, {"areas": (("63b", "competent"),)}, []),
    ("a neighbouring code does not", {}, {"areas": (("61", "expert"),)}, ["no_area"]),
    ("no area is not also below level", {"level": "expert"}, {"areas": ()}, ["no_area"]),
    ("one level under without a mentor", {"level": "experienced"}, {}, ["below_level"]),
    ("one level under with a mentor", {"level": "experienced"}, {"mentor_ok": True}, []),
    ("two levels under even with a mentor", {"level": "expert"}, {"mentor_ok": True}, ["below_level"]),
    (
        "the code's level counts before the category's",
        {},
        {"areas": (("63", "learning"), ("Housing", "expert"))},
        ["below_level"],
    ),
    ("listed twice the higher level counts", {}, {"areas": (("63", "learning"), ("63b", "expert"))}, []),
    ("a category twice likewise", {}, {"areas": (("Housing", "expert"), ("Housing", "learning"))}, []),
    ("the code is declined", {}, {"declines": ("63",)}, ["opted_out"]),
    ("a local code declined is its code declined", {}, {"declines": ("63c",)}, ["opted_out"]),
    ("the category is declined", {}, {"declines": ("Housing",)}, ["opted_out"]),
    ("something else is declined", {}, {"declines": ("61", "Family")}, []),
    ("another language", {"language": "hmn"}, {}, ["no_language"]),
    ("another language with an interpreter", {"language": "hmn", "interpreter": True}, {}, []),
    ("even English must be listed", {}, {"languages": ()}, ["no_language"]),
    ("the whole state is listed", {}, {"counties": ("WI",)}, []),
    ("another county", {}, {"counties": ("55079",)}, ["too_far"]),
    ("remote does not help in person", {}, {"counties": (), "remote": True}, ["too_far"]),
    ("remote helps otherwise", {"in_person": False}, {"counties": (), "remote": True}, []),
    ("not in person and not remote", {"in_person": False}, {"counties": ()}, ["too_far"]),
    ("the whole of another state", WHO, {"counties": ("WI",)}, ["too_far"]),
    ("exactly the largest case", {"hours": 20.0}, {}, []),
    ("a little more than the largest case", {"hours": 20.1}, {}, ["too_long"]),
    ("no largest case", {"hours": 9000.0}, {"max_hours": None}, []),
    ("no hours", {"hours": 0.0}, {"max_hours": 0.0}, []),
    ("available from today", {}, {"available_from": AS_OF}, []),
    ("available from tomorrow", {}, {"available_from": AS_OF + timedelta(days=1)}, ["not_available"]),
    ("one training of two", {"trainings": ("dv", "asylum")}, {"trainings": ("dv",)}, ["no_training"]),
    ("the training", {"trainings": ("dv",)}, {"trainings": ("dv",)}, []),
    ("the volunteer is barred", {"barred": ("V0", "V1")}, {}, ["barred"]),
    ("the firm is barred", {"barred": ("firm:Acme LLP",)}, {"firm": "Acme LLP"}, ["barred"]),
    ("another firm is barred", {"barred": ("firm:Acme LLP",)}, {"firm": "Acme"}, []),
    ("no firm is never a barred firm", {"barred": ("firm:",)}, {}, []),
    ("unknown names are ignored", {"barred": ("V9", "firm:Nobody")}, {"firm": "Acme LLP"}, []),
    ("a volunteer whose id is a firm's text", {"barred": ("Acme LLP",)}, {"firm": "Acme LLP"}, []),
    ("one ask in 14 days", {}, {"asks_14d": 1, "asks_60d": 3}, []),
    ("two asks in 14 days", {}, {"asks_14d": 2, "asks_60d": 2}, ["asked_too_often"]),
    ("four asks in 60 days", {}, {"asks_14d": 0, "asks_60d": 4}, ["asked_too_often"]),
    ("no slot is not a rule", {}, {"slots": 0}, []),
]


@pytest.mark.parametrize(("case", "volunteer", "expected"), [edge[1:] for edge in EDGES], ids=[e[0] for e in EDGES])
def test_edge(case: dict[str, Any], volunteer: dict[str, Any], expected: list[str]) -> None:
    assert rules_against(a_case(**case), a_volunteer(**volunteer), AS_OF) == expected


def test_every_rule_is_named_in_order_when_all_fail() -> None:
    case = a_case(
        credentials=("va",), trainings=("dv",), barred=("V1",), hours=50.0, level="expert", language="es",
        problem_code="63b",
    )  # fmt: skip
    nobody = a_volunteer(
        status="lapsed", roles=(), licences=(), areas=(), declines=("Housing",), counties=(),
        available_from=AS_OF + timedelta(days=9), asks_14d=2,
    )  # fmt: skip
    assert rules_against(case, nobody, AS_OF) == [rule for rule in RULES if rule != "below_level"]


def test_the_ask_limits_are_settings() -> None:
    looser = Settings.from_mapping({"asked_too_often_14d": 3, "asked_too_often_60d": 6})
    volunteer = a_volunteer(asks_14d=2, asks_60d=5)
    assert rules_against(a_case(), volunteer, AS_OF, looser) == []


def test_a_list_of_a_hundred_thousand_entries_is_only_a_list() -> None:
    long = tuple(f"c{number}" for number in range(100_000))
    assert rules_against(a_case(credentials=long), a_volunteer(credentials=long), AS_OF) == []
    assert rules_against(a_case(credentials=long), a_volunteer(credentials=long[1:]), AS_OF) == ["no_credential"]
