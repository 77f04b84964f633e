"""The wanted list counts each unplaced case once, the most useful profile first."""

from __future__ import annotations

from dataclasses import asdict

from hypothesis import given

from app.matching.engine.docket import CaseRow, Docket, VolunteerRow
from app.matching.engine.machine import Plain
from app.matching.engine.problems import categories
from app.matching.engine.rules import rules_against
from app.matching.engine.solve import place
from app.matching.engine.wanted import Profile

from .rows import AS_OF, a_case, a_volunteer, dockets


def imagined(profile: Profile) -> VolunteerRow:
    """Return the volunteer a profile imagines."""
    return a_volunteer(
        volunteer_id="imagined",
        roles=(profile.role,),
        licences=("XX",) if profile.licence == "any" else (profile.licence,) if profile.licence else (),
        credentials=tuple(profile.credentials.split(";")),
        areas=((profile.area, profile.level),),
        languages=("en", profile.language),
        counties=(profile.county,),
        remote=profile.remote == "yes",
        slots=99,
        max_hours=None,
        trainings=tuple(profile.trainings.split(";")),
    )


def wanted_of(case: CaseRow) -> Profile:
    return Profile(
        case.role,
        (case.licence or case.state) if case.role == "attorney" else "",
        categories()[case.problem_code[:2]],
        case.level,
        case.county,
        "no" if case.in_person else "yes",
        case.language,
        ";".join(sorted(case.credentials)),
        ";".join(sorted(case.trainings)),
    )


@given(dockets(cases=12, volunteers=3))
def test_the_list_is_the_greedy_one_counted_by_the_rules(
    docket: tuple[list[CaseRow], list[VolunteerRow]],
) -> None:
    rows = Docket.from_rows(*docket, AS_OF)
    result = place(rows, machine=Plain())
    left = [row.case for row in result.unplaced]
    profiles = {wanted_of(rows.cases[index]) for index in left}
    expected = []
    while left:
        choices = []
        for profile in profiles:
            person = imagined(profile)
            takes = [i for i in left if not rules_against(rows.cases[i], person, AS_OF)]
            choices.append((-len(takes), takes or [999], tuple(asdict(profile).values()), profile, takes))
        choices.sort(key=lambda choice: (choice[0], choice[1][0], choice[2]))
        expected.append((choices[0][3], tuple(choices[0][4])))
        left = [index for index in left if index not in choices[0][4]]
    assert [(want.profile, want.cases) for want in result.wanted] == expected


def test_a_remote_lawyer_of_the_state_is_wanted_before_a_local_one() -> None:
    cases = [
        a_case(case_id="C1", in_person=False, county="55001"),
        a_case(case_id="C2", in_person=False, county="55003"),
        a_case(case_id="C3", in_person=True, county="55005"),
    ]
    first, second = place(Docket.from_rows(cases, [], AS_OF)).wanted
    assert (first.profile.remote, len(first.cases)) == ("yes", 2)
    assert (second.profile.county, second.profile.remote, len(second.cases)) == ("55005", "no", 1)
