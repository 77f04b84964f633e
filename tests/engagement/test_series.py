"""A programme's series is data: changed with a reason, refused where it could not work, and shown before it counts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import Closure, Programme, User
from app.clients.models import Case, CaseStatus, CriticalDate
from app.clients.operations import pause_case, resume_case
from app.core import clock
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.errors import NotAllowed, Stale
from app.engagement import jobs, operations_series, queries, series_preview
from app.engagement.models import Audience, Checkin
from app.engagement.models_series import SeriesVersion
from app.engagement.operations_series import SayWhy
from app.engagement.series import Rule, default_rules
from app.engagement.series_rules import BadRule, check_series
from app.volunteers.operations_leave import announce_leave
from tests import factories

MONDAY = datetime(2026, 3, 2, 16, tzinfo=UTC)
RULE = Rule("own_1", Audience.VOLUNTEER, "placed", 20, False, False, "", "volunteer_regular")


def day(n: int) -> datetime:
    return MONDAY + timedelta(days=n)


def of_programme() -> tuple[Programme, User]:
    with transaction():
        programme = factories.programme()
        return programme, factories.coordinator(programme)


def placed(programme: Programme, **changes: object) -> Case:
    with transaction():
        programme = session.get_one(Programme, programme.id)
        case = factories.case(programme, CaseStatus.PLACED, lead=factories.volunteer(), **changes)
        case.assignments[0].first_contact_due_on = clock.now().date() + timedelta(days=7)
        return case


def put(programme: Programme, rule: Rule, staff: User, reason: str = "They asked for it.") -> None:
    with transaction():
        programme, staff = session.get_one(Programme, programme.id), session.get_one(User, staff.id)
        seen = queries.series_number(programme.id)
        operations_series.put_rule(programme, rule, reason, seen=seen, actor=staff)


def default(key: str) -> Rule:
    return next(rule for rule in default_rules() if rule.key == key)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"repeats": True, "days": 0}, "without end"),
        ({"repeats": True, "days": -5}, "before it begins"),
        ({"repeats": True, "days": 7}, "every 14 days"),
        ({"repeats": True, "days": 30, "until": 20}, "end before it begins"),
        ({"repeats": True, "days": 30, "business": True}, "calendar days"),
        ({"anchor": "critical_date", "repeats": True, "days": 30}, "cannot repeat"),
        ({"until": 40}, "Only a rule that repeats"),
        ({"anchor": "full_moon"}, "counted from"),
        ({"anchor": "last_day"}, "never fall due"),
        ({"anchor": "first_contact_due", "stage": "package"}, "never fall due"),
        ({"audience": Audience.CLIENT, "questions": "client_regular", "stage": "package"}, "never fall due"),
        ({"days": -1}, "before it begins"),
        ({"days": 731}, "at most 730"),
        ({"anchor": "critical_date", "days": 61}, "at most 60"),
        ({"questions": "client_regular"}, "put to this side"),
        ({"questions": "volunteer_riddles"}, "put to this side"),
        ({"matter": "magic"}, "kind of matter"),
        ({"stage": "dreaming"}, "kind of matter"),
        ({"days": 2, "questions": "volunteer_start"}, "never fall due"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_with_a_sentence(changes: dict[str, object], says: str) -> None:
    with pytest.raises(BadRule) as no:
        check_series([*default_rules(), replace(RULE, **changes)])  # type: ignore[arg-type]
    assert says in str(no.value.message)


def test_nobody_at_work_is_left_without_a_next_check_in() -> None:
    for key in ("regular_litigation", "regular_other", "package_regular"):
        with pytest.raises(BadRule, match="BadRule") as no:
            check_series([rule for rule in default_rules() if rule.key != key])
        assert "without a next check-in" in str(no.value.message)
    with pytest.raises(BadRule):
        check_series([replace(r, until=90) if r.key == "regular_other" else r for r in default_rules()])
    check_series([*default_rules(), replace(RULE, repeats=True, days=40, until=90)])


def test_a_change_has_a_reason_a_number_and_somebody_who_made_it(app: Flask) -> None:
    programme, staff = of_programme()
    with pytest.raises(SayWhy):
        put(programme, RULE, staff, reason=" ")
    put(programme, RULE, staff)
    (version,) = queries.series_versions(programme.id)
    assert (version.number, version.reason, version.made_by_id) == (1, "They asked for it.", staff.id)
    entry = session.query(AuditEntry).filter_by(action="series.change").one()
    assert (entry.actor_id, entry.after) == (staff.id, {"number": 1, "rules": ["own_1"]})
    assert len(queries.rules_for(programme.id)) == len(default_rules()) + 1


def test_strangers_change_nothing_and_of_two_at_once_one_is_told(app: Flask) -> None:
    programme, staff = of_programme()
    _other, stranger = of_programme()
    with transaction():
        attorney = factories.user(Role.SUPERVISING_ATTORNEY, programme=programme)
    for who in (stranger, attorney):
        with pytest.raises(NotAllowed):
            put(programme, RULE, who)

    def save(n: int) -> str:
        with app.app_context():
            try:
                with transaction():
                    mine, actor = session.get_one(Programme, programme.id), session.get_one(User, staff.id)
                    operations_series.put_rule(mine, replace(RULE, days=20 + n), "x", seen=0, actor=actor)
            except Stale:
                return "stale"
            return "saved"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(save, range(4))) == ["saved", "stale", "stale", "stale"]
    session.rollback()
    assert session.query(SeriesVersion).count() == 1


def test_a_change_counts_for_what_is_not_yet_sent_and_asks_about_no_day_gone_by(app: Flask) -> None:
    programme, staff = of_programme()
    with clock.at(MONDAY):
        case = placed(programme)
    with clock.at(datetime(2026, 3, 7, 16, tzinfo=UTC)):  # a Saturday
        put(programme, replace(default("starting"), days=5), staff)
        jobs.plan_due()
        session.rollback()
        (made,) = session.query(Checkin).all()
        assert made.due_on == date(2026, 3, 7)
        assert made.sent_at is None
        put(programme, replace(default("starting"), days=8), staff)
        session.rollback()
        assert session.query(Checkin).count() == 0, "made by the rule as it was, and not yet sent"
        put(programme, replace(RULE, days=3), staff)
        jobs.plan_due()
        session.rollback()
        assert session.query(Checkin).count() == 0, "the third day is over"
    with clock.at(day(8)):
        jobs.plan_due()
    session.rollback()
    assert {c.due_on for c in session.query(Checkin).filter_by(series_key="starting")} == {date(2026, 3, 10)}
    assert case.id


def test_a_programme_goes_back_to_the_rules_it_began_with(app: Flask) -> None:
    programme, staff = of_programme()
    put(programme, RULE, staff)
    with transaction():
        mine, actor = session.get_one(Programme, programme.id), session.get_one(User, staff.id)
        operations_series.end_rule(mine, "starting", "Nobody answers it.", seen=1, actor=actor)
        operations_series.back_to_defaults(mine, "It was better.", seen=2, actor=actor)
    assert [rule.key for rule in queries.rules_for(programme.id)] == [rule.key for rule in default_rules()]
    assert [version.number for version in queries.series_versions(programme.id)] == [3, 2, 1]


def test_rules_speak_of_their_kind_of_matter_and_stage(app: Flask) -> None:
    programme, staff = of_programme()
    with clock.at(MONDAY):
        for stage, matter, days in (("placed", "", 3), ("in_service", "", 4), ("", "Housing", 5), ("", "Family", 6)):
            rule = replace(RULE, key=f"{stage or matter}", stage=stage, matter=matter, days=days)
            put(programme, rule, staff)
        case = placed(programme, forum=None)
    found = set()
    for n in range(7):
        with clock.at(day(n)):
            jobs.plan_due()
            session.rollback()
            found = {key for (key,) in session.query(Checkin.series_key)}
    assert {"placed", "Housing", "starting"} <= found
    assert not {"in_service", "Family"} & found
    assert case.id


def test_days_stand_still_while_the_case_is_paused(app: Flask) -> None:
    programme, staff = of_programme()
    with clock.at(MONDAY):
        case_id = placed(programme).id
    with clock.at(day(1)), transaction():
        pause_case(
            session.get_one(Case, case_id), "court_stayed", day(20).date(), actor=session.get_one(User, staff.id)
        )
    with clock.at(day(11)):
        with transaction():
            resume_case(session.get_one(Case, case_id), actor=session.get_one(User, staff.id))
        found = queries.next_checkin(session.get_one(Case, case_id))
    assert found is not None
    assert (found.rule.key, found.on_day) == ("starting", day(12).date())
    with clock.at(day(11)):
        jobs.plan_due()
        session.rollback()
        assert session.query(Checkin).count() == 0


def test_there_is_always_a_next_check_in_however_the_series_is_changed(app: Flask) -> None:
    programme, staff = of_programme()
    longest = [replace(rule, days=700) if rule.repeats and rule.audience is Audience.VOLUNTEER else rule
               for rule in default_rules()]  # fmt: skip
    with clock.at(MONDAY):
        case_id = placed(programme).id
        with transaction():
            mine, actor = session.get_one(Programme, programme.id), session.get_one(User, staff.id)
            operations_series.change_series(mine, [r for r in longest if r.repeats], "Seldom.", seen=0, actor=actor)
    for n in (0, 44, 300, 1500):
        with clock.at(day(n)):
            session.rollback()
            assert queries.next_checkin(session.get_one(Case, case_id)) is not None


def lines(case_id: int) -> list[series_preview.Line]:
    session.rollback()
    part = session.get_one(Case, case_id).assignments[0]
    return series_preview.of_part(part, queries.rules_for(part.case.programme_id))


def said(case_id: int, key: str, audience: Audience = Audience.VOLUNTEER) -> str:
    return " ".join(
        next(each.why for each in lines(case_id) if each.rule.key == key and each.rule.audience == audience)
    )


def test_the_preview_says_in_words_why_each_day_is_that_day(app: Flask) -> None:
    programme, staff = of_programme()
    with clock.at(MONDAY):
        case_id = placed(programme, forum="housing_court").id
        with transaction():
            case = session.get_one(Case, case_id)
            session.add(CriticalDate(case=case, kind="hearing", on_day=date(2026, 3, 4)))
            session.add(Closure(programme_id=programme.id, on_day=date(2026, 3, 9), reason="Office moves"))
            person = case.assignments[0].volunteer
            announce_leave(person, date(2026, 3, 10), date(2026, 3, 12), actor=person.user)
        put(programme, replace(RULE, key="saturday", days=5), staff)
        put(programme, replace(RULE, key="near", days=27), staff)
        assert "Mar 4 is a hearing" in said(case_id, "starting").replace("On Wed, ", "")
        weekend = said(case_id, "saturday")
        assert "Mar 7 is no working day" in weekend
        assert "Mar 8 is no working day" in weekend
        assert "the office is closed: a holiday" in weekend
        assert "away until" in weekend
        assert "a coordinator sees" in weekend
        assert "between two questions lie at least 14 days" in said(case_id, "regular_litigation")
        assert "Leaves as the office opens" in said(case_id, "client_contact", Audience.CLIENT)
        assert {each.rule.key for each in lines(case_id) if each.sends_at is None} >= {"regular_litigation"}
    with clock.at(day(1)), transaction():
        pause_case(
            session.get_one(Case, case_id), "court_stayed", day(20).date(), actor=session.get_one(User, staff.id)
        )
    with clock.at(day(7)):
        with transaction():
            resume_case(session.get_one(Case, case_id), actor=session.get_one(User, staff.id))
        assert "the case stood still that long" in said(case_id, "saturday")


def test_the_preview_is_what_happens(app: Flask) -> None:
    """Every day that a fresh case's preview names is the day on which it is asked."""
    programme, _staff = of_programme()
    with clock.at(MONDAY):
        case_id = placed(programme).id
        told = {(each.rule.key, each.on_day) for each in lines(case_id)
                if each.sends_at and each.on_day < day(60).date()}  # fmt: skip
    for n in range(60):
        with clock.at(day(n)):
            jobs.plan_due()
            session.rollback()
    happened = {(c.series_key, c.due_at.date()) for c in session.query(Checkin)}
    assert happened == told
    assert len(happened) > 4


def test_pages_show_change_and_preview_the_series(app: Flask, client: FlaskClient) -> None:
    programme, staff = of_programme()
    case = placed(programme)
    with transaction():
        reader = factories.user(Role.SUPERVISING_ATTORNEY, programme=programme)
        stranger = factories.coordinator(factories.programme())
    factories.sign_in(client, staff)
    page = f"/series/{programme.slug}"
    assert client.get("/series").headers["Location"].endswith(page)
    assert "Every 30 days" in client.get(page).get_data(as_text=True)
    typed = {"audience": "volunteer", "anchor": "placed", "days": "0", "repeats": "y", "matter": "", "stage": "",
             "questions": "volunteer_regular", "reason": "Often", "seen": "0"}  # fmt: skip
    answer = client.post(f"{page}/new", data=typed)
    assert answer.status_code == 422
    assert "ask without end" in answer.get_data(as_text=True)
    assert client.post(f"{page}/new", data={**typed, "days": "20", "repeats": ""}).status_code == 303
    stale = client.post(f"{page}/new", data={**typed, "days": "21", "repeats": ""})
    assert stale.status_code == 409
    assert 'value="21"' in stale.get_data(as_text=True)
    assert client.post(f"{page}/rules/starting/end", data={"seen": "1", "reason": ""}).status_code == 422
    assert client.post(f"{page}/rules/starting/end", data={"seen": "1", "reason": "No use"}).status_code == 303
    preview = client.get(f"{page}/preview?case={case.public_id}").get_data(as_text=True)
    assert case.number in preview
    assert client.get(f"{page}/preview?case=other").status_code == 200
    assert client.get(f"{page}/preview?case={'0' * 16}").status_code == 404
    assert client.post(f"{page}/defaults", data={"seen": "2", "reason": "Back"}).status_code == 303
    assert "Version 3" in client.get(page).get_data(as_text=True)
    readers = app.test_client()
    factories.sign_in(readers, reader)
    assert readers.get(page).status_code == 200
    assert readers.get(f"{page}/new").status_code == 403
    strangers = app.test_client()
    factories.sign_in(strangers, stranger)
    assert strangers.get(page).status_code == 404
    assert strangers.get(f"{page}/preview").status_code == 404


def test_of_two_who_change_a_rule_the_second_sees_both_and_loses_nothing(app: Flask, client: FlaskClient) -> None:
    programme, staff = of_programme()
    factories.sign_in(client, staff)
    page = f"/series/{programme.slug}/rules/starting"
    typed = {"audience": "volunteer", "anchor": "placed", "days": "3", "matter": "", "stage": "",
             "questions": "volunteer_start", "reason": "Sooner", "seen": "0"}  # fmt: skip
    assert client.post(page, data=typed).status_code == 303
    assert client.post(page, data=typed).status_code == 303, "the second click saves nothing else"
    both = client.post(page, data={**typed, "days": "9", "questions": "volunteer_regular", "reason": "Later"})
    assert both.status_code == 409
    shown = both.get_data(as_text=True)
    for said in (staff.name, "After how many days?: yours", "Volunteer: how it goes", "Volunteer: starting", "Later"):
        assert said in shown, said
    assert 'name="seen" type="hidden" value="1"' in shown
    end = client.post(f"{page}/end", data={"seen": "0", "reason": "Nobody answers it"})
    assert end.status_code == 409
    assert "Nobody answers it" in end.get_data(as_text=True)
    assert client.post(f"{page}/end", data={"seen": "1", "reason": "Nobody answers it"}).status_code == 303
    gone = client.post(page, data={**typed, "days": "9", "seen": "1"})
    assert gone.status_code == 409, "it was ended meanwhile"
    assert client.post(page, data={**typed, "days": "9", "seen": "2"}).status_code == 303
    assert client.post(page, data={**typed, "seen": "3", "reason": "x" * 201}).status_code == 422
