"""The list of open matters as one volunteer may see it: listing facts only, coarse where few share them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, String, cast, func, select

from app.accounts.models import Programme
from app.clients import problems, roles
from app.clients.models import Case, CaseRole, Opening
from app.clients.models.statuses import OPEN
from app.clients.vocabulary import TAKERS
from app.core import clock
from app.core.db import session
from app.volunteers.models import Volunteer

from .barring import Purpose
from .models import HOLDING, LIVE, Referral, ReferralStatus
from .policy import against_a_claim, warnings_of_a_claim
from .rules import Pair, case_rows, judge_rows, listed_openings, one_volunteer
from .words import title_of

FEW = 10  # a county or language shared by fewer open cases is not named
DEFAULT_ZONE = "America/Chicago"

FACTS = (
    Opening.id, Opening.public_id, Opening.hours, Opening.package, Opening.role.label("part"), Case.listing_title,
    func.coalesce(Opening.text, Case.listing_text).label("listing_text"), Opening.takers, Opening.ends_on,
    Case.role.label("asked_by_case"), Case.problem_code, Case.county, Case.forum_state, Case.language,
    Case.interpreter, func.coalesce(Opening.in_person, Case.in_person).label("in_person"),
    func.coalesce(Opening.level, cast(Case.level, String)).label("level"),
    Case.priority_level, Case.priority_rank, Case.points, Case.next_critical_on,
    Case.service_level, Case.short_term_by, Case.costs_paid_by, Case.sensitive, Case.listed_at, Case.trainings,
    Case.number, Programme.name.label("programme"), Programme.time_zone,
)  # fmt: skip


@dataclass(frozen=True)
class Listing:
    """One open matter with what its reader may know of it."""

    facts: Any
    pair: Pair
    county: str | None  # none where too few share it
    language: str | None
    holds: int  # holds and requests on it now
    waiting: int
    mine: Referral | None

    @property
    def public_id(self) -> str:
        """The opening's public id."""
        return str(self.facts.public_id)

    @property
    def title(self) -> str:
        """What the listing is called."""
        row = self.facts
        return title_of(row.package, row.part, row.listing_title or self.problem)

    @property
    def is_whole(self) -> bool:
        """Is it the lead of a whole matter, rather than a part or package of one?"""
        return self.facts.part is CaseRole.LEAD

    @property
    def takers(self) -> list[Any]:
        """As what somebody may take it, in words."""
        return [TAKERS[who] for who in roles.takers(self.facts.part, self.facts.takers, "") if who in TAKERS]

    @property
    def needs_field(self) -> bool:
        """Is knowledge of the law asked for at all?"""
        return self.is_whole or not set(self._takers) <= roles.NEEDS_NO_FIELD

    @property
    def _takers(self) -> tuple[str, ...]:
        return roles.takers(self.facts.part, self.facts.takers, self.facts.asked_by_case)

    @property
    def category(self) -> str:
        """`Housing`."""
        return problems.category(self.facts.problem_code)

    @property
    def problem(self) -> str:
        """`Private Landlord/Tenant`."""
        found = problems.find_problem(self.facts.problem_code)
        return found.label if found else ""

    @property
    def against(self) -> list[str]:
        """The rules that keep the reader from it."""
        return against_a_claim(self.pair.rules)

    @property
    def warnings(self) -> list[str]:
        """The rules that only warn the reader."""
        return warnings_of_a_claim(self.pair.rules)

    @property
    def is_for_me(self) -> bool:
        """May the reader take it?"""
        return not self.against

    @property
    def urgency(self) -> tuple[Any, ...]:
        """The most urgent first."""
        facts = self.facts
        return (facts.priority_rank, -facts.points, facts.next_critical_on or date.max, facts.public_id)


def some_matters(volunteer: Volunteer, opening_ids: Iterable[int]) -> list[Listing]:
    """Those of some openings that are listed and that the volunteer may know of."""
    return _of(volunteer, listed_openings().where(Opening.id.in_(list(opening_ids))))


def one_matter(volunteer: Volunteer, opening: Opening) -> Listing | None:
    """One listed opening, or None where the volunteer may not know of it."""
    return next(iter(_of(volunteer, select(Opening.id).where(Opening.id == opening.id))), None)


def _of(volunteer: Volunteer, openings: Select[Any]) -> list[Listing]:
    rows, zone = case_rows(openings, Purpose.CLAIM), first_zone()
    judged = judge_rows(list(rows.values()), one_volunteer(volunteer, clock.today_in(zone), zone), clock.today_in(zone))
    return lay_listings(openings, judged, lambda referral: referral.volunteer_id == volunteer.id)


def lay_listings(
    openings: Select[Any],
    judged: Mapping[str, Pair],
    is_mine: Callable[[Referral], bool],
    known_common: tuple[set[str], set[str]] | None = None,
) -> list[Listing]:
    """The openings judged for a reader as that reader may see them; barred ones and those not judged are left out."""
    stmt = select(*FACTS).join(Case, Case.id == Opening.case_id).join(Programme).where(Opening.id.in_(openings))
    known = {public_id for public_id, pair in judged.items() if "barred" not in pair.rules}
    facts = [row for row in session.execute(stmt) if row.public_id in known and not _is_overdue(row)]
    counties, languages = known_common or common()
    live = _live_by_opening(openings)
    return [_listing(row, judged[row.public_id], counties, languages, live[row.id], is_mine) for row in facts]


def _is_overdue(row: Any) -> bool:
    """A package whose last day is over waits for staff, not for volunteers."""
    return row.ends_on is not None and row.ends_on < clock.today_in(row.time_zone)


def _listing(
    row: Any,
    pair: Pair,
    counties: set[str],
    languages: set[str],
    live: Sequence[Referral],
    is_mine: Callable[[Referral], bool],
) -> Listing:
    others = Counter(r.status for r in live if not is_mine(r))
    return Listing(
        facts=row,
        pair=pair,
        county=row.county if row.county in counties else None,
        language=row.language if row.language in languages else None,
        holds=sum(others[status] for status in HOLDING),
        waiting=others[ReferralStatus.WAITLISTED],
        mine=next((r for r in live if is_mine(r)), None),
    )


def common() -> tuple[set[str], set[str]]:
    """The counties, and the languages besides English, that enough open cases share to be named."""
    counties, languages = Counter[str](), Counter[str]()
    stmt = select(Case.county, Case.language, func.count()).where(Case.status.in_(OPEN))
    for county, language, count in session.execute(stmt.group_by(Case.county, Case.language)):
        counties[county] += count
        languages[language] += count
    return _shared(counties), _shared(languages) | {"en"}


def _shared(counted: Counter[str]) -> set[str]:
    return {value for value, count in counted.items() if count >= FEW}


def _live_by_opening(openings: Select[Any]) -> dict[int, list[Referral]]:
    found: dict[int, list[Referral]] = defaultdict(list)
    stmt = select(Referral).where(Referral.opening_id.in_(openings), Referral.status.in_(LIVE))
    for referral in session.execute(stmt.order_by(Referral.id)).scalars():
        found[referral.opening_id].append(referral)
    return found


def first_zone() -> str:
    """The time zone of the deployment's first programme."""
    found = session.execute(select(Programme.time_zone).order_by(Programme.id).limit(1)).scalar()
    return found or DEFAULT_ZONE


NOT_FOR_EVERYONE = frozenset({"Juvenile"})
NOT_FOR_EVERYONE_CODES = frozenset({"37", "81", "86"})  # abuse at home, immigration, trafficking


def teaser() -> list[tuple[str, str, str, int]]:
    """What the public may know: (state, broad area, hours, how many); nothing about safety, status or children."""
    stmt = (
        select(Case.problem_code, Case.forum_state, Case.language, Case.harms, Case.emergencies, Opening.hours)
        .join(Opening, Opening.case_id == Case.id)
        .where(Opening.id.in_(listed_openings()), Case.sensitive.is_(False))
    )
    rows = session.execute(stmt).all()
    _counties, shared = common()
    found = Counter(
        (row.forum_state, problems.category(row.problem_code), band(row.hours))
        for row in rows
        if row.language in shared and _is_for_everyone(row)
    )
    return sorted((state, area, hours, count) for (state, area, hours), count in found.items())


def _is_for_everyone(row: Any) -> bool:
    found = problems.find_problem(row.problem_code)
    if found is None or found.category in NOT_FOR_EVERYONE or found.code in NOT_FOR_EVERYONE_CODES:
        return False
    private = {"safety", "status", "custody", "liberty"} & set(row.harms)
    return not private and not row.emergencies


def band(hours: int) -> str:
    """Hundredths of an hour as a broad band: `up to 5`, `5 to 15`, `more than 15`."""
    return "up to 5" if hours <= 500 else "5 to 15" if hours <= 1500 else "more than 15"
