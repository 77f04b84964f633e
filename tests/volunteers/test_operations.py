"""Screening: from the application to approval, and every way out of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from app.accounts.models import Programme, User
from app.clients.models import CaseStatus
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.core.errors import BadInput, NotAllowed
from app.core.mail import Mail
from app.tasks.models import Task
from app.volunteers import operations, policy, queries
from app.volunteers import operations_profile as own
from app.volunteers.models import CredentialKind, Organisation, Volunteer, VolunteerStatus
from app.volunteers.offers import Application, Offer
from app.volunteers.queries_list import Filters, conditions
from app.volunteers.refusals import (
    AddressOfAnother,
    CredentialEnded,
    DayIsPast,
    NotInGoodStanding,
    NotYourOwn,
    RequirementsOpen,
    StillHasCases,
    WrongStatus,
)
from tests import factories

from .conftest import saved

Make = Callable[..., Application]
K, S = CredentialKind, VolunteerStatus


def open_tasks() -> list[str]:
    return list(session.execute(select(Task.cause).where(Task.done_at.is_(None)).order_by(Task.id)).scalars())


def applied(make: Make, **changes: object) -> Volunteer:
    with transaction():
        volunteer = own.apply(make(**changes))
    assert volunteer is not None
    return volunteer


def verify_all(volunteer: Volunteer, by: User) -> None:
    for one in volunteer.credentials:
        if one.verified_at is None:
            operations.verify_credential(one, "register", None, actor=by)
    orientation = own.add_credential(volunteer, K.ORIENTATION, actor=by)
    operations.verify_credential(orientation, "attended", None, actor=by)


def approved(make: Make, by: User, **changes: object) -> Volunteer:
    volunteer = applied(make, **changes)
    with transaction():
        verify_all(volunteer, by)
        operations.approve_volunteer(volunteer, actor=by)
    return volunteer


class TestApplying:
    def test_an_application_is_kept_confirmed_and_given_to_coordinators(
        self, coordinator: User, application: Make, mails: Callable[[], list[Mail]], acts: Callable[[], list[str]]
    ) -> None:
        volunteer = applied(application)
        assert (volunteer.name, volunteer.status, volunteer.counties) == ("Tomás Marchetti", S.APPLIED, ["55025"])
        assert {row.area: row.level for row in volunteer.areas} == {"Housing": "competent", "32": "expert"}
        stated = {one.kind: one for one in volunteer.credentials}
        assert (stated[K.FULL_LICENCE].jurisdiction, stated[K.FULL_LICENCE].number) == ("WI", "1012345")
        assert stated[K.FULL_LICENCE].verified_at is None
        assert [row.kind for row in mails()] == ["volunteer.received"]
        assert open_tasks() == ["screen_volunteer"]
        assert acts()[-1] == "volunteer.apply"

    def test_the_own_statement_counts_for_a_year(self, coordinator: User, application: Make) -> None:
        attested = next(one for one in applied(application).credentials if one.kind is K.ATTESTATION)
        assert attested.verified_how == "statement"
        assert attested.valid_until == operations.months_after(queries.today(), 12)

    def test_all_attestations_are_needed(self, app: object, application: Make) -> None:
        with pytest.raises(BadInput), transaction():
            own.apply(application(attested=["standing"]))

    def test_a_known_address_changes_nothing_and_only_its_owner_is_told(
        self, coordinator: User, application: Make, mails: Callable[[], list[Mail]]
    ) -> None:
        applied(application)
        with clock.at(clock.now() + timedelta(days=2)), transaction():
            assert own.apply(application(given_name="Somebody", email="TOMAS@example.org ")) is None
        assert session.scalar(select(func.count(Volunteer.id))) == 1
        assert session.scalar(select(Volunteer.id).where(Volunteer.status == S.APPLIED)) is not None
        assert [row.kind for row in mails()] == ["volunteer.received", "volunteer.known"]
        assert mails()[1].to_address == "tomas@example.org"

    def test_a_double_click_sends_one_mail(self, application: Make, mails: Callable[[], list[Mail]]) -> None:
        applied(application)
        with transaction():
            assert own.apply(application()) is None
        assert len(mails()) == 1

    def test_firms_are_found_by_their_folded_name_and_like_ones_are_only_hinted_at(self, application: Make) -> None:
        first = applied(application, organisation="Orchard & Vale LLP")
        applied(application, email="b@example.org", organisation="  ORCHARD  & vale llp ")
        near = applied(application, email="c@example.org", organisation="Orchard and Vale LLP")
        assert session.scalar(select(func.count(Organisation.id))) == 2
        hint = queries.similar_organisations(near.memberships[0].organisation)
        assert hint == [first.memberships[0].organisation]

    def test_a_name_is_found_by_its_whole_words_without_accents(self, coordinator: User, application: Make) -> None:
        volunteer = applied(application)

        def found(text: str) -> bool:
            stmt = queries.volunteers_list(coordinator).where(*conditions(Filters(text=text), queries.today()))
            return session.execute(stmt).scalars().all() == [volunteer]

        assert [found(text) for text in ("tomas", "Marchetti Tomás", "tomas@example.org")] == [True] * 3
        assert [found(text) for text in ("march", "tomas lee")] == [False] * 2
        with transaction():
            volunteer.family_name = "Lee"
        assert [found(text) for text in ("tomas lee", "marchetti")] == [True, False]


class TestVerifying:
    def test_who_verified_what_how_and_until_when_is_kept(self, coordinator: User, application: Make) -> None:
        volunteer = applied(application)
        until = queries.today() + timedelta(days=200)
        with transaction():
            licence = volunteer.credentials[0]
            operations.verify_credential(
                licence, "register", until, standing="limited_emeritus_pro_bono", actor=coordinator
            )
        assert (licence.kind, licence.verified_by, licence.verified_how) == (K.EMERITUS, coordinator, "register")
        assert licence.valid_until == until

    def test_a_blank_end_becomes_the_longest_a_role_lets_it_count(self, coordinator: User, application: Make) -> None:
        volunteer = applied(application)
        with transaction():
            operations.verify_credential(volunteer.credentials[0], "register", None, actor=coordinator)
        assert volunteer.credentials[0].valid_until == operations.months_after(queries.today(), 12)

    def test_a_licence_on_probation_is_not_verified(self, coordinator: User, application: Make) -> None:
        volunteer = applied(application)
        with pytest.raises(NotInGoodStanding), transaction():
            operations.verify_credential(
                volunteer.credentials[0], "register", None, standing="active_probation", actor=coordinator
            )

    def test_a_day_that_is_over_is_refused(self, coordinator: User, application: Make) -> None:
        volunteer = applied(application)
        with pytest.raises(DayIsPast), transaction():
            operations.verify_credential(volunteer.credentials[0], "register", date(2020, 1, 1), actor=coordinator)

    def test_what_was_ended_stays_ended(self, coordinator: User, application: Make) -> None:
        volunteer = applied(application)
        with transaction():
            operations.end_credential(volunteer.credentials[0], "mistake", actor=coordinator)
        with pytest.raises(CredentialEnded), transaction():
            operations.verify_credential(volunteer.credentials[0], "register", None, actor=coordinator)

    def test_volunteers_and_strangers_verify_nothing(self, application: Make) -> None:
        volunteer = applied(application)
        for who in saved((factories.user(Role.VOLUNTEER), factories.user(Role.ADMIN))):
            with pytest.raises(NotAllowed), transaction():
                operations.verify_credential(volunteer.credentials[0], "register", None, actor=who)

    def test_nobody_screens_themselves(self, coordinator: User) -> None:
        volunteer = saved(factories.volunteer(user=coordinator))
        with pytest.raises(NotYourOwn), transaction():
            operations.verify_credential(volunteer.credentials[0], "register", None, actor=coordinator)


class TestApproving:
    def test_nobody_is_approved_before_everything_is_verified(self, coordinator: User, application: Make) -> None:
        volunteer = applied(application)
        with pytest.raises(RequirementsOpen) as refused, transaction():
            operations.approve_volunteer(volunteer, actor=coordinator)
        assert [line.split()[0] for line in refused.value.details] == ["A", "Malpractice", "Orientation"]

    def test_approval_opens_an_account_and_mails_the_invitation(
        self, coordinator: User, application: Make, mails: Callable[[], list[Mail]]
    ) -> None:
        volunteer = approved(application, coordinator)
        assert volunteer.status is S.APPROVED
        assert volunteer.user is not None
        assert volunteer.user.role_names == {Role.VOLUNTEER}
        assert [row.kind for row in mails()] == ["volunteer.received", "account.invitation"]
        assert open_tasks() == []
        assert policy.may_take_new_work(volunteer, queries.today())

    def test_somebody_with_an_account_and_a_password_is_told_without_an_invitation(
        self, coordinator: User, application: Make, mails: Callable[[], list[Mail]]
    ) -> None:
        had = saved(factories.user(Role.FUNDER, email="tomas@example.org", password_hash="x"))
        volunteer = approved(application, coordinator)
        assert volunteer.user is had
        assert had.role_names == {Role.FUNDER, Role.VOLUNTEER}
        assert [row.kind for row in mails()][1:] == ["volunteer.approved"]

    def test_an_account_of_another_volunteer_is_not_taken_over(self, coordinator: User, application: Make) -> None:
        other = saved(factories.volunteer())
        volunteer = applied(application)
        with transaction():
            verify_all(volunteer, coordinator)
            other.user.email, other.user.email_hash = volunteer.email, volunteer.email_hash
        with pytest.raises(AddressOfAnother), transaction():
            operations.approve_volunteer(volunteer, actor=coordinator)

    def test_approving_twice_is_refused_with_one_account(self, coordinator: User, application: Make) -> None:
        volunteer = approved(application, coordinator)
        with pytest.raises(WrongStatus), transaction():
            operations.approve_volunteer(volunteer, actor=coordinator)
        assert session.scalar(select(func.count(User.id)).where(User.id != coordinator.id)) == 1

    def test_a_paralegal_is_approved_with_a_supervising_attorney(self, coordinator: User, application: Make) -> None:
        changes = {"roles": ["paralegal"], "licences": [], "cover": "unsure"}
        alone = applied(application, **changes)
        with transaction():
            verify_all(alone, coordinator)
        with pytest.raises(RequirementsOpen), transaction():
            operations.approve_volunteer(alone, actor=coordinator)
        led = approved(application, coordinator, **changes, email="led@example.org", supervisor="Odette Brandt")
        assert (led.supervisor, led.status) == ("Odette Brandt", S.APPROVED)

    def test_declining_writes_to_the_applicant_without_the_reason(
        self, coordinator: User, application: Make, mails: Callable[[], list[Mail]]
    ) -> None:
        volunteer = applied(application)
        with transaction():
            operations.decline_volunteer(volunteer, "concern", actor=coordinator)
        assert (volunteer.status, volunteer.declined_reason) == (S.DECLINED, "concern")
        assert mails()[-1].kind == "volunteer.declined"
        assert "concern" not in mails()[-1].text
        assert open_tasks() == []

    def test_a_programmes_cover_is_enough(self, coordinator: User, programme: Programme, application: Make) -> None:
        volunteer = applied(application, cover="programme")
        with transaction():
            verify_all(volunteer, coordinator)
            operations.set_standing(
                volunteer, programme, welcome=True, covered=True, takes_at_once=False, actor=coordinator
            )
            operations.approve_volunteer(volunteer, actor=coordinator)
        assert volunteer.status is S.APPROVED

    def test_another_programmes_coordinator_does_not_speak_for_this_one(
        self, programme: Programme, application: Make
    ) -> None:
        other = saved(factories.coordinator(factories.programme()))
        volunteer = applied(application)
        with pytest.raises(NotAllowed), transaction():
            operations.set_standing(volunteer, programme, welcome=True, covered=True, takes_at_once=False, actor=other)


class TestStatus:
    def test_a_pause_blocks_new_work_until_its_last_day_is_over(self, coordinator: User) -> None:
        volunteer, today = saved(factories.volunteer()), queries.today()
        with transaction():
            operations.pause_volunteer(volunteer, today + timedelta(days=10), "leave", actor=volunteer.user)
        assert not policy.may_take_new_work(volunteer, today + timedelta(days=10))
        assert policy.may_take_new_work(volunteer, today + timedelta(days=11))
        with transaction():
            operations.resume_volunteer(volunteer, actor=volunteer.user)
        assert (volunteer.status, volunteer.paused_until) == (S.APPROVED, None)

    def test_another_volunteer_cannot_pause_somebody(self, app: object) -> None:
        volunteer, other = saved((factories.volunteer(), factories.volunteer()))
        with pytest.raises(NotAllowed), transaction():
            operations.pause_volunteer(volunteer, queries.today(), "busy", actor=other.user)

    def test_back_from_a_pause_with_something_run_out_is_lapsed(self, coordinator: User) -> None:
        volunteer, today = saved(factories.volunteer()), queries.today()
        with transaction():
            operations.pause_volunteer(volunteer, today, "busy", actor=coordinator)
            volunteer.credentials[0].valid_until = today - timedelta(days=1)
            operations.resume_volunteer(volunteer, actor=coordinator)
        assert volunteer.status is S.LAPSED

    def test_suspension_stops_new_work_and_asks_who_goes_on(self, coordinator: User, programme: Programme) -> None:
        volunteer = saved(factories.volunteer())
        saved(factories.case(programme, CaseStatus.IN_SERVICE, lead=volunteer))
        with transaction():
            operations.suspend_volunteer(volunteer, "complaint", actor=coordinator)
        assert not policy.may_take_new_work(volunteer, queries.today())
        assert open_tasks() == ["volunteer_may_not_go_on"]
        with transaction():
            operations.reinstate_volunteer(volunteer, "cleared", actor=coordinator)
        assert volunteer.status is S.APPROVED

    def test_nobody_retires_with_open_cases(self, coordinator: User, programme: Programme) -> None:
        volunteer = saved(factories.volunteer())
        case = saved(factories.case(programme, CaseStatus.IN_SERVICE, lead=volunteer))
        with pytest.raises(StillHasCases) as refused, transaction():
            operations.retire_volunteer(volunteer, "asked", actor=coordinator)
        assert refused.value.details == [case.number]
        with transaction():
            case.assignments[0].ended_at = clock.now()
            operations.retire_volunteer(volunteer, "asked", actor=coordinator)
        assert volunteer.status is S.RETIRED

    def test_a_retired_volunteer_who_applies_again_is_a_task_and_can_be_reopened(
        self, coordinator: User, application: Make
    ) -> None:
        volunteer = applied(application)
        with transaction():
            operations.decline_volunteer(volunteer, "no_need", actor=coordinator)
        with clock.at(clock.now() + timedelta(days=90)), transaction():
            own.apply(application())
        assert open_tasks() == ["screen_volunteer"]
        with transaction():
            operations.reopen_volunteer(volunteer, "applied_again", actor=coordinator)
        assert volunteer.status is S.VERIFYING

    @pytest.mark.parametrize("verb", ["start_screening", "resume_volunteer"])
    def test_a_move_that_the_status_does_not_allow_is_refused(self, coordinator: User, verb: str) -> None:
        volunteer = saved(factories.volunteer())
        with pytest.raises(WrongStatus), transaction():
            getattr(operations, verb)(volunteer, actor=coordinator)


class TestOwnProfile:
    def test_changes_are_kept_with_areas_added_changed_and_dropped(self, coordinator: User) -> None:
        volunteer = saved(factories.volunteer(areas={"Housing": "competent", "Family": "learning"}))
        seen = volunteer.version
        offer = Offer(areas={"Housing": "expert", "32": "learning"}, counties=["55079"], capacity=5, declines=["37"])
        with transaction():
            change = own.ProfileChange(offer=offer, phone=None, about=None, digest="never")
            own.change_profile(volunteer, change, actor=volunteer.user)
        assert {row.area: row.level for row in volunteer.areas} == {"Housing": "expert", "32": "learning"}
        assert (volunteer.capacity, volunteer.declines, volunteer.digest) == (5, ["37"], "never")
        assert volunteer.version > seen

    def test_changing_only_an_area_still_makes_an_open_form_stale(self, coordinator: User) -> None:
        volunteer = saved(factories.volunteer(areas={"Housing": "competent"}))
        session.commit()
        seen = volunteer.version
        with transaction():
            offer = Offer(areas={"Housing": "expert"}, counties=["WI"], capacity=3)
            own.change_profile(volunteer, own.ProfileChange(offer, None, None, "weekly"), actor=volunteer.user)
        assert volunteer.version == seen + 1

    def test_confirming_renews_the_attestations_once_a_day(
        self, coordinator: User, acts: Callable[[], list[str]]
    ) -> None:
        volunteer, today = saved(factories.volunteer(confirmed_on=None)), queries.today()
        for _ in range(2):
            with transaction():
                own.confirm_profile(volunteer, actor=volunteer.user)
        attested = [one for one in volunteer.credentials if one.kind is K.ATTESTATION]
        assert [one.ended_at is None for one in attested] == [False, True]
        assert attested[1].valid_until == operations.months_after(today, 12)
        assert volunteer.confirmed_on == today
        assert acts().count("volunteer.confirm_profile") == 1

    def test_a_stated_credential_waits_for_staff_and_stating_it_twice_keeps_one(
        self, coordinator: User, programme: Programme
    ) -> None:
        volunteer = saved(factories.volunteer(licences=["IL"]))
        for _ in range(2):
            with transaction():
                made = own.add_credential(
                    volunteer, K.FULL_LICENCE, jurisdiction="WI", number="1012345", actor=volunteer.user
                )
        assert open_tasks() == ["check_credential"]
        assert {one.jurisdiction for one in queries.credentials_in_force(volunteer, queries.today())} == {None, "IL"}
        with transaction():
            operations.verify_credential(made, "register", None, actor=coordinator)
        assert open_tasks() == []
        assert "WI" in {one.jurisdiction for one in queries.credentials_in_force(volunteer, queries.today())}

    def test_volunteers_do_not_state_their_own_orientation(self, app: object) -> None:
        volunteer = saved(factories.volunteer())
        with pytest.raises(NotAllowed), transaction():
            own.add_credential(volunteer, K.ORIENTATION, actor=volunteer.user)

    def test_a_refused_credential_of_an_approved_volunteer_lapses_them(self, coordinator: User) -> None:
        volunteer = saved(factories.volunteer())
        with transaction():
            operations.refuse_credential(volunteer.credentials[0], "not_good_standing", actor=coordinator)
        assert volunteer.status is S.LAPSED


def test_months_end_on_the_last_day_where_the_month_is_shorter() -> None:
    assert operations.months_after(date(2027, 8, 31), 6) == date(2028, 2, 29)
    assert operations.months_after(date(2026, 12, 15), 1) == date(2027, 1, 15)
