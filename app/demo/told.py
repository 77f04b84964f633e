"""What the demo's clients said about themselves, and which counties its programmes call rural."""

from __future__ import annotations

import random
from typing import Any

from app.accounts import operations_programmes
from app.accounts.models import Programme, User
from app.clients.about_you import AGES, DECLINED, GENDERS, SIXTY, TICKED, races
from app.clients.models import Case
from app.clients.operations_about_you import note_about_client
from app.core.db import session

from .people import Cast

ANSWERED = 0.6
AGE_WEIGHTS, GENDER_WEIGHTS, RACE_WEIGHTS = (2, 36, 44, 18), (62, 35, 3), (4, 5, 17, 15, 2, 1, 56)
TOWNS = {"55025", "55079", "55133", "55105", "55101", "55059", "55009", "55087", "55139", "55031"}


def something_about_themselves(case: Case) -> None:
    """Three of five clients answer, a few of them that they prefer not to; each case has a chance of its own."""
    chance = random.Random(f"told {case.programme.slug} {case.number}")
    if chance.random() < ANSWERED:
        note_about_client(case.client, _answers(chance, TICKED in case.circumstances), actor=None)


def _answers(chance: random.Random, is_sixty: bool) -> dict[str, Any]:
    kinds = [key for key, _label in races()]
    ticked = {chance.choices(kinds, RACE_WEIGHTS)[0] for _n in range(1 + (chance.random() < 0.12))}
    told: dict[str, Any] = {
        "age": SIXTY if is_sixty else chance.choices([key for key, _label in AGES], AGE_WEIGHTS)[0],
        "race": sorted(ticked),
        "gender": chance.choices([key for key, _label in GENDERS], GENDER_WEIGHTS)[0],
    }
    declined = chance.choice([*told, *([""] * 9)])
    return {**told, **({declined: [DECLINED] if declined == "race" else DECLINED} if declined else {})}


def counties_are_marked(cast: Cast) -> None:
    """Each programme's coordinator marks the counties without a larger town as rural."""
    for programme_id in cast.programmes:
        programme = session.get_one(Programme, programme_id)
        staff = session.get_one(User, cast.coordinators[programme_id][0])
        rural = [fips for fips in programme.counties if fips not in TOWNS]
        operations_programmes.mark_rural(programme, rural, seen=(), actor=staff)
