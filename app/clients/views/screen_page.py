"""What the screening page shows: the parts in order, each with where it stands and its form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l

from app.accounts.operations_offices import offices_of

from .. import policy
from ..conflicts import possible_duplicates
from ..eligibility import REASONS, guideline, income_rules, region_of
from ..forms import (
    AcceptForm,
    ConflictForm,
    ConsentForm,
    DateForm,
    EligibilityForm,
    MatterForm,
    MeritsForm,
    MissingForm,
    OfficeForm,
    PartyForm,
    ReceivedForm,
    SamePersonForm,
    SuggestForm,
    TriageForm,
)
from ..models import OPEN, Case, CaseStatus
from ..names import WHY
from ..priority import live_override
from ..problems import category, counties_of, county_name, deadline_rules, find_problem, forums, language_name
from ..standing import GOOD_ENOUGH, Standing, against_accepting, against_listing, live_grants, standing_of
from ..urgency import in_words
from ..vocabulary import DATE_KINDS, EXCEPTIONS, MERITS, MISSING_ITEMS, PARTY_ROLES
from .parts import eligibility_facts, last_change, matter_facts, merits_facts, triage_facts

if TYPE_CHECKING:
    from app.accounts.models import User

FIGURES = ("household_size", "gross_income", "assets")
LEFT_OUT = ("left_out", "adjusted_income", "left_out_reason")


@dataclass(frozen=True)
class Step:
    """One decision of the screening: what it is about, its state in words, and whose turn it is."""

    anchor: str
    title: Any
    state: str  # done, now, stop or empty
    text: Any


def page_context(case: Case, viewer: User, today: date, more: Mapping[str, Any]) -> dict[str, Any]:
    """Everything the screening page shows; `more` holds a form that failed, or both texts of a stale one."""
    now = standing_of(case)
    grants = live_grants(case.programme_id, today)
    steps = steps_of(case, now)
    both = more.get("both")
    return {
        "case": case, "now": now, "steps": steps,
        "next_step": _next(steps),
        "grants": grants, "grant_names": {grant.id: grant.name for grant in grants},
        "lacks": against_listing(now) if case.status is CaseStatus.ACCEPTED else against_accepting(now),
        "is_open": case.status in OPEN, "in_prescreen": case.status is CaseStatus.PRESCREEN,
        "hits": hits_of(now), "duplicates": possible_duplicates(case),
        "may_judge": policy.may_judge_merits(viewer, case), "may_open_story": policy.may_open_story(viewer, case),
        "line": guideline(today, region_of(case.programme.state)), "income_rules": income_rules(),
        "override": live_override(case), "factors": in_words(_factors(case)),
        "problem": find_problem(case.problem_code), "category": category(case.problem_code),
        "county": county_name(case.county), "language_name": language_name(case.language),
        "both": {**both, **last_change(case)} if both else None,
        **_words(), **_forms(case, now, grants, more),
    }  # fmt: skip


def _next(steps: list[Step]) -> Step | None:
    """The first decision that is open; an unknown date is asked for beside it."""
    waiting = [step for step in steps if step.state in ("now", "stop")]
    return next((step for step in waiting if step.anchor != "dates"), waiting[0] if waiting else None)


def _factors(case: Case) -> list[Any]:
    reckoned = next((each for each in case.priorities if each.override_level is None), None)
    return reckoned.factors if reckoned else []


def _words() -> dict[str, Any]:
    return {
        "date_kinds": DATE_KINDS, "party_roles": PARTY_ROLES, "merit_words": MERITS, "missing_words": MISSING_ITEMS,
        "exception_words": EXCEPTIONS, "eligibility_words": REASONS, "why_words": WHY, "forum_rows": forums(),
    }  # fmt: skip


def _forms(case: Case, now: Standing, grants: Any, more: Mapping[str, Any]) -> dict[str, Any]:
    made = {
        "matter": lambda: matter_form(case, fresh=True),
        "triage": lambda: TriageForm(None, prefix="triage", data=triage_facts(case)).show(),
        "asked": lambda: SamePersonForm(None, prefix="asked"),
        "party": lambda: PartyForm(None, prefix="party").show(),
        "date": lambda: DateForm(None, prefix="date").show(),
        "suggest": lambda: suggest_form(fresh=True),
        "conflicts": lambda: ConflictForm(None, prefix="conflicts", data={"search": _search_id(now)}),
        "eligibility": lambda: eligibility_form(grants, fresh=True, known=figures_of(case, now)).show(
            eligibility_facts(case)
        ),
        "consent": lambda: ConsentForm(None, prefix="consent"),
        "office": lambda: office_form(case, fresh=True),
        "merits": lambda: MeritsForm(None, prefix="merits").show(merits_facts(case)),
        "accept": lambda: accept_form(case, now, grants, fresh=True),
        "missing": lambda: MissingForm(None, prefix="missing", data={"items": case.missing_items}),
        "received": lambda: ReceivedForm(None, prefix="received"),
    }
    return {f"{name}_form": more.get(name) or make() for name, make in made.items()}


def _search_id(now: Standing) -> str:
    return now.search.public_id if now.search else ""


def matter_form(case: Case, *, fresh: bool = False) -> MatterForm:
    """The form on what the matter is; every county of the programme's state, the case's own first."""
    known = counties_of(case.programme.state)
    own = [] if case.county in dict(known) else [(case.county, county_name(case.county))]
    if not fresh:
        return MatterForm(prefix="matter", counties=[*own, *known])
    form = MatterForm(None, prefix="matter", counties=[*own, *known], data=matter_facts(case))
    form.show()
    return form


def suggest_form(*, fresh: bool = False) -> SuggestForm:
    """The form on a date by a rule."""
    form = SuggestForm(None, prefix="suggest") if fresh else SuggestForm(prefix="suggest")
    rules = [(r.key, f"{r.matter}: {r.event}, {r.period} {r.unit}") for r in deadline_rules().values()]
    form.rule.choices = [("", _l("Choose one")), *sorted(rules, key=lambda each: each[1])]
    return form


def figures_of(case: Case, now: Standing) -> dict[str, Any]:
    """Household and money as staff judged them last, else as they were typed at intake; nothing is guessed."""
    judged = max(now.eligibility.values(), key=lambda made: made.id, default=None)
    if judged is not None:
        return {name: getattr(judged, name) for name in (*FIGURES, *LEFT_OUT)}
    told = case.at_intake or {}
    return {name: told[name] for name in FIGURES if told.get(name) is not None}


def eligibility_form(grants: Any, *, fresh: bool = False, known: Mapping[str, Any] | None = None) -> EligibilityForm:
    """The form on a household for one of the programme's funds, with what is known filled in."""
    filled = EligibilityForm(None, prefix="eligibility", data=known) if fresh else None
    form = filled or EligibilityForm(prefix="eligibility")
    own = [(str(grant.id), grant.name) for grant in grants]
    form.grant.choices = own if len(own) == 1 else [("", _l("Choose one")), *own]
    return form


def accept_form(case: Case, now: Standing, grants: Any, *, fresh: bool = False) -> AcceptForm:
    """The form on who pays: the funds found able to, all ticked."""
    able = set(now.eligible_grants)
    form = AcceptForm(None, prefix="accept", data={"grants": sorted(able)}) if fresh else AcceptForm(prefix="accept")
    form.grants.choices = [(grant.id, grant.name) for grant in grants if grant.id in able]
    return form


def office_form(case: Case, *, fresh: bool = False) -> OfficeForm:
    """The form on which office has the case: the open ones, its own, or none."""
    known = [office for office in offices_of(case.programme_id) if not office.closed_at or office.id == case.office_id]
    own = next((office.public_id for office in known if office.id == case.office_id), "")
    form = OfficeForm(None, prefix="office", data={"office": own}) if fresh else OfficeForm(prefix="office")
    form.office.choices = [("", _l("No office")), *((office.public_id, office.name) for office in known)]
    return form


def hits_of(now: Standing) -> list[dict[str, Any]]:
    """The names found, each with its reasons as words."""
    found = now.search.hits if now.search else []
    return [{**hit, "why": [str(WHY[code]) for code in hit["why"]]} for hit in found]


def steps_of(case: Case, now: Standing) -> list[Step]:
    """The decisions in order, with their states."""
    return [
        _conflict_step(now),
        _story_step(case),
        _matter_step(now),
        _dates_step(case, now),
        _eligibility_step(now),
        _merits_step(now),
        _answer_step(case, now),
    ]  # fmt: skip


def _conflict_step(now: Standing) -> Step:
    title = _l("Names")
    if now.conflict_clear:
        return Step("conflicts", title, "done", _l("No conflict"))
    if now.search is None:
        return Step("conflicts", title, "now", _l("Not searched"))
    if now.search.outcome == "conflict":
        return Step("conflicts", title, "stop", _l("Conflict"))
    words = {"clear": _l("Search again: a party changed"), "more_needed": _l("More is needed")}
    return Step("conflicts", title, "now", words.get(now.search.outcome or "", _l("To be decided")))


def _story_step(case: Case) -> Step:
    opened = case.narrative_opened_at is not None
    return Step("story", _l("Story"), "done" if opened else "", _l("Open") if opened else _l("Sealed"))


def _matter_step(now: Standing) -> Step:
    if now.has_problem:
        return Step("matter", _l("What it is"), "done", _l("Problem code chosen"))
    return Step("matter", _l("What it is"), "now", _l("Problem code open"))


def _dates_step(case: Case, now: Standing) -> Step:
    if now.open_questions:
        return Step("dates", _l("Dates"), "now", _l("A date is not known"))
    return Step("dates", _l("Dates"), "done", _l("Next date known") if case.next_critical_on else _l("No date"))


def _eligibility_step(now: Standing) -> Step:
    title = _l("Eligibility")
    if now.eligible_grants:
        return Step("eligibility", title, "done", _l("A fund can pay"))
    if now.outdated:
        return Step("eligibility", title, "now", _l("Older guideline: decide again"))
    if now.eligibility:
        return Step("eligibility", title, "stop", _l("No fund can pay"))
    return Step("eligibility", title, "now", _l("To be decided"))


def _merits_step(now: Standing) -> Step:
    if now.merits is None:
        return Step("merits", _l("Merits"), "now", _l("A supervising attorney judges them"))
    good = now.merits.rating in GOOD_ENOUGH
    return Step("merits", _l("Merits"), "done" if good else "stop", MERITS[now.merits.rating])


def _answer_step(case: Case, now: Standing) -> Step:
    if case.status is not CaseStatus.PRESCREEN:
        return Step("accept", _l("Answer"), "done", _l("Given"))
    if now.missing:
        return Step("accept", _l("Answer"), "", _l("Waiting for the client"))
    return Step("accept", _l("Answer"), "now", _l("To be given"))
