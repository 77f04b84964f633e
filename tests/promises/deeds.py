"""Everything anybody can do to a case, for the machine that tries it all in any order.

A deed takes the world, who does it, the case and a number to choose with. It ends in a change, in a refusal, or in
`Nothing`: there was nothing to do it to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeVar

from app.accounts import calendars
from app.accounts import operations as accounts
from app.accounts.models import Programme, User
from app.casework import operations as casework
from app.casework import operations_cut_off as cut_off
from app.casework import operations_packages as packages
from app.casework import operations_transfer as leaving
from app.casework import operations_transfer_receiver as receiving
from app.casework.closing import Closing
from app.casework.models import ClosingReport
from app.casework.models_packages import PackageReport
from app.casework.operations_closing import (
    approve_closing,
    close_dormant,
    report_closing,
    return_closing,
    withdraw_case,
)
from app.casework.operations_reopening import reopen_case
from app.casework.operations_transfer_steps import Checklist
from app.casework.transfer_models import Court, Transfer, TransferAsk, TransferStatus
from app.clients import operations as clients
from app.clients import operations_openings as openings
from app.clients.models import Case, CaseStatus, ConsentKind, Opening, PartyRole
from app.clients.operations_openings import OpeningFacts
from app.clients.operations_screening import find_grants
from app.clients.operations_status import withdraw_names as withdraw_names_of
from app.clients.vocabulary import CLOCK_REASONS, KEEP_REASONS
from app.core.access import Role
from app.core.db import session
from app.desk.operations import hand_over
from app.engagement import operations as engagement
from app.engagement.models import Checkin
from app.matching import operations as matching
from app.matching import operations_firms as firms
from app.matching import operations_supervision as supervision
from app.matching.models import LIVE, Assignment, Referral, ReferralStatus
from app.volunteers import operations as volunteers
from app.volunteers import operations_profile as profiles
from app.volunteers.models import Organisation, Volunteer
from tests import factories as make
from tests.clients.screened import LISTING

S = CaseStatus
OTHER_HELP = "County law library help desk, weekdays 9 to 4."
OPEN = (S.PRESCREEN, S.ACCEPTED, S.AVAILABLE, S.PLACED, S.IN_SERVICE, S.CLOSING)
WORKED_ON = (S.PLACED, S.IN_SERVICE)
Each = TypeVar("Each")


class Nothing(Exception):
    """There is nothing to do the deed to."""


@dataclass
class World:
    """The ids of everybody, so that each step reads them anew."""

    people: dict[str, list[int]] = field(default_factory=dict)
    cases: list[int] = field(default_factory=list)
    grants: dict[int, int] = field(default_factory=dict)
    firm: int = 0
    works_for: dict[int, int] = field(default_factory=dict)  # the programme of each member of staff

    def somebody(self, kind: str, pick: int, programme_id: int) -> User:
        """Somebody of a kind; of staff one of the case's programme."""
        able = [each for each in self.people[kind] if self.works_for.get(each, programme_id) == programme_id]
        return session.get_one(User, choose(able, pick))

    def anybody(self, pick: int) -> User:
        return session.get_one(User, choose([each for some in self.people.values() for each in some], pick))

    def a_volunteer(self, pick: int) -> Volunteer:
        person = session.get_one(User, choose(self.people["volunteer"] + self.people["junior"], pick))
        assert person.volunteer is not None
        return person.volunteer


def choose(among: Sequence[Each], pick: int) -> Each:
    if not among:
        raise Nothing
    return among[pick % len(among)]


def people() -> World:
    """Two programmes that share their volunteers, a firm among them, and cases on their way."""
    world = World()
    first, second = make.programme(claims_taken_at_once=True), make.programme()
    firm = make.add(Organisation(name="Alder & Finch LLP"))
    world.firm = firm.id
    for of in (first, second):
        world.grants[of.id] = make.grant(of).id
    staff = [make.coordinator(first), make.coordinator(first), make.coordinator(second)]
    attorneys = [make.user(Role.SUPERVISING_ATTORNEY, programme=of) for of in (first, second)]
    leads = [make.volunteer(capacity=2) for _ in range(4)]
    juniors = [make.volunteer(roles=["student"]), make.volunteer(roles=["paralegal"])]
    admin, funder = make.user(Role.ADMIN), make.user(Role.FUNDER, grant=make.grant(first))
    partner = make.user()
    accounts.grant_role(partner, Role.FIRM_COORDINATOR, organisation=firm, actor=None)
    for volunteer in leads[2:]:
        profiles.change_organisation(volunteer, firm, actor=staff[0])
    for kind, some in (("staff", staff), ("attorney", attorneys), ("admin", [admin]), ("funder", [funder]),
                       ("volunteer", [v.user for v in leads]), ("junior", [v.user for v in juniors]),
                       ("firm", [partner])):  # fmt: skip
        world.people[kind] = [each.id for each in some]
    for of, some in ((first, [staff[0], staff[1], attorneys[0]]), (second, [staff[2], attorneys[1]])):
        world.works_for |= {each.id: of.id for each in some}
    by_first, by_second = (first, staff[1], attorneys[0]), (second, staff[2], attorneys[1])
    for (of, owner, lawyer), stage in (((first, staff[0], attorneys[0]), "leaving"), (by_first, "new"),
                                       (by_second, "listed"), (by_second, "asked"), (by_first, "package")):  # fmt: skip
        world.cases.append(_case(world, of, owner, lawyer, leads, stage).id)
    return world


def _case(w: World, of: Programme, owner: User, lawyer: User, leads: Sequence[Volunteer], stage: str) -> Case:
    """A request as it came in, or carried as far as to be listed, asked for, changing its lead, or with a package."""
    case, lead_user, other = make.case(of, owner=owner), leads[0].user, leads[1].user
    if stage == "new":
        return case
    search_names(w, owner, case, 1)
    for step, who in ((decide_eligibility, owner), (judge_merits, lawyer), (accept, owner), (list_case, owner)):
        step(w, who, case, 1)
    if stage == "asked":
        hold(w, other, case, 0)
        attest(w, other, case, 1)
    if stage in ("leaving", "package"):
        hold(w, lead_user, case, 0)
        attest(w, lead_user, case, 1)
        first_contact(w, lead_user, case, 1)
    if stage == "leaving":
        open_a_transfer(w, owner, case, 1)
    if stage == "package":
        made = add_opening(w, owner, case, 0)
        openings.list_opening(made, actor=owner)
        matching.hold(made, actor=other)
        attest(w, other, case, 3)
    return case


def today(case: Case) -> date:
    return calendars.today(case.programme)


def lead(case: Case) -> Assignment:
    return choose(live(case, role="lead"), 0)


def live(case: Case, **same: Any) -> list[Assignment]:
    return session.query(Assignment).filter_by(case_id=case.id, ended_at=None, **same).order_by(Assignment.id).all()


def opening(case: Case, pick: int) -> Opening:
    return choose(sorted(case.openings, key=lambda each: each.id), pick)


def referral(case: Case, pick: int, *statuses: ReferralStatus) -> Referral:
    found = session.query(Referral).join(Opening).filter(Opening.case_id == case.id)
    return choose(found.filter(Referral.status.in_(statuses or LIVE)).order_by(Referral.id).all(), pick)


def of_firm(case: Case, pick: int, *statuses: ReferralStatus) -> Referral:
    found = (
        session.query(Referral).join(Opening).filter(Opening.case_id == case.id, Referral.organisation_id.is_not(None))
    )
    return choose(found.filter(Referral.status.in_(statuses or LIVE)).order_by(Referral.id).all(), pick)


def open_transfer(case: Case) -> Transfer:
    found = session.query(Transfer).filter_by(case_id=case.id).order_by(Transfer.id.desc())
    return choose([each for each in found if each.status not in (TransferStatus.DONE, TransferStatus.WITHDRAWN)], 0)


def ask(case: Case) -> TransferAsk:
    found = session.query(TransferAsk).join(Transfer).filter(Transfer.case_id == case.id)
    return choose(found.order_by(TransferAsk.id.desc()).all(), 0)


CHECKLIST = Checklist(done="Letter sent.", next="Answer by the date.")
Act = Callable[[World, User, Case, int], Any]
# What mostly comes next on the same case; without it the ends of long ways are never reached.
FOLLOWS: dict[str, tuple[str, ...]] = {
    "open_a_transfer": ("write_checklist", "choose_receiver"),
    "write_checklist": ("choose_receiver",),
    "hand_back": ("take_custody",),
    "take_custody": ("write_checklist",),
    "choose_receiver": ("client_agrees",),
    "client_agrees": ("choose_receiver", "accept_transfer", "accept_transfer", "refuse_transfer"),
    "ask_firm": ("accept_for_firm",),
    "accept_for_firm": ("attest_for_firm",),
    "hold_for_firm": ("attest_for_firm",),
    "attest_for_firm": ("name_person",),
}
FORWARD = 6  # how much likelier a deed is that carries a case on


@dataclass(frozen=True)
class Deed:
    """What is done, in which statuses it is usual, whose it is, and how often it comes."""

    act: Act
    statuses: tuple[CaseStatus, ...]
    who: tuple[str, ...]
    weight: int


DEEDS: dict[str, Deed] = {}


def deed(
    statuses: Sequence[CaseStatus], *who: str, weight: int = 1
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Say when a deed is usual and whose it is; the machine also tries it at other times and by others."""

    def keep(act: Act) -> Act:
        DEEDS[act.__name__] = Deed(act, tuple(statuses), who, weight)
        return act

    return keep


def usual(status: CaseStatus) -> list[str]:
    """The deeds usual in a status, each as often as it weighs."""
    return [name for name, each in DEEDS.items() if status in each.statuses for _ in range(each.weight)]


# -- screening and the docket


@deed([S.PRESCREEN], "staff", weight=FORWARD)
def decide_eligibility(w: World, who: User, case: Case, pick: int) -> Any:
    grant = find_grants(case, [w.grants[case.programme_id]])[0]
    return clients.decide_eligibility(case, grant, gross_income=2_000_000, household_size=3, assets=0, actor=who)


@deed([S.PRESCREEN], "attorney", weight=FORWARD)
def judge_merits(w: World, who: User, case: Case, pick: int) -> Any:
    return clients.judge_merits(case, "fair", "Repair defence.", actor=who)


@deed(OPEN, "staff")
def search_names(w: World, who: User, case: Case, pick: int) -> Any:
    found = clients.search_conflicts(case, actor=who)
    return clients.decide_conflicts(found, "conflict" if pick % 20 == 0 else "clear", "Others of the name.", actor=who)


@deed([S.PRESCREEN], "staff", weight=FORWARD)
def accept(w: World, who: User, case: Case, pick: int) -> Any:
    return clients.accept_case(case, grant_ids=[w.grants[case.programme_id]], actor=who)


@deed([S.PRESCREEN], "staff")
def ask_for_missing(w: World, who: User, case: Case, pick: int) -> Any:
    return clients.ask_for_missing(case, ["court_papers"], actor=who)


@deed([S.PRESCREEN], "staff")
def reject(w: World, who: User, case: Case, pick: int) -> Any:
    if pick % 7:
        raise Nothing  # seldom, so that most cases live on
    return clients.reject_case(case, "out_of_scope", OTHER_HELP, actor=who)


@deed([S.ACCEPTED], "staff", weight=FORWARD)
def list_case(w: World, who: User, case: Case, pick: int) -> Any:
    return clients.list_case(case, actor=who, **LISTING)


@deed([S.AVAILABLE], "staff")
def take_off_docket(w: World, who: User, case: Case, pick: int) -> Any:
    return clients.take_off_docket(case, "corrections", actor=who)


@deed([S.ACCEPTED, S.AVAILABLE], "staff")
def keep_with_staff(w: World, who: User, case: Case, pick: int) -> Any:
    if pick % 3:
        raise Nothing
    return clients.keep_with_staff(case, choose(list(KEEP_REASONS), pick), actor=who)


@deed([S.AVAILABLE], "staff")
def tell_not_placed(w: World, who: User, case: Case, pick: int) -> Any:
    if pick % 3:
        raise Nothing
    return clients.tell_not_placed(case, OTHER_HELP, actor=who)


@deed([S.AVAILABLE], "staff")
def extend_clock(w: World, who: User, case: Case, pick: int) -> Any:
    return clients.extend_clock(
        case, today(case) + timedelta(days=pick % 20 - 2), choose(list(CLOCK_REASONS), pick), actor=who
    )


@deed(OPEN, "staff")
def pause(w: World, who: User, case: Case, pick: int) -> Any:
    if pick % 6:
        raise Nothing
    return clients.pause_case(case, "client_away", today(case) + timedelta(days=pick % 30 - 2), actor=who)


@deed(OPEN, "staff", weight=3)
def resume(w: World, who: User, case: Case, pick: int) -> Any:
    if case.paused_at is None and pick % 9:
        raise Nothing
    return clients.resume_case(case, actor=who)


@deed(OPEN, "staff")
def hand_over_custody(w: World, who: User, case: Case, pick: int) -> Any:
    return hand_over(case, w.anybody(pick).public_id, reason="absence", actor=who)


@deed(OPEN, "staff", "volunteer")
def add_party(w: World, who: User, case: Case, pick: int) -> Any:
    return clients.add_party(case, role=PartyRole.OTHER, name=f"Ruth Amsel {pick}", actor=who)


@deed(OPEN, "staff")
def add_namesake(w: World, who: User, case: Case, pick: int) -> Any:
    """Somebody comes in who bears the name of a volunteer."""
    if pick % 4:
        raise Nothing
    return clients.add_party(case, role=PartyRole.OTHER, name=w.a_volunteer(pick).name, actor=who)


@deed([*WORKED_ON, S.CLOSING], "staff", weight=2)
def open_again(w: World, who: User, case: Case, pick: int) -> Any:
    return cut_off.open_again(choose([part for part in live(case) if part.cut_off_at], pick), actor=who)


@deed(OPEN, "staff")
def add_date(w: World, who: User, case: Case, pick: int) -> Any:
    day = today(case) + timedelta(days=pick % 25 - 2)
    return clients.add_critical_date(case, kind="hearing", on_day=day if pick % 6 else None, actor=who)


@deed(OPEN, "staff")
def withdraw_names(w: World, who: User, case: Case, pick: int) -> Any:
    if pick % 12:
        return clients.record_consent(case, ConsentKind.SHARE_NAMES, "phone", actor=who)
    assert case.client is not None
    return withdraw_names_of(case.client, actor=None)


# -- placing


@deed([S.AVAILABLE], "volunteer", weight=FORWARD)
def hold(w: World, who: User, case: Case, pick: int) -> Any:
    return matching.hold(opening(case, pick), actor=who)


@deed([S.AVAILABLE], "volunteer")
def wait(w: World, who: User, case: Case, pick: int) -> Any:
    return matching.join_waiting_list(opening(case, pick), actor=who)


@deed([S.AVAILABLE], "staff", weight=FORWARD)
def offer(w: World, who: User, case: Case, pick: int) -> Any:
    return matching.send_offer(opening(case, pick // 7), w.a_volunteer(pick), actor=who)


@deed([S.AVAILABLE], "volunteer", weight=FORWARD)
def accept_offer(w: World, who: User, case: Case, pick: int) -> Any:
    found = referral(case, pick, ReferralStatus.OFFERED)
    return matching.accept_offer(found, actor=_holder(found, who, pick))


@deed([S.AVAILABLE], "volunteer")
def decline_offer(w: World, who: User, case: Case, pick: int) -> Any:
    return matching.decline_offer(referral(case, pick, ReferralStatus.OFFERED), None, actor=None)


def _holder(found: Referral, who: User, pick: int) -> User:
    """Mostly the one it is about, now and then somebody else."""
    if pick % 8 == 0 or found.volunteer is None or found.volunteer.user is None:
        return who
    return found.volunteer.user


@deed([S.AVAILABLE, *WORKED_ON], "volunteer", weight=FORWARD)
def attest(w: World, who: User, case: Case, pick: int) -> Any:
    found = referral(case, pick // 3, ReferralStatus.HELD, ReferralStatus.REQUESTED, ReferralStatus.CONFIRMED)
    answer = ("clear", "clear", "clear", "clear", "declined", "conflict")[pick % 6]
    return matching.attest(found, answer, actor=_holder(found, who, pick))


@deed([S.AVAILABLE], "volunteer")
def extend_hold(w: World, who: User, case: Case, pick: int) -> Any:
    found = referral(case, pick, ReferralStatus.HELD)
    return matching.extend_hold(found, actor=_holder(found, who, pick))


@deed([S.AVAILABLE], "volunteer")
def give_back_hold(w: World, who: User, case: Case, pick: int) -> Any:
    found = referral(case, pick)
    return matching.withdraw_hold(found, actor=_holder(found, who, pick))


@deed([S.AVAILABLE], "staff", weight=FORWARD)
def confirm(w: World, who: User, case: Case, pick: int) -> Any:
    return matching.confirm_request(referral(case, pick, ReferralStatus.REQUESTED), actor=who)


@deed([S.AVAILABLE], "staff")
def refuse(w: World, who: User, case: Case, pick: int) -> Any:
    return matching.refuse_request(referral(case, pick, ReferralStatus.REQUESTED), "chosen_other", actor=who)


@deed([S.AVAILABLE], "staff")
def place_by_hand(w: World, who: User, case: Case, pick: int) -> Any:
    to = w.a_volunteer(pick)
    return matching.place_by_hand(opening(case, pick // 7), to, "phone_yes", actor=who, checked=True)


# -- firms


def _firm(w: World) -> Organisation:
    return session.get_one(Organisation, w.firm)


@deed([S.AVAILABLE], "staff")
def ask_firm(w: World, who: User, case: Case, pick: int) -> Any:
    return firms.ask_firm(opening(case, pick), _firm(w), actor=who)


@deed([S.AVAILABLE], "firm")
def hold_for_firm(w: World, who: User, case: Case, pick: int) -> Any:
    return firms.hold_for_firm(opening(case, pick), _firm(w), actor=who)


@deed([S.AVAILABLE], "firm", weight=FORWARD)
def accept_for_firm(w: World, who: User, case: Case, pick: int) -> Any:
    return firms.accept_for_firm(of_firm(case, pick, ReferralStatus.OFFERED), actor=who)


@deed([S.AVAILABLE], "firm", weight=FORWARD)
def attest_for_firm(w: World, who: User, case: Case, pick: int) -> Any:
    answer = ("clear", "clear", "clear", "declined", "conflict")[pick % 5]
    return firms.attest_for_firm(of_firm(case, pick, ReferralStatus.HELD), answer, actor=who)


@deed([S.AVAILABLE], "firm", weight=FORWARD)
def name_person(w: World, who: User, case: Case, pick: int) -> Any:
    return firms.name_person(of_firm(case, pick // 6, ReferralStatus.HELD), w.a_volunteer(pick), actor=who)


@deed([S.AVAILABLE], "firm")
def withdraw_for_firm(w: World, who: User, case: Case, pick: int) -> Any:
    return firms.withdraw_for_firm(of_firm(case, pick), actor=who)


# -- other parts and packages


@deed([S.ACCEPTED, S.AVAILABLE, *WORKED_ON], "staff")
def add_opening(w: World, who: User, case: Case, pick: int) -> Any:
    role = choose(("student", "paralegal", "co_counsel", "mentor", "interpreter"), pick)
    if len(case.openings) > 3:
        raise Nothing
    if pick % 3 == 0:
        facts = OpeningFacts(package="Fill in the answer form", text="One form, two hours.", hours=200,
                             takers=("attorney", "paralegal"), ends_on=today(case) + timedelta(days=20))  # fmt: skip
    else:
        facts = OpeningFacts(role=role, text="Help with one hearing.", hours=300)
    return openings.add_opening(case, facts, actor=who)


@deed([S.ACCEPTED, S.AVAILABLE, *WORKED_ON], "staff", weight=FORWARD)
def list_opening(w: World, who: User, case: Case, pick: int) -> Any:
    return openings.list_opening(opening(case, pick), actor=who)


@deed([S.AVAILABLE, *WORKED_ON], "staff")
def close_opening(w: World, who: User, case: Case, pick: int) -> Any:
    if pick % 3:
        raise Nothing
    return openings.close_opening(opening(case, pick), actor=who)


@deed([S.AVAILABLE, *WORKED_ON], "junior", "volunteer", weight=FORWARD)
def hold_a_part(w: World, who: User, case: Case, pick: int) -> Any:
    return matching.hold(opening(case, pick), actor=who)


@deed([S.AVAILABLE, *WORKED_ON], "volunteer", weight=3)
def report_package(w: World, who: User, case: Case, pick: int) -> Any:
    part = choose([a for a in live(case) if a.is_package], pick)
    return packages.report_package(part, text="Form filed.", hundredths=200, actor=part.volunteer.user)


@deed([S.AVAILABLE, *WORKED_ON], "staff", weight=3)
def check_package(w: World, who: User, case: Case, pick: int) -> Any:
    found = session.query(PackageReport).join(Assignment).filter(Assignment.case_id == case.id).all()
    report = choose([each for each in found if each.answered_at is None], pick)
    if pick % 3:
        return packages.approve_package(report, actor=who)
    return packages.return_package(report, reason="Two pages are missing.", actor=who)


@deed([S.AVAILABLE, *WORKED_ON], "volunteer")
def give_back_part(w: World, who: User, case: Case, pick: int) -> Any:
    part = choose([a for a in live(case) if a.role != "lead"], pick)
    return packages.give_back_part(part, reason="no_time", actor=part.volunteer.user)


@deed(OPEN, "attorney")
def supervise(w: World, who: User, case: Case, pick: int) -> Any:
    if pick % 3 == 0:
        return supervision.end_supervision(case, actor=who)
    return supervision.name_supervisor(case, w.somebody("attorney", pick, case.programme_id), actor=who)


# -- the work


def _worker(case: Case, who: User, pick: int) -> User:
    return who if pick % 8 == 0 else lead(case).volunteer.user


@deed([S.PLACED], "volunteer", weight=FORWARD)
def first_contact(w: World, who: User, case: Case, pick: int) -> Any:
    return casework.record_first_contact(lead(case), actor=_worker(case, who, pick))


@deed(WORKED_ON, "volunteer")
def log_time(w: World, who: User, case: Case, pick: int) -> Any:
    day = today(case) - timedelta(days=pick % 4)
    return casework.add_time(case, on_day=day, hundredths=100, actor=_worker(case, who, pick))


@deed(WORKED_ON, "volunteer", "staff")
def write_note(w: World, who: User, case: Case, pick: int) -> Any:
    return casework.add_note(case, f"Spoke {pick}.", actor=_worker(case, who, pick))


@deed(WORKED_ON, "volunteer", weight=FORWARD)
def report(w: World, who: User, case: Case, pick: int) -> Any:
    done = Closing("A", None, None, None, None, False, False, today(case), 300)
    return report_closing(case, done, amounts=[], actor=_worker(case, who, pick))


def _report(case: Case) -> ClosingReport:
    return choose(session.query(ClosingReport).filter_by(case_id=case.id).order_by(ClosingReport.id.desc()).all(), 0)


@deed([S.CLOSING], "staff", weight=FORWARD)
def approve(w: World, who: User, case: Case, pick: int) -> Any:
    return approve_closing(_report(case), actor=who)


@deed([S.CLOSING], "staff")
def return_report(w: World, who: User, case: Case, pick: int) -> Any:
    return return_closing(_report(case), reason="The hours are missing.", actor=who)


@deed([S.CLOSED], "staff")
def reopen(w: World, who: User, case: Case, pick: int) -> Any:
    return reopen_case(case, reason="new_facts", with_lead=bool(pick % 2), actor=who)


@deed(OPEN, "staff")
def withdraw(w: World, who: User, case: Case, pick: int) -> Any:
    if pick % 7:
        raise Nothing
    return withdraw_case(case, reason="client_asked", actor=who)


@deed([S.IN_SERVICE], "staff")
def dormant(w: World, who: User, case: Case, pick: int) -> Any:
    return close_dormant(case, actor=who)


@deed(WORKED_ON, "volunteer")
def answer_checkin(w: World, who: User, case: Case, pick: int) -> Any:
    sent = session.query(Checkin).filter(Checkin.case_id == case.id, Checkin.sent_at.is_not(None)).all()
    said = choose(({"standing": "on_track", "contact": "yes"}, {"standing": "cannot_go_on"}, {"contact": "no"}), pick)
    return engagement.answer(choose(sent, pick), said)


# -- leaving and handing on


@deed(WORKED_ON, "volunteer")
def hand_back(w: World, who: User, case: Case, pick: int) -> Any:
    court = Court.NEEDED if pick % 5 == 0 else Court.NO
    given = Checklist(done="Letter sent.", next="Answer by the date.", court=court)
    return leaving.hand_back(lead(case), "no_time", given, actor=_worker(case, who, pick))


@deed(WORKED_ON, "volunteer", "staff")
def leave_at_once(w: World, who: User, case: Case, pick: int) -> Any:
    reason = choose(("illness", "conflict", "licence", "dismissed"), pick)
    by = who if pick % 2 else lead(case).volunteer.user
    return leaving.leave_at_once(lead(case), reason, court=Court.NEEDED if pick % 3 == 0 else Court.NO, actor=by)


@deed(WORKED_ON, "staff")
def open_a_transfer(w: World, who: User, case: Case, pick: int) -> Any:
    return receiving.open_transfer(lead(case), "workload", actor=who, given=CHECKLIST)


@deed([*WORKED_ON, S.ACCEPTED, S.AVAILABLE], "staff")
def write_checklist(w: World, who: User, case: Case, pick: int) -> Any:
    return leaving.write_checklist(open_transfer(case), CHECKLIST, actor=who)


@deed([*WORKED_ON, S.ACCEPTED, S.AVAILABLE], "staff")
def take_custody(w: World, who: User, case: Case, pick: int) -> Any:
    return leaving.take_custody(open_transfer(case), actor=who)


@deed([*WORKED_ON, S.ACCEPTED, S.AVAILABLE], "staff")
def court_leave(w: World, who: User, case: Case, pick: int) -> Any:
    return leaving.grant_court_leave(open_transfer(case), today(case), actor=who)


@deed(WORKED_ON, "staff", weight=FORWARD)
def choose_receiver(w: World, who: User, case: Case, pick: int) -> Any:
    return receiving.choose_receiver(open_transfer(case), w.a_volunteer(pick), actor=who)


@deed(WORKED_ON, "staff", weight=FORWARD)
def client_agrees(w: World, who: User, case: Case, pick: int) -> Any:
    return receiving.agree(open_transfer(case), "phone", actor=who, language="en")


@deed(WORKED_ON, "volunteer", weight=FORWARD)
def accept_transfer(w: World, who: User, case: Case, pick: int) -> Any:
    asked = ask(case)
    by = who if pick % 8 == 0 else asked.volunteer.user
    receiving.see_names(asked, actor=by)
    return receiving.accept_transfer(asked, actor=by)


@deed(WORKED_ON, "volunteer")
def refuse_transfer(w: World, who: User, case: Case, pick: int) -> Any:
    asked = ask(case)
    by = who if pick % 8 == 0 else asked.volunteer.user
    return receiving.refuse_transfer(asked, choose(("declined", "conflict"), pick), actor=by)


@deed(WORKED_ON, "staff", "volunteer")
def take_back_transfer(w: World, who: User, case: Case, pick: int) -> Any:
    return leaving.take_back(open_transfer(case), actor=who)


# -- people


@deed(OPEN, "staff")
def suspend_volunteer(w: World, who: User, case: Case, pick: int) -> Any:
    if pick % 6:
        stopped = [each for each in session.query(Volunteer).order_by(Volunteer.id) if each.status == "suspended"]
        return volunteers.reinstate_volunteer(choose(stopped, pick), "checked", actor=who)
    return volunteers.suspend_volunteer(w.a_volunteer(pick // 6), "complaint", actor=who)


@deed(OPEN, "admin")
def close_account(w: World, who: User, case: Case, pick: int) -> Any:
    if pick % 12:
        closed = [each for some in w.people.values() for each in some if not session.get_one(User, each).is_active]
        return accounts.reactivate_user(session.get_one(User, choose(closed, pick)), actor=who)
    return accounts.deactivate_user(w.anybody(pick // 12), actor=who)


@deed(OPEN, "staff")
def join_or_leave_firm(w: World, who: User, case: Case, pick: int) -> Any:
    volunteer = w.a_volunteer(pick)
    by = who if pick % 3 else volunteer.user  # staff's word counts at once, one's own waits for the firm's
    return profiles.change_organisation(volunteer, _firm(w) if pick % 2 else None, actor=by)
