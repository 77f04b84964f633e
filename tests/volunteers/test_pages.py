"""The pages: what people see, what bad input does, and that the list costs the same for many."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from app.accounts.models import Programme, User
from app.core import clock
from app.core.access import Role
from app.core.db import engine, session, transaction
from app.core.mail import Mail
from app.volunteers import operations_profile as own
from app.volunteers import queries
from app.volunteers.models import Requirement, Volunteer, VolunteerStatus
from app.volunteers.offers import Application
from app.volunteers.words import ATTESTATIONS
from tests import factories

from .conftest import saved

TYPED: dict[str, Any] = {
    "given_name": "Tomás", "family_name": "Marchetti", "email": "tomas@example.org", "phone": "608 555 0123",
    "roles": ["attorney"], "licences-0-state": "WI", "licences-0-number": "0012345", "licences-0-kind": "full_licence",
    "areas-0-area": "Housing", "areas-0-level": "competent", "areas-1-area": "32", "areas-1-level": "expert",
    "languages": ["en", "es"], "places": ["WI", "55025"], "remote": "y", "capacity": "2", "largest_case": "40",
    "organisation": "Orchard & Vale LLP", "organisation_kind": "firm", "cover": "own", "cover_until-month": "6",
    "cover_until-day": "30", "cover_until-year": "2027", "attested": list(ATTESTATIONS), "declines": ["37"],
}  # fmt: skip


AREA_NAMES = ("areas-0-area", "areas-0-level", "areas-1-area", "areas-1-level")
UNLICENSED = {"licences-0-state": "", "licences-0-number": ""}
FEBRUARY_30 = {"until-month": "2", "until-day": "30", "until-year": "2027"}


def volunteers() -> list[Volunteer]:
    session.expire_all()
    return list(session.execute(select(Volunteer).order_by(Volunteer.id)).scalars())


class TestApplication:
    @pytest.fixture(autouse=True)
    def _served(self, programme: Programme) -> None:
        """A programme, whose places can be chosen."""

    def test_a_kind_of_licence_that_does_not_exist_is_refused(self, client: FlaskClient) -> None:
        answer = client.post("/volunteer", data={**TYPED, "licences-0-kind": "nonsense"})
        assert (answer.status_code, volunteers()) == (422, [])

    def test_everything_typed_is_kept(self, client: FlaskClient) -> None:
        answer = client.post("/volunteer", data=TYPED)
        assert (answer.status_code, answer.location) == (303, "/volunteer/applied")
        made = volunteers()[0]
        assert (made.name, made.phone, made.capacity, made.largest_case) == (
            "Tomás Marchetti",
            "(608) 555-0123",
            2,
            4000,
        )
        assert (made.languages, made.counties, made.declines) == (["en", "es"], ["WI", "55025"], ["37"])
        assert {row.area: row.level for row in made.areas} == {"Housing": "competent", "32": "expert"}
        assert made.credentials[0].number == "0012345"
        assert made.memberships[0].organisation.name == "Orchard & Vale LLP"

    def test_a_known_address_gets_the_very_same_answer(self, client: FlaskClient) -> None:
        first = client.post("/volunteer", data=TYPED)
        second = client.post("/volunteer", data={**TYPED, "given_name": "Nobody"})
        assert (first.status_code, first.location) == (second.status_code, second.location)
        assert client.get(first.location).data == client.get(second.location).data
        assert len(volunteers()) == 1

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"given_name": " "}, "Write your first name."),
            ({"email": "nonsense"}, "Write an email address like name@example.org."),
            ({"phone": "12"}, "Write the phone number with its area code"),
            ({"roles": []}, "Choose at least one."),
            ({"licences-0-state": ""}, "Choose the state of this licence."),
            ({"licences-0-number": ""}, "Write the number of this licence."),
            ({"licences-0-number": "", "licences-0-state": ""}, "Name at least one state you are licensed in."),
            ({"areas-0-level": ""}, "Choose your level in this field."),
            ({"areas-1-area": "Housing"}, "Housing is listed twice."),
            (dict.fromkeys(AREA_NAMES, ""), "Choose at least one field of law"),
            ({"languages": []}, "Choose at least one language."),
            ({"places": [], "remote": ""}, "Choose at least one place"),
            ({"capacity": "many"}, "Write a whole number, like 3."),
            ({"capacity": "0"}, "Write a number from 1 to 20."),
            ({"capacity": ""}, "Write how many cases you can have at the same time."),
            ({"cover_until-month": "13"}, "We could not read the date."),
            ({"attested": ["standing"]}, "Each of these is needed"),
            ({"places": ["99999"]}, ""),
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_said_and_what_was_typed_stays(
        self, client: FlaskClient, typed: dict[str, Any], said: str
    ) -> None:
        answer = client.post("/volunteer", data={**TYPED, **typed})
        assert answer.status_code == 422
        assert said in answer.text
        assert "errors-title" in answer.text
        assert 'value="Marchetti"' in answer.text
        assert volunteers() == []

    def test_an_unusual_number_is_asked_about_once_and_then_taken(self, client: FlaskClient) -> None:
        odd = {**TYPED, "licences-0-number": "77"}
        asked = client.post("/volunteer", data=odd)
        assert asked.status_code == 200
        assert "77 looks unusual for Wisconsin." in asked.text
        assert volunteers() == []
        assert client.post("/volunteer", data={**odd, "looked_at": "WI77"}).status_code == 303
        assert volunteers()[0].credentials[0].number == "77"

    def test_more_rows_come_without_script_and_lose_nothing(self, client: FlaskClient) -> None:
        more = client.post("/volunteer", data={**TYPED, "more": "licences"})
        assert more.status_code == 200
        assert more.text.count('name="licences-') == 3 * 3
        assert 'value="0012345"' in more.text
        assert "errors-title" not in more.text

    def test_a_student_needs_no_licence(self, client: FlaskClient) -> None:
        typed = {
            **TYPED,
            "roles": ["student"],
            "licences-0-state": "",
            "licences-0-number": "",
            "supervisor": "O. Brandt",
        }
        assert client.post("/volunteer", data=typed).status_code == 303
        assert volunteers()[0].supervisor == "O. Brandt"

    def test_the_empty_page_asks_for_nothing_wrong(self, client: FlaskClient) -> None:
        page = client.get("/volunteer")
        assert page.status_code == 200
        assert "errors-title" not in page.text
        assert "style=" not in page.text


class TestStaffPages:
    @pytest.fixture
    def staff(self, client: FlaskClient, coordinator: User) -> FlaskClient:
        return factories.sign_in(client, coordinator)

    def test_the_list_filters_by_every_fact(self, staff: FlaskClient) -> None:
        saved(
            factories.volunteer(
                family_name="Aspen", areas={"63": "expert"}, counties=["55079"], languages=["en", "hmn"]
            )
        )
        saved(factories.volunteer(family_name="Birch", areas={"Family": "expert"}, roles=["mentor"], counties=["WI"]))
        saved(factories.volunteer(family_name="Cedar", status=VolunteerStatus.LAPSED, counties=["27053"]))

        def found(query: str) -> set[str]:
            text = staff.get(f"/volunteers?{query}").text
            return {name for name in ("Aspen", "Birch", "Cedar") if f"Sam {name}" in text}

        assert found("") == {"Aspen", "Birch", "Cedar"}
        assert found("area=63") == {"Aspen", "Cedar"}
        assert found("area=Family") == {"Birch"}
        assert found("county=55079") == {"Aspen", "Birch"}
        assert found("language=hmn") == {"Aspen"}
        assert found("role=mentor") == {"Birch"}
        assert found("status=lapsed") == {"Cedar"}
        assert found("view=approved") == {"Aspen", "Birch"}
        assert found("text=aspen") == {"Aspen"}
        assert found("text=asp") == set()
        assert found("view=expiring") == set()
        assert found("status=nonsense&role=&page=x&sort=zzz") == {"Aspen", "Birch", "Cedar"}

    def test_the_export_equals_the_list(self, staff: FlaskClient) -> None:
        saved(factories.volunteer(family_name="=Aspen", areas={"63": "expert"}))
        saved(factories.volunteer(family_name="Birch", status=VolunteerStatus.LAPSED))
        lines = staff.get("/volunteers.csv?view=approved").text.splitlines()
        assert len(lines) == 2
        assert "63:expert" in lines[1]
        assert "Approved" in lines[1]

    def test_many_cost_as_many_queries_as_few(self, staff: FlaskClient) -> None:
        def queries_for() -> int:
            seen: list[str] = []
            listen = lambda conn, cur, statement, *rest: seen.append(statement)  # noqa: E731
            event.listen(engine(), "before_cursor_execute", listen)
            assert staff.get("/volunteers").status_code == 200
            event.remove(engine(), "before_cursor_execute", listen)
            return sum(one.lstrip().upper().startswith("SELECT") for one in seen)

        saved([factories.volunteer() for _ in range(2)])
        queries_for()  # what is asked once per browser
        few = queries_for()
        saved([factories.volunteer(areas={"Family": "expert", "63": "learning"}) for _ in range(20)])
        assert queries_for() == few
        assert few <= 13

    def test_screening_from_the_application_to_the_invitation(
        self, staff: FlaskClient, application: Callable[..., Application]
    ) -> None:
        with transaction():
            own.apply(application())
        here = f"/volunteers/{volunteers()[0].public_id}"
        assert "Verify what is open" in staff.get(here).text
        refused = staff.post(f"{here}/approve")
        assert refused.status_code == 409
        assert "Orientation attended" in refused.text
        assert staff.post(f"{here}/screen").status_code == 303
        for one in volunteers()[0].credentials:
            if one.verified_at is None:
                at = f"{here}/credentials/{one.public_id}"
                assert staff.get(at).status_code == 200
                typed = {"how": "register", "standing": "active"}
                assert staff.post(f"{at}/verify", data=typed).location == here
        typed = {"kind": "orientation", "how": "attended"}
        assert staff.post(f"{here}/credentials/new", data=typed).status_code == 303
        assert "decide" in staff.get(here).text
        assert staff.post(f"{here}/approve").status_code == 303
        assert volunteers()[0].status is VolunteerStatus.APPROVED
        kinds = session.execute(select(Mail.kind).order_by(Mail.id)).scalars().all()
        assert kinds == ["volunteer.received", "account.invitation"]
        assert "The invitation is not used yet" in staff.get(here).text
        assert staff.post(f"{here}/invite").status_code == 303

    @pytest.mark.parametrize(
        ("verb", "typed", "said"),
        [
            ("verify", {"standing": "active"}, "Choose how you verified it."),
            ("verify", {"how": "register"}, "Choose what the register says."),
            ("verify", {"how": "register", "standing": "suspended"}, "no new case can be taken"),
            ("verify", {"how": "register", "standing": "active", **FEBRUARY_30}, "We could not read the date."),
            ("refuse", {}, "Choose a reason."),
            ("end", {"reason": "x"}, "Choose one from the list."),
        ],
    )  # fmt: skip
    def test_a_verdict_without_its_reason_is_asked_for(
        self, staff: FlaskClient, verb: str, typed: dict[str, str], said: str
    ) -> None:
        row = saved(factories.volunteer())
        licence = row.credentials[0]
        answer = staff.post(f"/volunteers/{row.public_id}/credentials/{licence.public_id}/{verb}", data=typed)
        assert answer.status_code == 422
        assert said in answer.text

    @pytest.mark.parametrize(
        ("verb", "reason", "status"),
        [("suspend", "complaint", "suspended"), ("retire", "asked", "retired")],
    )
    def test_a_decision_asks_for_its_reason_first(
        self, staff: FlaskClient, verb: str, reason: str, status: str
    ) -> None:
        here = f"/volunteers/{saved(factories.volunteer()).public_id}"
        assert staff.get(f"{here}/{verb}").status_code == 200
        assert staff.post(f"{here}/{verb}").status_code == 422
        assert staff.post(f"{here}/{verb}", data={"reason": reason}).location == here
        assert volunteers()[0].status == status
        assert staff.post(f"{here}/{verb}", data={"reason": reason}).status_code == 409
        assert staff.get(here).status_code == 200

    def test_pausing_needs_a_day_that_lies_ahead(self, staff: FlaskClient) -> None:
        here = f"/volunteers/{saved(factories.volunteer()).public_id}"
        assert "Write the last day" in staff.post(f"{here}/pause", data={"reason": "busy"}).text
        past = {"reason": "busy", "until-month": "1", "until-day": "5", "until-year": "2020"}
        assert staff.post(f"{here}/pause", data=past).status_code == 422
        assert staff.post(f"{here}/pause", data={**past, "until-year": "2099"}).status_code == 422
        assert staff.post(f"{here}/pause", data={**past, "until-year": "2040"}).status_code == 303
        assert staff.post(f"{here}/resume").status_code == 303
        assert volunteers()[0].status is VolunteerStatus.APPROVED

    def test_standing_with_the_own_programme_only(self, staff: FlaskClient, programme: Programme) -> None:
        other = saved(factories.programme())
        here = f"/volunteers/{saved(factories.volunteer()).public_id}/standing"
        assert staff.post(f"{here}/{programme.slug}", data={"excluded": "y"}).status_code == 422
        typed = {"excluded": "y", "reason": "conflict", "covered": "y"}
        assert staff.post(f"{here}/{programme.slug}", data=typed).status_code == 303
        assert staff.post(f"{here}/{other.slug}", data=typed).status_code == 404
        row = volunteers()[0].standings
        assert [(one.programme_id, one.standing, one.covered_by_programme) for one in row] == [
            (programme.id, "excluded", True)
        ]

    def test_a_like_firm_is_offered_and_taken_by_a_click(
        self, staff: FlaskClient, application: Callable[..., Application]
    ) -> None:
        with transaction():
            own.apply(application(organisation="Orchard & Vale LLP"))
            own.apply(application(organisation="Orchard and Vale LLP", email="b@example.org"))
        first, second = volunteers()
        wanted = first.memberships[0].organisation
        page = staff.get(f"/volunteers/{second.public_id}")
        assert "There is also “Orchard &amp; Vale LLP”" in page.text
        staff.post(f"/volunteers/{second.public_id}/organisation/{wanted.public_id}")
        assert volunteers()[1].memberships[0].organisation_id == wanted.id

    def test_unknown_people_credentials_and_firms_are_not_found(self, staff: FlaskClient) -> None:
        row, other = saved((factories.volunteer(), factories.volunteer()))
        theirs = other.credentials[0].public_id
        for path in ("/volunteers/abc", f"/volunteers/{row.public_id}/credentials/{theirs}"):
            assert staff.get(path).status_code == 404
        assert staff.post(f"/volunteers/{row.public_id}/organisation/abc").status_code == 404

    def test_volunteers_and_funders_stay_out(self, client: FlaskClient, programme: Programme) -> None:
        row = saved(factories.volunteer())
        factories.sign_in(client, row.user)
        for path in ("/volunteers", f"/volunteers/{row.public_id}", "/volunteers.csv", "/volunteers/requirements"):
            assert client.get(path).status_code == 403


class TestOwnPages:
    @pytest.fixture
    def me(self, programme: Programme) -> Volunteer:
        return saved(factories.volunteer(areas={"Housing": "competent"}, counties=["55025"]))

    @pytest.fixture
    def mine(self, client: FlaskClient, me: Volunteer) -> FlaskClient:
        return factories.sign_in(client, me.user)

    def typed(self, **changes: Any) -> dict[str, Any]:
        values = {
            "seen_version": str(volunteers()[0].version), "areas-0-area": "Housing", "areas-0-level": "expert",
            "languages": ["en"], "places": ["55025", "55079"], "remote": "y", "capacity": "4", "organisation": "",
            "organisation_kind": "firm", "digest": "never",
        }  # fmt: skip
        return {**values, **changes}

    def test_a_change_is_saved(self, mine: FlaskClient) -> None:
        assert mine.get("/my/profile").status_code == 200
        assert mine.post("/my/profile", data=self.typed()).location == "/my/profile"
        row = volunteers()[0]
        assert (row.capacity, row.counties, row.digest) == (4, ["55025", "55079"], "never")
        assert {area.area: area.level for area in row.areas} == {"Housing": "expert"}

    def test_a_stale_edit_shows_both_texts_and_can_be_sent_again(self, mine: FlaskClient, coordinator: User) -> None:
        stale = self.typed(capacity="5")
        row = volunteers()[0]
        with transaction():
            change = own.ProfileChange(
                own.Offer(areas={"Housing": "competent"}, counties=["55025"], capacity=9), None, None, "weekly"
            )
            own.change_profile(queries.get_volunteer(row.public_id, viewer=coordinator), change, actor=coordinator)
        answer = mine.post("/my/profile", data=stale)
        assert answer.status_code == 409
        assert "Ada Lindqvist" in answer.text
        assert "Cases at the same time: yours" in answer.text
        assert volunteers()[0].capacity == 9
        again = self.typed(capacity="5")
        assert f'value="{again["seen_version"]}"' in answer.text
        assert mine.post("/my/profile", data=again).status_code == 303
        assert volunteers()[0].capacity == 5

    def test_bad_input_is_told_and_kept(self, mine: FlaskClient) -> None:
        answer = mine.post("/my/profile", data=self.typed(capacity="99", about="I sing."))
        assert answer.status_code == 422
        assert "Write a number from 1 to 20." in answer.text
        assert "I sing." in answer.text

    def test_one_click_confirms_for_a_year(self, mine: FlaskClient) -> None:
        with transaction():
            volunteers()[0].confirmed_on = queries.today() - timedelta(days=400)
        assert "Is all of this still right?" in mine.get("/my/profile").text
        assert mine.post("/my/profile/confirm").status_code == 303
        assert "Is all of this still right?" not in mine.get("/my/profile").text

    def test_pausing_and_coming_back(self, mine: FlaskClient) -> None:
        assert mine.get("/my/profile/pause").status_code == 200
        assert mine.post("/my/profile/pause", data={"reason": "leave"}).status_code == 422
        until = {"reason": "leave", "until-month": "1", "until-day": "15", "until-year": str(clock.now().year + 1)}
        assert mine.post("/my/profile/pause", data=until).status_code == 303
        assert "Come back now" in mine.get("/my/profile").text
        assert mine.post("/my/profile/resume").status_code == 303
        assert volunteers()[0].status is VolunteerStatus.APPROVED

    def test_a_credential_entered_waits_to_be_verified(self, mine: FlaskClient) -> None:
        assert mine.post("/my/credentials", data={"kind": "full_licence", "state": "", "number": ""}).status_code == 422
        typed = {"kind": "full_licence", "state": "MN", "number": "0390001"}
        assert mine.post("/my/credentials", data=typed).status_code == 303
        page = mine.get("/my/credentials").text
        assert "Licence to practise, Minnesota" in page
        assert "being checked" in page
        assert mine.post("/my/credentials", data={"kind": "orientation"}).status_code == 422

    def test_somebody_without_a_volunteer_record_finds_nothing(self, client: FlaskClient, programme: Programme) -> None:
        factories.sign_in(client, saved(factories.user(Role.VOLUNTEER)))
        assert client.get("/my/profile").status_code == 404
        assert client.get("/my/credentials").status_code == 404


class TestRequirementPages:
    @pytest.fixture
    def admin(self, client: FlaskClient, programme: Programme) -> FlaskClient:
        return factories.sign_in(client, saved(factories.user(Role.ADMIN)))

    def test_coordinators_read_them_and_change_nothing(self, client: FlaskClient, coordinator: User) -> None:
        factories.sign_in(client, coordinator)
        page = client.get("/volunteers/requirements")
        assert "A licence in good standing in at least one state" in page.text
        assert "Change…" not in page.text
        assert client.get("/volunteers/requirements/attorney/licence").status_code == 403

    def test_administrators_change_add_and_end_with_a_reason(self, admin: FlaskClient) -> None:
        at = "/volunteers/requirements/attorney/licence"
        assert admin.get(at).status_code == 200
        typed = {"wording": "A full licence", "met_by": ["full_licence"], "months": "6"}
        assert "Write why." in admin.post(at, data=typed).text
        assert admin.post(at, data={**typed, "reason": "Insurer"}).status_code == 303
        new = {"role": "mentor", "name": "years", "wording": "Five years", "met_by": ["training"], "reason": "Board"}
        assert admin.get("/volunteers/requirements/new?role=mentor").status_code == 200
        assert admin.post("/volunteers/requirements/new", data=new).status_code == 303
        assert admin.post("/volunteers/requirements/new", data=new).status_code == 409
        assert admin.post("/volunteers/requirements/mentor/years/end", data={"reason": "Board"}).status_code == 303
        assert admin.get("/volunteers/requirements/mentor/years/end").status_code == 404
        live = select(Requirement.words).where(Requirement.ended_at.is_(None), Requirement.name == "licence")
        assert "A full licence" in session.execute(live.where(Requirement.role == "attorney")).scalars().all()
        assert "A full licence" in admin.get("/volunteers/requirements").text
