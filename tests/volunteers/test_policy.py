"""Who may take new work: pure decisions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.volunteers import policy
from app.volunteers.facts import allows_new_cases, area_names, category_of, number_looks_odd, place_name
from app.volunteers.models import Credential, CredentialKind, Standing, Volunteer, VolunteerRole, VolunteerStatus
from app.volunteers.requirements import first_requirements

TODAY = date(2026, 11, 21)
THEN = datetime(2026, 1, 5, tzinfo=UTC)
K = CredentialKind


def held(kind: CredentialKind, until: date | None = None, **changes: object) -> Credential:
    return Credential(kind=kind, verified_at=THEN, valid_until=until, **changes)


def attorney(*credentials: Credential, **changes: object) -> Volunteer:
    row = Volunteer(given_name="Ines", family_name="Park", roles=["attorney"], status=VolunteerStatus.APPROVED)
    for name, value in changes.items():
        setattr(row, name, value)
    row.credentials = list(credentials)
    return row


def whole() -> list[Credential]:
    return [held(K.FULL_LICENCE), held(K.MALPRACTICE_COVER), held(K.ATTESTATION), held(K.ORIENTATION)]


def missing(row: Volunteer, role: str = "attorney") -> set[str]:
    return {need.name for need in policy.unmet_requirements(row, role, TODAY, first_requirements())}


@pytest.mark.usefixtures("app")
class TestRequirements:
    def test_an_attorney_with_everything_verified_lacks_nothing(self) -> None:
        assert missing(attorney(*whole())) == set()

    def test_each_missing_credential_is_named(self) -> None:
        assert missing(attorney()) == {"licence", "cover", "attestation", "orientation"}

    def test_the_last_day_still_counts_and_the_next_does_not(self) -> None:
        ends = attorney(*whole()[1:], held(K.FULL_LICENCE, TODAY))
        assert policy.may_take_new_work(ends, TODAY, requirements=first_requirements())
        assert not policy.may_take_new_work(ends, TODAY + timedelta(days=1), requirements=first_requirements())

    def test_what_nobody_verified_or_what_was_ended_does_not_count(self) -> None:
        stated = Credential(kind=K.FULL_LICENCE)
        ended = held(K.FULL_LICENCE, ended_at=THEN)
        assert missing(attorney(*whole()[1:], stated, ended)) == {"licence"}

    def test_a_programmes_cover_stands_for_the_own_one_only_while_welcome(self) -> None:
        row = attorney(*[one for one in whole() if one.kind is not K.MALPRACTICE_COVER])
        row.standings = [Standing(standing="welcome", covered_by_programme=True)]
        assert missing(row) == set()
        row.standings[0].standing = "excluded"
        assert missing(row) == {"cover"}

    def test_a_student_needs_a_supervisor_and_no_licence(self) -> None:
        row = attorney(held(K.ATTESTATION), held(K.ORIENTATION), roles=["student"])
        assert missing(row, "student") == {"supervisor"}

    def test_one_role_that_holds_is_enough_and_only_that_one_is_in_force(self) -> None:
        row = attorney(held(K.ATTESTATION), held(K.ORIENTATION), roles=["attorney", "interpreter"])
        needs = first_requirements()
        assert policy.roles_in_force(row, TODAY, needs) == ["interpreter"]
        assert policy.may_take_new_work(row, TODAY, requirements=needs)
        assert not policy.may_take_new_work(row, TODAY, "attorney", needs)

    def test_a_role_for_which_nothing_is_asked_is_open_to_nobody(self) -> None:
        without = [need for need in first_requirements() if need.role != "mentor"]
        assert not policy.may_take_new_work(attorney(*whole(), roles=["mentor"]), TODAY, requirements=without)

    def test_every_role_is_asked_for_something(self) -> None:
        assert {need.role for need in first_requirements()} == set(VolunteerRole)

    @pytest.mark.parametrize("status", [s for s in VolunteerStatus if s is not VolunteerStatus.APPROVED])
    def test_no_other_status_takes_new_work(self, status: VolunteerStatus) -> None:
        row = attorney(*whole(), status=status, paused_until=TODAY)
        assert not policy.may_take_new_work(row, TODAY, requirements=first_requirements())

    def test_the_day_after_a_pause_counts_without_waiting_for_the_night(self) -> None:
        row = attorney(*whole(), status=VolunteerStatus.PAUSED, paused_until=TODAY - timedelta(days=1))
        assert policy.may_take_new_work(row, TODAY, requirements=first_requirements())


@pytest.mark.parametrize(
    ("left", "due"), [(61, None), (60, 60), (31, 60), (30, 30), (8, 30), (7, 7), (0, 7), (-1, None)]
)
def test_warnings_are_due_60_30_and_7_days_before(left: int, due: int | None) -> None:
    assert policy.threshold(TODAY + timedelta(days=left), TODAY) == due


def test_every_status_but_the_first_can_be_reached() -> None:
    assert {to for _, to in policy.MOVES} == set(VolunteerStatus) - {VolunteerStatus.APPLIED}


@pytest.mark.parametrize(
    ("state", "number", "odd"),
    [("WI", "1012345", False), ("WI", "12", True), ("MI", "P54321", False), ("OH", "0012345", False),
     ("ND", "05123", False), ("ND", "five", True), ("NY", "NY-78901", True)],
)  # fmt: skip
def test_bar_numbers_that_look_unusual_are_told(state: str, number: str, odd: bool) -> None:
    assert number_looks_odd(state, number) is odd


def test_only_good_standing_allows_new_cases() -> None:
    asked = ("active", "active_probation", "suspended", "limited_emeritus_pro_bono")
    assert [allows_new_cases(standing) for standing in asked] == [True, False, False, True]


def test_areas_and_places_have_names() -> None:
    assert area_names()["63"] == "63 Private Landlord/Tenant"
    assert area_names()["Housing"] == "Housing"
    assert category_of()["63"] == "Housing"
    assert (place_name("55025"), place_name("WI")) == ("Dane County, WI", "All of Wisconsin")
