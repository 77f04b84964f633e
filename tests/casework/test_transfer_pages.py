"""The pages of the ways out, and access that ends at the next click on every page of a case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.routing.converters import NumberConverter

from app.casework import operations_transfer, transfer_queries
from app.casework import operations_transfer_receiver as receivers
from app.casework.models import ContactAttempt, Note, TimeEntry
from app.casework.operations_transfer_steps import Checklist
from app.casework.transfer_models import Court, Transfer, TransferAsk, TransferStatus
from app.clients.models import CaseStatus, Consent, CriticalDate, PartyRole
from app.clients.operations_parties import add_party
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.matching.models import Assignment
from app.tasks.models import Task
from app.volunteers.operations import suspend_volunteer
from tests import factories
from tests.casework.conftest import TODAY, Work

S = TransferStatus
GIVEN = Checklist("The answer is filed.", "Call the clerk.")
MEMO = {"reason": "no_time", "done": "Filed the answer", "next": "Call her", "papers": "bring", "court": "no"}
WAYS: dict[str, Callable[[Work], None]] = {}


def text_of(answer: object) -> str:
    return answer.get_data(as_text=True)  # type: ignore[attr-defined]


def newest(work: Work) -> Transfer:
    session.rollback()
    return transfer_queries.transfers_of(work.case)[0]


@pytest.fixture
def mine(app: Flask, work: Work) -> FlaskClient:
    return factories.sign_in(app.test_client(), work.user)


@pytest.fixture
def office(app: Flask, work: Work) -> FlaskClient:
    return factories.sign_in(app.test_client(), work.staff)


def date_near(work: Work) -> None:
    with transaction():
        session.add(CriticalDate(case=work.case, kind="hearing", on_day=TODAY + timedelta(days=4),
                                 standing="confirmed"))  # fmt: skip
        work.case.next_critical_on = TODAY + timedelta(days=4)


def ready(work: Work) -> int:
    """A receiver who has seen the names; the id of their account."""
    with transaction():
        person = factories.volunteer()
        opened = receivers.open_transfer(work.lead, "workload", actor=work.staff)
        operations_transfer.write_checklist(opened, GIVEN, actor=work.user)
        ask = receivers.choose_receiver(opened, person, actor=work.staff)
        receivers.agree(opened, "phone", actor=work.staff)
        assert person.user is not None
        receivers.see_names(ask, actor=person.user)
        return person.user.id


def transfer_now(work: Work) -> None:
    user_id = ready(work)
    with transaction():
        ask = session.query(TransferAsk).one()
        receivers.accept_transfer(ask, actor=session.get_one(factories.User, user_id))


def hand_back_now(work: Work) -> None:
    with transaction():
        operations_transfer.hand_back(work.lead, "no_time", GIVEN, actor=work.user)


def leave_now(work: Work) -> None:
    with transaction():
        operations_transfer.leave_at_once(work.lead, "conflict", court=Court.NO, actor=work.staff)


def suspend_now(work: Work) -> None:
    with transaction():
        suspend_volunteer(work.user.volunteer, "Complaint", actor=work.staff)  # type: ignore[arg-type]


def name_now(work: Work) -> None:
    with transaction():
        name = work.user.volunteer.name  # type: ignore[union-attr]
        add_party(work.case, role=PartyRole.ADVERSE, name=name, actor=work.staff)


SAID = {"suspend_now": "This file is closed to you", "name_now": "This file is closed to you"}


def case_pages(app: Flask) -> list[Rule]:
    """Every page of an own case."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/my/cases/<public_id>")]
    return sorted(rules, key=lambda rule: rule.rule)


def url_of(rule: Rule, public_id: str) -> str:
    values = {name: 1 if isinstance(rule._converters[name], NumberConverter) else public_id for name in rule.arguments}
    built = rule.build(values, append_unknown=False)
    assert built is not None
    return built[1]


@pytest.mark.promise(9)
@pytest.mark.parametrize("end", [transfer_now, hand_back_now, leave_now, suspend_now, name_now])
def test_access_ends_at_the_next_click_on_every_page_of_a_case(
    app: Flask, work: Work, end: Callable[[Work], None]
) -> None:
    browsers = [factories.sign_in(app.test_client(), work.user) for _ in range(2)]
    pages = [(method, url_of(rule, work.case.public_id)) for rule in case_pages(app)
             for method in sorted((rule.methods or set()) & {"GET", "POST"})]  # fmt: skip
    assert len(pages) > 15
    assert [browser.get(work.path).status_code for browser in browsers] == [200, 200]
    end(work)
    kept = {kind: session.query(kind).count() for kind in (Note, TimeEntry, ContactAttempt, Transfer)}
    looked = 0
    for method, url in pages:
        for browser in browsers:
            answer = browser.open(url, method=method, data={"text": "late", **MEMO} if method == "POST" else None)
            assert answer.status_code == 404, (method, url)
            said = SAID.get(end.__name__, "Your part in this case has ended")
            assert said in text_of(answer), (method, url)
            assert "Castro" not in text_of(answer)
            looked += 1
    session.rollback()
    assert {kind: session.query(kind).count() for kind in kept} == kept
    print(f"{end.__name__}: {looked} clicks on {len(pages)} pages after the end, 0 let in")  # noqa: T201


@pytest.mark.promise(9)
def test_the_new_lead_reaches_the_file_at_the_next_click_and_not_before(app: Flask, work: Work) -> None:
    user_id = ready(work)
    receiver = factories.sign_in(app.test_client(), session.get_one(factories.User, user_id))
    assert receiver.get(work.path).status_code == 404
    public_id = session.query(TransferAsk).one().public_id
    typed = {"answer": "accept", "checked": "y", "names_read": "1"}
    done = receiver.post(f"/my/take-over/{public_id}/answer", data=typed)
    assert done.headers["Location"] == work.path
    assert receiver.get(work.path).status_code == 200
    assert "Hand-over memo" in text_of(receiver.get(work.path))


def test_a_draft_is_kept_and_the_hand_back_waits_where_a_date_is_near(mine: FlaskClient, work: Work) -> None:
    date_near(work)
    half = {"reason": "skill", "done": "Half of it", "do": "draft", "hours": "a lot"}
    assert "Write hours as a number" in text_of(mine.post(f"{work.path}/hand-back", data=half))
    assert mine.post(f"{work.path}/hand-back", data={**half, "hours": ""}).status_code == 303
    assert "Half of it" in text_of(mine.get(f"{work.path}/hand-back"))
    assert "A hand-over is being prepared" in text_of(mine.get(work.path))
    sent = mine.post(f"{work.path}/hand-back", data=MEMO)
    story = text_of(mine.get(sent.headers["Location"]))
    assert "You are still responsible for the case" in story
    assert "Take custody; the lead is responsible until then" in story
    assert mine.get(f"{work.path}/hand-back").headers["Location"] == sent.headers["Location"]
    assert mine.get(work.path).status_code == 200
    back = mine.post(f"/my/handed-over/{newest(work).public_id}/take-back")
    assert back.headers["Location"] == work.path
    assert newest(work).status is S.WITHDRAWN


def test_a_draft_needs_at_least_a_reason(mine: FlaskClient, work: Work) -> None:
    answer = mine.post(f"{work.path}/hand-back", data={"done": "Half of it", "do": "draft"})
    assert answer.status_code == 422
    assert "Half of it" in text_of(answer)
    assert session.query(Transfer).count() == 0


def test_a_day_that_cannot_be_is_said_beside_its_field(mine: FlaskClient, work: Work) -> None:
    tomorrow = TODAY + timedelta(days=1)
    days = {"last_contact_on-month": tomorrow.month, "last_contact_on-day": tomorrow.day,
            "last_contact_on-year": tomorrow.year}  # fmt: skip
    answer = mine.post(f"{work.path}/hand-back", data={**MEMO, **days})
    assert answer.status_code == 422
    assert "cannot lie in the future" in text_of(answer)
    assert "Filed the answer" in text_of(answer)


def test_staff_take_custody_on_the_page(mine: FlaskClient, office: FlaskClient, work: Work) -> None:
    date_near(work)
    mine.post(f"{work.path}/hand-back", data=MEMO)
    url = f"/transfers/{newest(work).public_id}"
    assert f'action="{url}/custody"' in text_of(office.get(url))
    assert office.post(f"{url}/custody").status_code == 303
    assert newest(work).status is S.LEFT
    page = text_of(office.get(url))
    assert "Root cause" in page
    assert "Custody taken" in page
    assert office.post(f"{url}/cause", data={}).status_code == 422
    assert office.post(f"{url}/cause", data={"cause": "no_time"}).status_code == 303
    assert newest(work).status is S.DONE


def test_staff_lead_a_transfer_from_reason_to_cause(app: Flask, office: FlaskClient, work: Work) -> None:
    with transaction():
        person = factories.volunteer(given_name="Sol", family_name="Marten")
        person_id, user_id = person.public_id, person.user.id  # type: ignore[union-attr]
    start = office.post(f"/cases/{work.case.public_id}/transfer", data={"reason": "workload"})
    url = start.headers["Location"]
    assert f'href="{url}/checklist"' in text_of(office.get(url))
    assert office.post(f"{url}/checklist", data={**MEMO, "done": ""}).status_code == 422
    assert office.post(f"{url}/checklist", data=MEMO).status_code == 303
    assert "Sol Marten" in text_of(office.get(f"{url}/receivers"))
    checks = text_of(office.get(f"{url}/receivers/{person_id}"))
    for check in ("Approved", "Licence", "Credentials and training", "Competence", "A place free", "Conflicts known"):
        assert check in checks
    assert office.post(f"{url}/receivers/{person_id}").status_code == 303
    assert office.post(f"{url}/consent", data={"how": "phone", "language": "en"}).status_code == 422
    told = {"how": "phone", "language": "es", "informed": "y"}
    assert office.post(f"{url}/consent", data=told).status_code == 303
    assert session.query(Consent).filter_by(kind="transfer").one().language == "es"
    assert "Receiver: Sol Marten" in text_of(office.get(url))
    receiver = factories.sign_in(app.test_client(), session.get_one(factories.User, user_id))
    _takes_over(receiver, work)
    page = text_of(office.get(url))
    assert "clear" in page
    assert "the case is theirs from this moment" in page
    case = text_of(office.get(f"/cases/{work.case.public_id}"))
    assert "Hand-overs and former lawyers" in case
    assert "Had a part before" in case


def _takes_over(receiver: FlaskClient, work: Work) -> None:
    assert "You are asked to take over" in text_of(receiver.get("/my/cases"))
    assert "Take over" in text_of(receiver.get("/my"))
    public_id = session.query(TransferAsk).one().public_id
    before = text_of(receiver.get(f"/my/take-over/{public_id}"))
    assert "Castro" not in before
    assert "Cottonwood" not in before
    early = {"answer": "accept", "checked": "y", "names_read": "1"}
    assert receiver.post(f"/my/take-over/{public_id}/answer", data=early).status_code == 409
    assert receiver.post(f"/my/take-over/{public_id}/names").status_code == 303
    assert "Castro" in text_of(receiver.get(f"/my/take-over/{public_id}"))
    assert session.query(AuditEntry).filter_by(action="parties.view").count() >= 1
    unchecked = receiver.post(f"/my/take-over/{public_id}/answer", data={"answer": "accept"})
    assert (unchecked.status_code, "covers every name" in text_of(unchecked)) == (422, True)
    assert receiver.post(f"/my/take-over/{public_id}/answer", data=early).status_code == 303
    assert "You took this case over" in text_of(receiver.get(f"/my/take-over/{public_id}"))


def test_the_lead_sees_the_own_part_of_a_transfer_without_the_receivers_name(mine: FlaskClient, work: Work) -> None:
    user_id = ready(work)
    name = session.get_one(factories.User, user_id).name
    page = text_of(mine.get(f"/my/handed-over/{newest(work).public_id}"))
    assert "Receiver asked" in page
    assert name not in page
    assert work.staff.name in page


def test_leaving_at_once_on_the_volunteers_page(mine: FlaskClient, work: Work) -> None:
    done = mine.post(f"{work.path}/leave-at-once", data={"reason": "conflict", "court": "needed"})
    page = text_of(mine.get(done.headers["Location"]))
    assert "Your withdrawal is recorded" in page
    assert "A court must let you go" in page
    assert work.case.status is CaseStatus.ACCEPTED


def test_court_leave_is_noted_by_staff(mine: FlaskClient, office: FlaskClient, work: Work) -> None:
    mine.post(f"{work.path}/leave-at-once", data={"reason": "illness", "court": "needed"})
    url = f"/transfers/{newest(work).public_id}"
    assert "The court has given leave" in text_of(office.get(url))
    days = {"on_day-month": TODAY.month, "on_day-day": TODAY.day, "on_day-year": TODAY.year}
    late = {**days, "on_day-year": TODAY.year + 1}
    assert office.post(f"{url}/court-leave", data=late).status_code == 422
    assert office.post(f"{url}/court-leave", data=days).status_code == 303
    assert session.query(Task).filter_by(cause="court_leave").one().outcome == "granted"


def test_revoking_asks_first(office: FlaskClient, work: Work) -> None:
    ready(work)
    url = f"/transfers/{newest(work).public_id}"
    assert "stays with its lead" in text_of(office.get(f"{url}/take-back"))
    assert newest(work).status is S.OFFERED
    assert office.post(f"{url}/take-back").status_code == 303
    assert newest(work).status is S.WITHDRAWN
    assert office.post(f"{url}/take-back").status_code == 303


def test_a_second_way_out_is_refused_with_a_sentence(office: FlaskClient, mine: FlaskClient, work: Work) -> None:
    ready(work)
    answer = mine.post(f"{work.path}/hand-back", data=MEMO)
    assert answer.status_code == 409
    assert "under way on this case already" in text_of(answer)
    assert "A way out is under way" in text_of(office.get(f"/cases/{work.case.public_id}/ways-out"))


def test_others_reach_nothing_of_a_transfer(app: Flask, work: Work) -> None:
    ready(work)
    transfer, ask = newest(work).public_id, session.query(TransferAsk).one().public_id
    with transaction():
        stranger, coordinator = factories.volunteer().user, factories.coordinator(factories.programme())
    theirs = factories.sign_in(app.test_client(), stranger)  # type: ignore[arg-type]
    for url in (f"/my/take-over/{ask}", f"/my/handed-over/{transfer}"):
        assert theirs.get(url).status_code == 404
    elsewhere = factories.sign_in(app.test_client(), coordinator)
    for part in ("", "/checklist", "/receivers", "/consent", "/court-leave", "/take-back", "/cause"):
        assert elsewhere.get(f"/transfers/{transfer}{part}").status_code == 404
    assert elsewhere.post(f"/transfers/{transfer}/custody").status_code == 404


def test_a_mentor_has_no_way_out_of_the_lead(app: Flask, work: Work) -> None:
    with transaction():
        mentor = factories.volunteer()
        factories.assignment(work.case, mentor, role="mentor", opening=None)
    browser = factories.sign_in(app.test_client(), mentor.user)  # type: ignore[arg-type]
    for step in ("hand-back", "leave-at-once", "transfer"):
        assert browser.get(f"{work.path}/{step}").status_code == 404
    assert session.query(Assignment).filter(Assignment.ended_at.is_(None)).count() == 2
