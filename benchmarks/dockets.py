"""Invented dockets of any size, alike in shape to a legal aid programme's."""

from __future__ import annotations

import random
from datetime import date, timedelta

from app.matching.engine.docket import CaseRow, VolunteerRow
from app.matching.engine.problems import categories

AS_OF = date(2026, 11, 21)
LEVELS = ("learning", "competent", "experienced", "expert")
SHARES = {
    "Housing": 28, "Family": 30, "Consumer/Finance": 11, "Income Maintenance": 11, "Health": 4, "Individual Rights": 4,
    "Employment": 3, "Juvenile": 2, "Education": 1, "Miscellaneous": 6,
}  # fmt: skip
LANGUAGES = ("en", "es", "zh", "vi", "ar", "so", "hmn")
LANGUAGE_SHARES = (82, 12, 1.5, 1, 1, 1, 1.5)
TRAININGS = ("dv", "asylum", "eviction-defence")


class Invented:
    """A docket drawn from one seed: `states` states of `counties` counties each."""

    def __init__(self, seed: int, states: int, counties: int = 30) -> None:
        self.chance = random.Random(seed)
        self.states = [f"{chr(65 + i // 26)}{chr(65 + i % 26)}" for i in range(states)]
        self.counties = counties
        self.state_shares = [1 / (1 + i * 0.15) for i in range(states)]
        self.county_shares = [1 / (1 + i) ** 0.8 for i in range(counties)]
        by_category: dict[str, list[str]] = {}
        for code, category in categories().items():
            by_category.setdefault(category, []).append(code)
        self.codes = by_category
        self.names = [name for name in SHARES if name in by_category]
        self.shares = [SHARES[name] for name in self.names]

    def county(self, state: str, near: int | None = None) -> str:
        place = self.chance.choices(range(self.counties), self.county_shares)[0] if near is None else near
        return f"{self.states.index(state) + 1:02d}{place % self.counties:03d}"

    def code(self, category: str) -> str:
        codes = self.codes[category]
        return codes[min(int(self.chance.expovariate(0.5)), len(codes) - 1)]

    def case(self, number: int) -> CaseRow:
        chance = self.chance
        state = chance.choices(self.states, self.state_shares)[0]
        category = chance.choices(self.names, self.shares)[0]
        waiting = AS_OF - timedelta(days=chance.randrange(0, 120))
        critical = AS_OF + timedelta(days=chance.randrange(1, 100)) if chance.random() < 0.4 else None
        return CaseRow(
            case_id=f"C{number:06d}",
            priority=chance.choices(("critical", "high", "normal", "low"), (8, 22, 50, 20))[0],
            points=chance.randrange(0, 100),
            waiting_since=waiting,
            next_critical_on=critical,
            problem_code=self.code(category),
            level=chance.choices(LEVELS, (20, 50, 25, 5))[0],
            role="attorney" if chance.random() < 0.95 else "interpreter",
            state=state,
            licence="any" if chance.random() < 0.06 else state,
            credentials=("eoir",) if chance.random() < 0.03 else (),
            county=self.county(state),
            in_person=chance.random() < 0.35,
            language=chance.choices(LANGUAGES, LANGUAGE_SHARES)[0],
            interpreter=chance.random() < 0.7,
            hours=chance.choice((3, 6, 10, 12.5, 20, 40)),
            trainings=(chance.choice(TRAININGS),) if chance.random() < 0.1 else (),
            barred=(f"V{chance.randrange(0, 1000):06d}",) if chance.random() < 0.05 else (),
            programme=chance.choice(("north", "south")),
        )

    def volunteer(self, number: int) -> VolunteerRow:
        chance = self.chance
        state = chance.choices(self.states, self.state_shares)[0]
        home = chance.choices(range(self.counties), self.county_shares)[0]
        counties = [self.county(state, home + step) for step in range(chance.randrange(1, 4))]
        if chance.random() < 0.2:
            counties.append(state)
        asked = AS_OF - timedelta(days=chance.randrange(0, 150)) if chance.random() < 0.6 else None
        asks = chance.choices((0, 1, 2, 3, 4), (50, 25, 13, 7, 5))[0] if asked else 0
        return VolunteerRow(
            volunteer_id=f"V{number:06d}",
            status="approved" if chance.random() < 0.92 else "verifying",
            roles=("attorney",) if chance.random() < 0.94 else ("interpreter", "attorney"),
            firm=chance.choice(("", "", "Acme LLP", "Bright & Co", "Cole Group")),
            licences=(state,) if chance.random() < 0.9 else (state, chance.choice(self.states)),
            credentials=("eoir",) if chance.random() < 0.1 else (),
            areas=tuple(self.area() for _ in range(chance.choices((1, 2, 3), (55, 33, 12))[0])),
            languages=("en",) if chance.random() < 0.8 else ("en", chance.choice(LANGUAGES[1:])),
            counties=tuple(dict.fromkeys(counties)),
            remote=chance.random() < 0.45,
            slots=chance.choices((0, 1, 2, 3), (45, 42, 10, 3))[0],
            max_hours=chance.choice((None, 6, 10, 15, 25, 50)),
            available_from=AS_OF + timedelta(days=20) if chance.random() < 0.05 else None,
            trainings=tuple(name for name in TRAININGS if chance.random() < 0.4),
            mentor_ok=chance.random() < 0.4,
            declines=(chance.choice(self.names),) if chance.random() < 0.05 else (),
            last_asked_on=asked,
            asks_14d=min(asks, chance.randrange(0, 3)),
            asks_60d=asks,
        )

    def area(self) -> tuple[str, str]:
        category = self.chance.choices(self.names, self.shares)[0]
        name = category if self.chance.random() < 0.6 else self.code(category)
        return name, self.chance.choices(LEVELS, (20, 45, 25, 10))[0]


def invent(cases: int, volunteers: int, states: int, seed: int = 1) -> tuple[list[CaseRow], list[VolunteerRow]]:
    """Return invented cases and volunteers."""
    docket = Invented(seed, states)
    return [docket.case(i) for i in range(cases)], [docket.volunteer(i) for i in range(volunteers)]
