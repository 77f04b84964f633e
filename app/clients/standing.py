"""Where a request stands in screening: each decision, whether it is made, and what speaks against the next step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts.calendars import today
from app.accounts.models import Grant
from app.core.db import session

from .conflicts import is_clear, latest_search
from .eligibility import guideline, region_of
from .models import Case, ConflictSearch, Consent, ConsentKind, EligibilityDecision, MeritsDecision
from .problems import is_selectable

GOOD_ENOUGH = ("fair", "strong")


@dataclass(frozen=True)
class Lack:
    """One precondition that does not hold, in words, and the part of the page that cures it."""

    key: str
    text: Any
    anchor: str


@dataclass(frozen=True)
class Standing:
    """Every decision of a screening as it stands today."""

    search: ConflictSearch | None
    conflict_clear: bool
    merits: MeritsDecision | None
    eligibility: dict[int, EligibilityDecision]  # newest by grant
    outdated: frozenset[int]  # grants judged by a guideline no longer in force
    may_share_names: bool
    has_problem: bool
    open_questions: int
    missing: tuple[str, ...]

    @property
    def eligible_grants(self) -> list[int]:
        """The grants that can pay, by decisions in force."""
        return [grant for grant, made in self.eligibility.items() if made.eligible and grant not in self.outdated]


def standing_of(case: Case) -> Standing:
    """Gather a case's decisions."""
    search = latest_search(case)
    decisions = latest_eligibility(case)
    line = guideline(today(case.programme), region_of(case.programme.state))
    old = frozenset(grant for grant, made in decisions.items() if _outdated(case, made, line.year))
    return Standing(
        search=search,
        conflict_clear=is_clear(case, search),
        merits=latest_merits(case),
        eligibility=decisions,
        outdated=old,
        may_share_names=has_consent(case, ConsentKind.SHARE_NAMES),
        has_problem=is_selectable(case.problem_code),
        open_questions=sum(each.on_day is None and each.done_at is None for each in case.critical_dates),
        missing=tuple(case.missing_items),
    )


def _outdated(case: Case, made: EligibilityDecision, year: int) -> bool:
    return case.accepted_at is None and made.guideline_year != year


def latest_merits(case: Case) -> MeritsDecision | None:
    """The last judgement of the merits."""
    found = select(MeritsDecision).where(MeritsDecision.case_id == case.id).order_by(MeritsDecision.id.desc())
    return session.scalars(found.limit(1)).first()


def latest_eligibility(case: Case) -> dict[int, EligibilityDecision]:
    """The last decision for each grant."""
    found = select(EligibilityDecision).where(EligibilityDecision.case_id == case.id).order_by(EligibilityDecision.id)
    return {made.grant_id: made for made in session.scalars(found)}


def has_consent(case: Case, kind: ConsentKind) -> bool:
    """Has the client allowed this, and does it hold today?"""
    live = find_consent(case, kind)
    return live is not None and (live.expires_on is None or live.expires_on >= today(case.programme))


def find_consent(case: Case, kind: ConsentKind) -> Consent | None:
    """The consent that was not taken back, expired or not."""
    live = select(Consent).where(Consent.case_id == case.id, Consent.kind == kind, Consent.withdrawn_at.is_(None))
    return session.scalars(live).one_or_none()


def live_grants(programme_id: int, on_day: date) -> Sequence[Grant]:
    """The funding sources that can pay for a new case on a day."""
    found = select(Grant).where(Grant.programme_id == programme_id, Grant.starts_on <= on_day)
    return session.scalars(found.where((Grant.ends_on.is_(None)) | (Grant.ends_on >= on_day)).order_by(Grant.id)).all()


def against_accepting(now: Standing) -> list[Lack]:
    """What must still be decided before a request is accepted."""
    return [*_screened(now), *_about_merits(now)]


def _screened(now: Standing) -> list[Lack]:
    checks = [
        (now.has_problem, Lack("problem", _l("The problem code is not chosen."), "matter")),
        (now.conflict_clear, Lack("conflict", conflict_words(now), "conflicts")),
        (bool(now.eligible_grants), Lack("eligible", _eligibility_words(now), "eligibility")),
    ]
    return [lack for holds, lack in checks if not holds]


def _about_merits(now: Standing) -> list[Lack]:
    if now.merits is None:
        return [Lack("merits", _l("A supervising attorney has not judged the merits."), "merits")]
    if now.merits.rating not in GOOD_ENOUGH:
        return [Lack("merits", _l("The merits were found too weak to go on."), "merits")]
    return []


def conflict_words(now: Standing) -> Any:
    """Why the conflict search does not count, as a sentence."""
    if now.search is None:
        return _l("The conflict search was not run.")
    if now.search.outcome == "conflict":
        return _l("A conflict was found.")
    if now.search.outcome == "clear":
        return _l("A party was added or changed after the conflict search. Search again.")
    return _l("The conflict search is not decided.")


def _eligibility_words(now: Standing) -> Any:
    if now.outdated:
        return _l("Eligibility was judged by an older poverty guideline. Decide it again.")
    if now.eligibility:
        return _l("No funding source can pay for the case.")
    return _l("Eligibility is not decided for any funding source.")


def against_listing(now: Standing) -> list[Lack]:
    """What must hold before volunteers may see a case."""
    lacks = [*_screened(now), *_about_merits(now)]
    if not now.may_share_names:
        words = _l("The client has not agreed to share names with possible lawyers.")
        lacks.append(Lack("consent", words, "consent"))
    return lacks
