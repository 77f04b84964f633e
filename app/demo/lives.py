"""One case's life in the demo, step by step; each step runs at its moment through the desk's operations."""

from __future__ import annotations

import random
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.accounts.models import Grant, Programme, User
from app.clients import operations_docket as docket
from app.clients import operations_intake as intake
from app.clients import operations_parties as parties
from app.clients import operations_screening as screening
from app.clients.conflicts import possible_duplicates
from app.clients.intake.choices import PROBLEMS
from app.clients.models import Case, CaseStatus
from app.clients.operations_same_person import join_requests
from app.clients.problems import category
from app.core import clock
from app.core.db import session
from app.core.errors import Refusal
from app.matching import operations_attest as attesting
from app.matching import operations_holds as holds
from app.matching import operations_offers as offers
from app.matching.models import Referral, ReferralStatus
from app.volunteers.models import Volunteer

from . import service
from .people import Cast, born, name
from .told import something_about_themselves
from .words import MATTERS, OTHER_HELP, OTHER_SIDES, Matter

TOLD = ("child_at_home", "over_60", "disability", "veteran")
Life = Generator[datetime, None, None]


@dataclass
class Plan:
    """What fate has in store for one case."""

    programme_id: int
    begins: datetime
    matter: Matter
    ends: datetime  # nothing more happens after it: today
    chance: random.Random

    @property
    def is_recent(self) -> bool:
        """Did the request come in within the last two weeks?"""
        return self.ends - self.begins < timedelta(days=14)


def plan(cast: Cast, begins: datetime, ends: datetime) -> Plan:
    """Draw a case."""
    programme_id = cast.chance.choices(cast.programmes, (4, 1))[0]
    matter = cast.chance.choices(MATTERS, [matter.weight for matter in MATTERS])[0]
    return Plan(programme_id, begins, matter, ends, random.Random(cast.chance.random()))


def later(chance: random.Random, low: float, high: float) -> datetime:
    """A moment some days on, in office hours."""
    moment = clock.now() + timedelta(days=chance.uniform(low, high))
    at_work = moment.replace(hour=chance.randrange(15, 22), minute=chance.randrange(60))
    while at_work.weekday() > 4 or at_work <= clock.now():
        at_work += timedelta(days=1)
    return at_work


def life(cast: Cast, fate: Plan) -> Life:
    """From the request to wherever the case stands today."""
    yield fate.begins
    case_id = ask(cast, fate)
    yield later(fate.chance, 0.2, 3)
    if not screen(cast, fate, case_id):
        return
    yield later(fate.chance, 0.5, 3)
    if not list_it(cast, fate, case_id):
        return
    for _attempt in range(3):
        yield from find_volunteer(cast, fate, case_id)
        if session.get_one(Case, case_id).status is CaseStatus.PLACED:
            yield from service.serve(fate, case_id, later, coordinator_id(cast, case_id))
        if session.get_one(Case, case_id).status is not CaseStatus.AVAILABLE:
            return


def coordinator_id(cast: Cast, case_id: int) -> int:
    """Who answers for the case."""
    case = session.get_one(Case, case_id)
    return case.custody.user_id if case.custody else cast.coordinators[case.programme_id][0]


def ask(cast: Cast, fate: Plan) -> int:
    """The request, from the public page or typed by staff."""
    staff = session.get_one(User, cast.coordinators[fate.programme_id][0]) if fate.chance.random() < 0.4 else None
    pages = answers(cast, fate)
    some_come_again(cast, fate, pages)
    draft, _token = intake.begin_request(language=pages["language"]["spoken"][:2], watched=False, actor=staff)
    draft.pin_hash = cast.pin_hash  # hashing a PIN is slow on purpose; one is enough for invented people
    intake.save_pages(draft, pages, actor=staff)
    case = intake.send_request(draft, actor=staff)
    something_about_themselves(case)
    return case.id


def some_come_again(cast: Cast, fate: Plan, pages: dict[str, dict[str, Any]]) -> None:
    """Every eighth client of a programme asked for help before."""
    told = cast.told.setdefault(fate.programme_id, [])
    if len(told) % 8 == 5:
        pages |= told[-5]
    told.append({part: pages[part] for part in ("names", "reach", "language")})


def answers(cast: Cast, fate: Plan) -> dict[str, dict[str, Any]]:
    """What a client of this matter typed."""
    chance, matter = fate.chance, fate.matter
    given, family = name(chance)
    programme = session.get_one(Programme, fate.programme_id)
    county = chance.choice(sorted(programme.counties))
    spoken = chance.choices(("en", "es", "hmn", "so"), (74, 14, 6, 6))[0]
    income = chance.randrange(60_000, 205_000, 2_500)
    return {
        "names": {"given_name": given, "family_name": family, "born_on": born(chance, clock.now())},
        "other_side": {
            "other_kind": "organisation" if matter.organisation else "person",
            "other_name": chance.choice(OTHER_SIDES) if matter.organisation else " ".join(name(chance)),
            "other_lawyer": chance.choice(("yes", "no", "unsure")),
        },
        "place": {"county": f"{county}:{programme.public_id}"},
        "reach": {
            "phone": f"608-555-{chance.randrange(1000, 9999)}", "email": f"{given}.{family}@clients.test".lower(),
        },
        "safe": {
            "call_safe": "yes", "text_safe": "unsure", "voicemail_safe": "no",
            "email_safe": chance.choices(("yes", "no"), (3, 1))[0],
        },
        "language": {"spoken": spoken, "interpreter": "no" if spoken == "en" else chance.choice(("yes", "no"))},
        "household": {"adults": chance.randrange(1, 3), "children": chance.choices(range(5), (3, 3, 3, 2, 1))[0]},
        "income": {"income": income, "income_typed": f"{income / 100:.0f}", "income_period": "month"},
        "assets": {"assets": chance.choice((0, 0, 20_000, 80_000)), "assets_typed": "0"},
        "circumstances": {"circumstances": chance.sample(TOLD, chance.randrange(3))},
        "problem": {"problem": matter.picked if matter.picked in {key for key, *_ in PROBLEMS} else "else"},
        "story": {"story": matter.story},
        "urgent": {"emergencies": _emergencies(matter, chance), "harms": [matter.harm]},
        "dates": _dates(fate),
        "access": {"access": [], "access_note": ""},
        "consent": {"share_names": "no" if fate.is_recent and chance.random() < 0.1 else "yes"},
    }  # fmt: skip


def _emergencies(matter: Matter, chance: random.Random) -> list[str]:
    return ["protective_order"] if matter.code == "37" and chance.random() < 0.4 else []


def _dates(fate: Plan) -> dict[str, object]:
    drawn = fate.chance.random()
    if drawn < 0.25:
        return {"has_dates": "no"}
    if drawn < 0.35:
        return {"has_dates": "yes", "date1_kind": fate.matter.date_kind, "date1_unknown": True}
    recent = fate.ends - fate.begins < timedelta(days=30)
    day = (clock.now() + timedelta(days=fate.chance.randrange(7, 36 if recent else 75))).date()
    day += timedelta(days=(0, 0, 0, 0, 0, 2, 1)[day.weekday()])  # no court sits at a weekend
    return {"has_dates": "yes", "date1_kind": fate.matter.date_kind, "date1_on": day.isoformat()}


def screen(cast: Cast, fate: Plan, case_id: int) -> bool:
    """Conflicts, matter, income, merits; accepted unless something speaks against it."""
    case, chance = session.get_one(Case, case_id), fate.chance
    staff, lawyer = (
        session.get_one(User, coordinator_id(cast, case_id)),
        session.get_one(User, cast.attorneys[fate.programme_id]),
    )
    search = parties.search_conflicts(case, actor=staff)
    found = "The same client before, or other people of that name." if search.hit_count else None
    parties.decide_conflicts(search, "clear", found, actor=staff)
    for before in possible_duplicates(case):
        if "contact" in before.why and not fate.is_recent:
            join_requests(case, before.case, actor=staff)
    screening.change_matter(
        case, problem_code=fate.matter.code, forum=case.forum, forum_state="WI", county=case.county, actor=staff
    )
    if fate.is_recent and chance.random() < 0.1:
        screening.ask_for_missing(case, ["income_proof"], actor=staff)
        return False
    decision = _judge_income(cast, case, staff)
    screening.judge_merits(case, chance.choice(("fair", "fair", "strong")), None, actor=lawyer)
    if not decision or chance.random() < 0.06:
        reason = "out_of_scope" if decision else "over_income"
        screening.reject_case(case, reason, OTHER_HELP, actor=staff)
        return False
    screening.accept_case(case, grant_ids=decision, actor=staff)
    return True


def _judge_income(cast: Cast, case: Case, staff: User) -> list[int]:
    """Every grant of the programme is asked; those that can pay do."""
    told, able_to_pay = case.at_intake or {}, []
    for grant_id in cast.grants[case.programme_id]:
        found = screening.decide_eligibility(
            case, session.get_one(Grant, grant_id), gross_income=told["gross_income"],
            household_size=told["household_size"], assets=told["assets"], actor=staff,
        )  # fmt: skip
        if found.eligible:
            able_to_pay.append(grant_id)
    return able_to_pay


def list_it(cast: Cast, fate: Plan, case_id: int) -> bool:
    """Write the listing; without consent the case stays accepted, a few are kept with staff."""
    case, matter = session.get_one(Case, case_id), fate.matter
    staff = session.get_one(User, coordinator_id(cast, case_id))
    try:
        docket.list_case(
            case, title=matter.title, text=matter.text, level=matter.level, hours=matter.hours, actor=staff,
            in_person=fate.chance.random() < 0.4, interpreter=case.interpreter, sensitive=case.sensitive,
            service_level="limited" if matter.hours < 900 else "full",
        )  # fmt: skip
    except Refusal:
        return False
    if fate.chance.random() < 0.04:
        docket.keep_with_staff(case, "staff_expertise", actor=staff)
        return False
    return True


def find_volunteer(cast: Cast, fate: Plan, case_id: int) -> Life:
    """Offers and claims until somebody takes it, the clock ends, or today comes."""
    chance = fate.chance
    for person_id in able(cast, case_id, chance):
        yield later(chance, 0.5, 4)
        if session.get_one(Case, case_id).status is not CaseStatus.AVAILABLE:
            return
        referral_id = approach(cast, case_id, person_id, chance)
        if referral_id is None:
            continue
        yield later(chance, 0.1, 0.9)
        if answer(referral_id, chance):
            yield later(chance, 0.3, 1.5)
            settle(cast, referral_id, chance)
    yield clock_end(case_id, chance)
    give_up(cast, case_id, chance)


def clock_end(case_id: int, chance: random.Random) -> datetime:
    """A day or two after the referral clock ran out."""
    ends = session.get_one(Case, case_id).clock_ends_at or clock.now()
    return max(ends, clock.now()) + timedelta(hours=chance.uniform(1, 30))


def able(cast: Cast, case_id: int, chance: random.Random) -> list[int]:
    """A few volunteers who look right at a glance; the rules decide when one is asked."""
    case = session.get_one(Case, case_id)
    areas = {case.problem_code, category(case.problem_code)}
    places = {"WI", case.county, "remote"}
    found = [look.id for look in cast.looks if areas & look.areas and places & look.places]
    chance.shuffle(found)
    if cast.star in found and chance.random() < 0.25:
        found.insert(0, cast.star)
    return list(dict.fromkeys(found))[: chance.choice((2, 4, 6, 8))]


def approach(cast: Cast, case_id: int, person_id: int, chance: random.Random) -> int | None:
    """Send an offer, or let the volunteer claim by themselves."""
    case, person = session.get_one(Case, case_id), session.get_one(Volunteer, person_id)
    staff = session.get_one(User, coordinator_id(cast, case_id))
    try:
        with session.begin_nested():
            if chance.random() < 0.6:
                return offers.send_offer(case.lead_opening, person, actor=staff).id
            return holds.hold(case.lead_opening, actor=_account(person)).id
    except Refusal:
        return None


def _account(person: Volunteer) -> User:
    if person.user is None:
        raise LookupError("an approved volunteer has an account")
    return person.user


def answer(referral_id: int, chance: random.Random) -> bool:
    """Say yes or no; a yes is attested clear."""
    referral = session.get_one(Referral, referral_id)
    person = referral.volunteer
    if person is None:
        return False
    try:
        with session.begin_nested():
            return _answer(referral, _account(person), chance)
    except Refusal:
        return False


def _answer(referral: Referral, who: User, chance: random.Random) -> bool:
    if referral.status is ReferralStatus.OFFERED:
        if chance.random() < 0.42:
            offers.decline_offer(referral, chance.choice(("no_time", "too_far", "too_long", None)), actor=None)
            return False
        referral = offers.accept_offer(referral, actor=who)
    if referral.status is not ReferralStatus.HELD:
        return False
    if referral.case.sensitive:
        staff = referral.case.custody.user if referral.case.custody else who
        for which in ("adverse", "client"):
            holds.release_names(referral, which, actor=staff)
    holds.see_parties(referral, actor=who)
    attesting.attest(referral, "conflict" if chance.random() < 0.05 else "clear", actor=who)
    return referral.status in (ReferralStatus.REQUESTED, ReferralStatus.CONFIRMED)


def settle(cast: Cast, referral_id: int, chance: random.Random) -> None:
    """Staff answer the request."""
    referral = session.get_one(Referral, referral_id)
    if referral.status is not ReferralStatus.REQUESTED:
        return
    staff = session.get_one(User, coordinator_id(cast, referral.case.id))
    try:
        with session.begin_nested():
            mentor = session.get(Volunteer, chance.choice(cast.volunteers[::12]))
            attesting.confirm_request(referral, actor=staff, mentor=mentor)
    except Refusal:
        attesting.refuse_request(referral, "level", actor=staff)


def give_up(cast: Cast, case_id: int, chance: random.Random) -> None:
    """Nobody was found: most clients are told, some cases are kept."""
    case = session.get_one(Case, case_id)
    if case.status is not CaseStatus.AVAILABLE:
        return
    staff = session.get_one(User, coordinator_id(cast, case_id))
    try:
        with session.begin_nested():
            if chance.random() < 0.25:
                docket.keep_with_staff(case, "nobody_found", actor=staff)
            else:
                docket.tell_not_placed(case, OTHER_HELP, actor=staff)
    except Refusal:
        return
