"""Packages: taken by themselves, reported done, approved or returned; parts given back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.casework import operations as work
from app.casework import operations_closing as endings
from app.casework import operations_packages as packages
from app.casework import package_jobs, policy
from app.casework.closing import Closing
from app.casework.models import TimeEntry
from app.casework.models_packages import PackageReport, PackageStatus
from app.clients.models import Case, CaseRole, CaseStatus, Opening, OpeningStatus
from app.core import clock
from app.core.db import session, transaction
from app.core.errors import NotAllowed
from app.matching import operations
from app.matching.models import Assignment, Bar, Referral, ReferralStatus
from app.matching.open_matters import open_matters
from app.matching.parts import OtherPart
from app.matching.refusals import CaseGone, DayOver, NotForYou, RulesAgainst
from app.matching.rules import judge_pair
from app.volunteers.models import (
    Membership,
    Organisation,
    Volunteer,
)
from tests import factories
from tests.matching.desk import MONDAY, entries, mails, tasks
from tests.matching.players import PACKAGE, claimed, led, opening, person, put, report, sees, taken, user

S, R = ReferralStatus, CaseRole


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def test_a_package_is_reported_approved_and_over_without_the_lead(app: Flask) -> None:
    desk = led()
    part, account, what = taken(desk)
    with transaction():
        work.add_time(desk.case, on_day=MONDAY.date(), hundredths=100, actor=user(account))
    made = report(part, account)
    assert sorted((t.hundredths, t.role, t.source) for t in session.query(TimeEntry)) == [
        (100, "paralegal", "typed"), (150, "paralegal", "package"),
    ]  # fmt: skip
    (task,) = tasks("package_report")
    assert task.owner_id == desk.staff_id
    with pytest.raises(packages.ReportedBefore):
        report(part, account)
    with pytest.raises(NotAllowed), transaction():
        packages.approve_package(session.get_one(PackageReport, made.id), actor=user(account))
    assert sees(account)
    for _twice in range(2):
        with transaction():
            packages.approve_package(session.get_one(PackageReport, made.id), actor=desk.staff)
    one = session.get_one(Assignment, part)
    assert (one.end_reason, session.get_one(Opening, what).status) == ("done", OpeningStatus.CLOSED)
    assert not sees(account)
    assert tasks("package_report") == []
    assert len(mails("casework.package_approved")) == len(entries("package.approve")) == 1
    assert desk.case.status is CaseStatus.IN_SERVICE
    assert desk.case.assignments[0].ended_at is None


def test_a_package_is_returned_and_goes_on_whatever_the_other_places(app: Flask) -> None:
    desk = led()
    part, account, _what = taken(desk)
    first = report(part, account)
    with transaction():
        who = session.get_one(Assignment, part).volunteer
        who.capacity = 0
        packages.return_package(session.get_one(PackageReport, first.id), reason="The stamp.", actor=desk.staff)
        packages.return_package(session.get_one(PackageReport, first.id), reason="The stamp.", actor=desk.staff)
    one = session.get_one(Assignment, part)
    assert (one.closing_since, one.uses_slot, one.ended_at) == (None, True, None)
    assert "The stamp" not in mails("casework.package_returned")[0].text
    with pytest.raises(packages.Answered), transaction():
        packages.approve_package(session.get_one(PackageReport, first.id), actor=desk.staff)
    second = report(part, account)
    with transaction():
        packages.approve_package(session.get_one(PackageReport, second.id), actor=desk.staff)
    assert [r.status for r in session.query(PackageReport).order_by(PackageReport.id)] == [
        PackageStatus.RETURNED, PackageStatus.APPROVED,
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "hundredths"), [(" ", 100), ("Done.", 0), ("Done.", 20_001)])
def test_a_report_says_something(app: Flask, text: str, hundredths: int) -> None:
    part, account, _what = taken(led())
    with pytest.raises(work.CannotKeep), transaction():
        one = session.get_one(Assignment, part)
        packages.report_package(one, text=text, hundredths=hundredths, actor=user(account))


def test_only_whoever_took_it_reports_and_only_a_package(app: Flask) -> None:
    desk = led()
    part, account, _what = taken(desk)
    other, other_account, _opening = put(desk, R.INTERPRETER, "interpreter")
    with pytest.raises(work.NotOnTheCase):
        report(part, other_account)
    with pytest.raises(packages.NotAPackage):
        report(other, other_account)
    with transaction():
        operations.end_assignment(session.get_one(Assignment, part), "no_time", None, actor=desk.staff)
    with pytest.raises(work.WorkIsOver):
        report(part, account)


def test_an_attorney_takes_a_package_as_co_counsel_and_does_not_close_the_case(app: Flask) -> None:
    desk = led()
    part, account, _what = taken(desk, "attorney")
    assert session.get_one(Assignment, part).role is R.CO_COUNSEL
    assert not policy.may_report_closing(user(account), desk.case)
    whole, whole_account, _opening = put(desk, R.CO_COUNSEL, "attorney")
    assert policy.may_report_closing(user(whole_account), desk.case)
    assert whole != part


def test_a_package_may_be_had_twice_by_different_people_never_by_one(app: Flask) -> None:
    desk = led()
    part, _account, _what = taken(desk)
    with transaction():
        again = opening(desk, R.PARALEGAL, takers=["paralegal"], **{**PACKAGE, "package": "Sort the papers"})
        who = session.get_one(Assignment, part).volunteer
    with pytest.raises(OtherPart), transaction():
        operations.place_by_hand(
            session.get_one(Opening, again.id), session.get_one(Volunteer, who.id), "phone_yes", actor=desk.staff,
            checked=True,
        )  # fmt: skip


def test_the_end_of_a_package_is_noticed_once_and_anew_after_a_change(app: Flask) -> None:
    desk = led()
    part, account, what = taken(desk)
    with clock.at(MONDAY.replace(day=20)):
        assert package_jobs.note_overdue_one() is False
    with clock.at(MONDAY.replace(day=21)):
        assert package_jobs.note_overdue_one() is True
        assert package_jobs.note_overdue_one() is False
        (task,) = tasks("package_overdue")
        assert (task.owner_id, task.case_id) == (desk.staff_id, desk.case_id)
        report(part, account)
        assert tasks("package_overdue") == []
    with clock.at(MONDAY.replace(day=25)):
        assert package_jobs.note_overdue_one() is False
        with transaction():
            made = session.query(PackageReport).one()
            packages.return_package(made, reason="More.", actor=desk.staff)
            session.get_one(Opening, what).ends_on = date(2026, 11, 24)
    with clock.at(MONDAY.replace(day=26)):
        assert package_jobs.note_overdue_one() is True


def test_a_package_held_while_its_case_closes_is_not_asked_for(app: Flask) -> None:
    """Staff could not say yes to such a request, and nobody would end it."""
    desk = led()
    with transaction():
        desk.programme.claims_taken_at_once = False
        who = person("paralegal", languages=["en", "es"])
        made = opening(desk, R.PARALEGAL, **PACKAGE)
        account, held = who.user_id, operations.hold(made, actor=who.user).id
    with transaction():
        closing = Closing("A", None, None, None, None, False, False, MONDAY.date(), 300)
        endings.report_closing(desk.case, closing, amounts=[], actor=desk.user())
    with pytest.raises(CaseGone), transaction():
        operations.attest(session.get_one(Referral, held), "clear", actor=user(account))
    assert session.get_one(Referral, held).status is S.HELD
    assert tasks("answer_request") == []


def test_a_package_whose_last_day_is_over_is_neither_shown_nor_taken_nor_offered(app: Flask) -> None:
    """Else whoever takes it is late from the first minute; staff choose a new day first."""
    desk = led()
    with transaction():
        who = person("paralegal", languages=["en", "es"])
        made = opening(desk, R.PARALEGAL, **PACKAGE).public_id
        person_id = who.id
    for day, shown in ((20, True), (21, False)):
        with clock.at(MONDAY.replace(day=day)):
            listed = [matter.public_id for matter in open_matters(session.get_one(Volunteer, person_id))]
            assert (made in listed) is shown
            for act in (
                lambda one, whose: operations.send_offer(one, whose, actor=desk.staff),
                lambda one, whose: operations.hold(one, actor=whose.user),
            ):
                refused = nullcontext() if shown else pytest.raises(DayOver)
                one = session.query(Opening).filter_by(public_id=made).one()
                with refused, transaction():
                    act(one, session.get_one(Volunteer, person_id))
                    session.rollback()


def test_the_cases_closing_and_a_packages_report_do_not_disturb_each_other(app: Flask) -> None:
    desk = led()
    part, account, _what = taken(desk)
    made = report(part, account)
    day = MONDAY.date()
    closing = Closing("A", None, None, None, None, False, False, day, 300)
    with transaction():
        sent = endings.report_closing(desk.case, closing, amounts=[], actor=desk.user())
    with transaction():
        endings.return_closing(session.merge(sent), reason="The decision.", actor=desk.staff)
    one = session.get_one(Assignment, part)
    assert (one.uses_slot, one.closing_since is not None) == (False, True)
    assert Counter(mail.kind for mail in mails())["casework.closing_returned"] == 1
    with transaction():
        packages.approve_package(session.get_one(PackageReport, made.id), actor=desk.staff)
    assert desk.case.assignments[0].uses_slot is True


def test_a_package_reported_done_is_not_given_back_but_over_a_conflict(app: Flask) -> None:
    """Whoever clicks from a page of before would list done work again, and leave a report nobody can answer."""
    desk = led()
    part, account, what = taken(desk)
    report(part, account)
    with pytest.raises(packages.ReportedBefore), transaction():
        packages.give_back_part(session.get_one(Assignment, part), reason="no_time", actor=user(account))
    assert session.get_one(Opening, what).status is OpeningStatus.FILLED
    assert len(tasks("package_report")) == 1
    with transaction():
        packages.give_back_part(session.get_one(Assignment, part), reason="conflict", actor=user(account))
    assert tasks("package_report") == []
    assert len(tasks("find_for_part")) == 1
    assert not sees(account)


def test_a_part_is_given_back_and_listed_again_while_the_case_stays(app: Flask, client: FlaskClient) -> None:
    desk = led()
    part, account, what = put(desk, R.INTERPRETER, "interpreter")
    factories.sign_in(client, user(account))
    url = f"/my/parts/{session.get_one(Assignment, part).public_id}/give-back"
    assert client.get(url).status_code == 200
    assert client.post(url, data={}).status_code == 422
    assert client.post(url, data={"reason": "no_time"}).status_code == 303
    session.expire_all()
    assert session.get_one(Opening, what).status is OpeningStatus.LISTED
    assert desk.case.status is CaseStatus.IN_SERVICE
    assert not sees(account)
    assert len(tasks("find_for_part")) == 1
    assert client.post(url, data={"reason": "no_time"}).status_code == 404
    assert session.query(Bar).count() == 0
    with pytest.raises(NotAllowed), transaction():
        packages.give_back_part(desk.case.assignments[0], reason="no_time", actor=desk.user())


def test_a_conflict_keeps_person_and_firm_from_the_case(app: Flask) -> None:
    desk = led()
    part, account, what = put(desk, R.INTERPRETER, "interpreter")
    with transaction():
        one = session.get_one(Assignment, part)
        firm = factories.add(Organisation(name="Field and Brook"))
        session.add(Membership(volunteer=one.volunteer, organisation=firm))
        session.flush()
        packages.give_back_part(one, reason="conflict", actor=user(account))
        colleague = person("interpreter", languages=["en", "es"])
        session.add(Membership(volunteer=colleague, organisation=firm))
    assert session.query(Bar).count() == 2
    assert judge_pair(session.get_one(Opening, what), colleague, MONDAY.date()).rules == ["barred"]


def test_a_package_is_among_what_its_volunteer_must_do(app: Flask, client: FlaskClient) -> None:
    desk = led()
    part, account, _what = taken(desk)
    factories.sign_in(client, user(account))
    link = f"/my/parts/{session.get_one(Assignment, part).public_id}/done"
    assert link in client.get("/my").text
    report(part, account)
    assert link not in client.get("/my").text


def test_packages_are_reported_and_answered_on_their_pages(app: Flask, client: FlaskClient) -> None:
    desk = led()
    part, account, _what = taken(desk)
    browser = factories.sign_in(client, user(account))
    url = f"/my/parts/{session.get_one(Assignment, part).public_id}/done"
    assert browser.post(url, data={"text": "", "hours": ""}).status_code == 422
    assert browser.post(url, data={"text": "Filed.", "hours": "300"}).status_code == 422
    assert browser.post(url, data={"text": "Filed.", "hours": "2.5"}).status_code == 303
    made = session.query(PackageReport).one()
    assert "You have reported this done" in browser.get(url).text
    staff = factories.sign_in(app.test_client(), desk.staff)
    page = staff.get(f"/packages/{made.public_id}")
    assert "Filed." in page.text
    assert staff.post(f"/packages/{made.public_id}/return", data={}).status_code == 422
    assert staff.post(f"/packages/{made.public_id}/return", data={"reason": "The stamp."}).status_code == 303
    assert "The stamp." in browser.get(url).text
    assert browser.post(url, data={"text": "Stamped.", "hours": "2.5"}).status_code == 303
    session.expire_all()
    newest = session.query(PackageReport).order_by(PackageReport.id.desc()).first()
    assert newest is not None
    case = staff.get(f"/cases/{desk.case.public_id}").text
    assert f"/packages/{newest.public_id}" in case
    assert staff.post(f"/packages/{newest.public_id}/approve").status_code == 303
    assert browser.get(f"/my/cases/{desk.case.public_id}").status_code == 404
    stranger = factories.sign_in(app.test_client(), factories.coordinator(factories.programme()))
    assert stranger.get(f"/packages/{newest.public_id}").status_code == 404


def test_rules_of_a_claim_hold_for_every_part(app: Flask) -> None:
    desk = led()
    with transaction():
        attorney, made = person("attorney"), opening(desk, R.INTERPRETER)
    with pytest.raises(NotForYou):
        claimed(desk, attorney, made)
    with pytest.raises(RulesAgainst), transaction():
        operations.send_offer(session.get_one(Opening, made.id), attorney, actor=desk.staff)
    assert session.get_one(Case, desk.case_id).status is CaseStatus.IN_SERVICE
