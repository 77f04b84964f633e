"""Parts beside the lead's: who may take one, how it is listed, held and placed, and which exclude each other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.casework import operations_packages as packages
from app.clients import roles
from app.clients.models import CaseRole, CaseStatus, Opening, OpeningStatus
from app.core import clock
from app.core.db import session, transaction
from app.matching import docket_jobs, operations, operations_proposals, queries, shortlists
from app.matching.dockets import build_docket
from app.matching.models import Assignment, DocketRun, Proposal, Referral, ReferralStatus, Unplaced
from app.matching.open_matters import open_matters
from app.matching.operations_runs import ask_for_run
from app.matching.parts import MentorFull, OtherPart
from app.matching.refusals import AtCapacity, CaseGone, CaseTaken
from app.matching.roles import acting_role, either_role, widened
from app.matching.rules import judge_pair
from app.volunteers.models import (
    Volunteer,
    VolunteerRole,
)
from app.volunteers.policy import NEVER_ALONE
from tests import factories
from tests.matching.desk import MONDAY, lay, mails, tasks
from tests.matching.players import PACKAGE, claimed, led, opening, person

S, R = ReferralStatus, CaseRole


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def test_the_words_for_who_is_never_alone_are_the_same_everywhere() -> None:
    assert {role.value for role in NEVER_ALONE} == roles.NEVER_ALONE
    assert {who for takers in roles.TAKERS.values() for who in takers} <= set(VolunteerRole)
    assert set(roles.TAKERS) == set(CaseRole) - {R.LEAD}


WHO = ["attorney", "mentor", "student", "graduate", "paralegal", "interpreter", "social_worker"]
MAY = {
    R.CO_COUNSEL: {"attorney"},
    R.MENTOR: {"mentor"},
    R.SUPERVISING_ATTORNEY: {"attorney"},
    R.STUDENT: {"student", "graduate"},
    R.PARALEGAL: {"paralegal"},
    R.INTERPRETER: {"interpreter"},
    R.SOCIAL_WORKER: {"social_worker"},
}


@pytest.mark.parametrize("part", MAY)
def test_each_part_is_for_those_whose_role_fits(app: Flask, part: CaseRole) -> None:
    desk = led()
    with transaction():
        made = opening(desk, part)
        able = set()
        for who in WHO:
            pair = judge_pair(made, person(who, languages=["en", "es"]), clock.now().date())
            if pair.rules == []:
                able.add(who)
                assert pair.acts_as == who
            else:
                assert "wrong_role" in pair.rules
        assert able == MAY[part]


def test_an_interpreter_needs_the_language_and_no_field_licence_or_registration(app: Flask) -> None:
    desk = led(credentials=["eoir"], level="expert", interpreter=True, trainings=["Trials"])
    with transaction():
        made = opening(desk, R.INTERPRETER)
        speaks = person("interpreter", languages=["en", "es"], areas={})
        silent = person("interpreter", languages=["en"], areas={"Housing": "expert"})
        declines = person("interpreter", languages=["es"], areas={}, declines=["Housing"])
        day = clock.now().date()
        assert judge_pair(made, speaks, day).rules == []
        assert judge_pair(made, silent, day).rules == ["no_language"]
        assert judge_pair(made, declines, day).rules == ["opted_out"]
        lead = judge_pair(desk.opening, speaks, day).rules
        assert {"wrong_role", "no_licence", "no_credential", "no_area", "no_training"} <= set(lead)


def test_a_package_for_several_asks_a_licence_of_attorneys_alone(app: Flask) -> None:
    desk = led()
    with transaction():
        made = opening(desk, R.CO_COUNSEL, takers=["attorney", "paralegal"], **PACKAGE)
        day = clock.now().date()
        here, away = person("attorney"), person("attorney", licences=["MN"])
        helper, other = person("paralegal"), person("interpreter")
        both = person("paralegal", licences=["MN"])
        both.roles = ["paralegal", "attorney"]
        session.flush()
        judged = {name: judge_pair(made, who, day) for name, who in
                  {"here": here, "away": away, "helper": helper, "other": other, "both": both}.items()}  # fmt: skip
    assert {name: (pair.rules, pair.acts_as) for name, pair in judged.items()} == {
        "here": ([], "attorney"), "away": (["wrong_role"], None), "helper": ([], "paralegal"),
        "other": (["wrong_role"], None), "both": ([], "paralegal"),
    }  # fmt: skip
    assert either_role(("attorney", "paralegal"), "WI") == "attorney|paralegal@WI"
    assert either_role(("student", "graduate"), "WI") == "student|graduate"
    assert either_role(("attorney",), "WI") == "attorney"


def test_the_leads_rows_are_what_they_were(app: Flask) -> None:
    desk = lay(2)
    laid = build_docket(MONDAY.date())
    (row,) = laid.docket.cases
    assert (row.role, row.any_field, row.problem_code, row.level, row.licence) == (
        "attorney", False, "63", "competent", "WI",
    )  # fmt: skip
    assert widened(laid.docket.volunteers, laid.docket.cases) == list(laid.docket.volunteers)
    assert acting_role(row, laid.docket.volunteers[0]) == "attorney"
    assert desk.opening.is_package is False


def test_a_run_a_shortlist_and_the_list_hold_openings_of_every_role(app: Flask) -> None:
    desk = led()
    with transaction():
        helper, speaker = person("paralegal"), person("interpreter", languages=["en", "es"], areas={})
        package = opening(desk, R.PARALEGAL, takers=["paralegal"], **PACKAGE)
        part = opening(desk, R.INTERPRETER, text="Two meetings.")
        ids = {package.id: helper.id, part.id: speaker.id}
        ask_for_run(actor=None)
    assert docket_jobs.run_one()
    assert {p.opening_id: p.volunteer_id for p in session.query(Proposal)} == ids
    assert session.query(Unplaced).count() == 0
    assert session.query(DocketRun).one().status == "done"
    for opening_id, volunteer_id in ids.items():
        listed = shortlists.shortlist_for(session.get_one(Opening, opening_id))
        assert [choice.volunteer_id for choice in listed.choices] == [volunteer_id]
        takes = session.get_one(Volunteer, volunteer_id)
        mine_of = shortlists.shortlist_for_volunteer(takes, [desk.case.programme.slug], 9)
        assert [matter.opening_id for matter in mine_of.matters] == [opening_id]
        (mine,) = [m for m in open_matters(session.get_one(Volunteer, volunteer_id)) if m.is_for_me]
        assert mine.facts.id == opening_id
    titles = {m.title for m in open_matters(session.get_one(Volunteer, desk.volunteer_ids[0]))}
    assert titles == set()  # whoever is on the case is not asked again
    with transaction():
        chosen = session.query(Proposal).filter_by(opening_id=package.id).one()
        assert operations_proposals.accept_proposal(chosen, actor=desk.staff).status is S.OFFERED


def test_the_list_shows_the_task_and_not_the_whole_matter(app: Flask) -> None:
    desk = led()
    with transaction():
        speaker = person("interpreter", languages=["en", "es"], areas={})
        opening(desk, R.INTERPRETER, **{**PACKAGE, "package": "Interpreter for a hearing"}, in_person=True)
        opening(desk, R.CO_COUNSEL)
        found = {m.title: m for m in open_matters(speaker)}
    task, other = found["Interpreter for a hearing"], found["Co-counsel: Eviction hearing"]
    assert (task.facts.hours, task.facts.listing_text, task.facts.in_person) == (300, "One form.", True)
    assert (other.facts.listing_text, other.facts.in_person) == ("Tenant with a hearing date.", False)
    assert task.is_for_me
    assert not other.is_for_me


@pytest.mark.parametrize(
    "status", [CaseStatus.ACCEPTED, CaseStatus.AVAILABLE, CaseStatus.PLACED, CaseStatus.IN_SERVICE]
)
def test_a_part_is_claimed_without_moving_the_case_or_its_clock(app: Flask, status: CaseStatus) -> None:
    desk = lay(1, programme={"claims_taken_at_once": True}, language="es")
    with transaction():
        if status is not CaseStatus.AVAILABLE:
            desk.opening.status = OpeningStatus.NOT_LISTED
        desk.case.status = status
        speaker = person("interpreter", languages=["en", "es"], areas={})
        made = opening(desk, R.INTERPRETER)
    before = desk.case.clock_ends_at
    assert claimed(desk, speaker, made).status is S.CONFIRMED
    (part,) = session.query(Assignment)
    assert (part.role, part.acts_as, part.letter_due_on) == (R.INTERPRETER, "interpreter", None)
    assert (desk.case.status, desk.case.clock_ends_at, desk.case.placed_at) == (status, before, None)
    assert session.get_one(Opening, made.id).status is OpeningStatus.FILLED
    assert [mail.kind for mail in mails()] == ["matching.held", "matching.part_placed"]
    assert queries.count_used_slots(speaker) == 1
    assert tasks("first_contact") == []


@pytest.mark.parametrize("status", [CaseStatus.PRESCREEN, CaseStatus.CLOSING, CaseStatus.CLOSED, CaseStatus.WITHDRAWN])
def test_nothing_of_a_case_elsewhere_is_claimed_or_placed(app: Flask, status: CaseStatus) -> None:
    desk = lay(1, language="es")
    with transaction():
        speaker = person("interpreter", languages=["en", "es"])
        made = opening(desk, R.INTERPRETER)
        desk.case.status = status
    with pytest.raises(CaseGone):
        claimed(desk, speaker, made)
    with pytest.raises(CaseGone), transaction():
        operations.place_by_hand(made, speaker, "phone_yes", actor=desk.staff, checked=True)
    assert [matter.facts.id for matter in open_matters(speaker) if matter.facts.id == made.id] == []


def test_several_openings_of_a_case_are_held_by_different_people(app: Flask) -> None:
    desk = lay(2, language="es")
    with transaction():
        speakers = [person("interpreter", languages=["en", "es"]) for _ in range(3)]
        made = opening(desk, R.INTERPRETER)
        task = opening(desk, R.INTERPRETER, takers=["interpreter"], **PACKAGE)
    with transaction():
        clock_before = desk.case.clock_ends_at
        operations.hold(desk.opening, actor=desk.user(0))
        for one, what in zip(speakers, (made, task), strict=False):
            operations.hold(session.get_one(Opening, what.id), actor=one.user)  # type: ignore[arg-type]
    assert session.query(Referral).filter_by(status=S.HELD).count() == 3
    assert desk.case.clock_ends_at == clock_before
    with pytest.raises(CaseTaken), transaction():
        operations.hold(session.get_one(Opening, made.id), actor=speakers[2].user)  # type: ignore[arg-type]


def test_a_part_takes_a_place_until_it_is_reported(app: Flask) -> None:
    desk = led()
    with transaction():
        speaker = person("interpreter", languages=["en", "es"], capacity=1)
        made = opening(desk, R.INTERPRETER, takers=["interpreter"], **PACKAGE)
        other = opening(desk, R.INTERPRETER)
        elsewhere = factories.case(desk.programme, CaseStatus.IN_SERVICE, lead=factories.volunteer(), language="es")
        third = factories.add(Opening(case=elsewhere, role=R.INTERPRETER, hours=100, status=OpeningStatus.LISTED))
    assert claimed(desk, speaker, made).status is S.CONFIRMED
    with pytest.raises(AtCapacity):
        claimed(desk, speaker, third)
    with transaction():
        part = session.query(Assignment).filter_by(opening_id=made.id).one()
        packages.report_package(part, text="Done.", hundredths=200, actor=speaker.user)  # type: ignore[arg-type]
    assert queries.count_used_slots(speaker) == 0
    assert claimed(desk, speaker, third).status is S.CONFIRMED
    assert other.status is OpeningStatus.LISTED


@pytest.mark.parametrize(("first", "second"), [
    (R.LEAD, R.SUPERVISING_ATTORNEY), (R.CO_COUNSEL, R.LEAD), (R.CO_COUNSEL, R.SUPERVISING_ATTORNEY),
])  # fmt: skip
def test_nobody_plays_two_parts_that_exclude_each_other(app: Flask, first: CaseRole, second: CaseRole) -> None:
    desk = lay(1)
    with transaction():
        parts = {R.LEAD: desk.opening}
        for role in {first, second} - {R.LEAD}:
            parts[role] = opening(desk, role)
        ids = {role: part.id for role, part in parts.items()}

    def place(role: CaseRole) -> None:
        with transaction():
            part = session.get_one(Opening, ids[role])
            operations.place_by_hand(part, desk.volunteer(), "phone_yes", actor=desk.staff, checked=True)

    place(first)
    with pytest.raises(OtherPart):
        place(second)
    assert session.query(Assignment).count() == 1


def test_nobody_holds_two_parts_that_exclude_each_other(app: Flask) -> None:
    desk = lay(1)
    with transaction():
        one, other = opening(desk, R.CO_COUNSEL), opening(desk, R.SUPERVISING_ATTORNEY)
        operations.hold(one, actor=desk.user())
    with pytest.raises(OtherPart), transaction():
        operations.hold(session.get_one(Opening, other.id), actor=desk.user())


def test_a_mentors_part_is_listed_and_three_are_enough(app: Flask) -> None:
    desk = led()
    with transaction():
        wise = person("mentor", capacity=9)
        for _ in range(3):
            case = factories.case(desk.programme, CaseStatus.IN_SERVICE, lead=factories.volunteer())
            factories.assignment(case, wise, role=R.MENTOR, opening=None, uses_slot=False)
        made = opening(desk, R.MENTOR)
    with pytest.raises(MentorFull):
        claimed(desk, wise, made)
    with transaction():
        session.query(Assignment).filter_by(volunteer_id=wise.id).first().ended_at = clock.now()  # type: ignore[union-attr]
    assert claimed(desk, wise, made).status is S.CONFIRMED
    with transaction():
        operations.end_assignment(desk.case.assignments[0], "no_time", CaseStatus.AVAILABLE, actor=desk.staff)
    assert session.get_one(Opening, made.id).status is OpeningStatus.CLOSED


def test_a_guide_below_the_level_is_no_guide(app: Flask) -> None:
    desk = led(level="experienced")
    with transaction():
        made = opening(desk, R.SUPERVISING_ATTORNEY)
        beginner = person("attorney", areas={"Housing": "competent"}, mentor_ok=True)
        assert judge_pair(made, beginner, MONDAY.date()).rules == ["below_level"]
        assert judge_pair(desk.opening, beginner, MONDAY.date()).rules == []
