"""Names that changed, were never released or are read too late; and a conflict with one of them in a case in hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.casework import operations_closing
from app.casework.models import ClosingStatus
from app.casework.transfer_models import Transfer
from app.clients.models import CaseRole, CaseStatus, PartyRole
from app.clients.operations_parties import add_party
from app.clients.queries import visible_cases
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.core.mail import Mail
from app.matching import jobs, operations
from app.matching.models import Assignment, Bar, Referral, ReferralStatus
from app.matching.refusals import HoldOver, NotForYou
from app.volunteers.models import Membership, Organisation
from app.volunteers.operations import suspend_volunteer
from tests import factories
from tests.casework.conftest import closing_with
from tests.matching.desk import MONDAY, Desk, lay, mails, tasks
from tests.matching.firm import found, holding
from tests.matching.players import led, put, user

S = ReferralStatus
LATE = MONDAY + timedelta(days=20)
NEW = "Juniper Vale"


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def hold(desk: Desk) -> Referral:
    with transaction():
        return operations.hold(desk.opening, actor=desk.user())


def fresh(referral_id: int) -> Referral:
    session.rollback()
    return session.get_one(Referral, referral_id)


def release(desk: Desk, referral_id: int, *steps: str) -> None:
    for which in steps:
        with transaction():
            operations.release_names(session.get_one(Referral, referral_id), which, actor=desk.staff)


def somebody_new(desk: Desk, name: str = NEW) -> None:
    with transaction():
        add_party(desk.case, role=PartyRole.ADVERSE, name=name, actor=desk.staff)


def sweep() -> None:
    while jobs.void_one():
        pass


def page(client: FlaskClient, desk: Desk, path: str) -> str:
    factories.sign_in(client, desk.user())
    return client.get(path).text


@pytest.mark.promise(15)
@pytest.mark.parametrize("answered", [False, True])
def test_a_new_name_of_a_sensitive_matter_waits_for_a_coordinator_too(
    app: Flask, client: FlaskClient, answered: bool
) -> None:
    desk = lay(1, sensitive=True)
    referral = hold(desk)
    held, path = referral.id, f"/my/matters/{referral.public_id}"
    release(desk, held, "adverse", "all")
    if answered:
        with transaction():
            operations.attest(session.get_one(Referral, held), "clear", actor=desk.user())
    assert "Castro" in page(client, desk, path) or answered
    with clock.at(MONDAY + timedelta(minutes=5)):
        somebody_new(desk)
        assert NEW not in page(client, desk, path), "before any worker has noticed"
        sweep()
        shown = page(client, desk, path)
        assert NEW not in shown
        assert "Castro" not in shown
        assert len(tasks("release_names")) == 1
        release(desk, held, "all")
        assert NEW in page(client, desk, path)
        assert len(mails("matching.names_released")) == 3, "adverse, all, and all of them anew"
        assert not tasks("release_names")


def test_whoever_has_read_the_names_and_not_answered_is_told_that_they_changed(app: Flask, client: FlaskClient) -> None:
    desk = lay(1)
    referral = hold(desk)
    held, path, first_end = referral.id, f"/my/matters/{referral.public_id}", referral.ends_at
    assert first_end is not None
    with clock.at(MONDAY + timedelta(days=1)):
        somebody_new(desk)
        sweep()
        sweep()
        assert [mail.to_address for mail in mails("matching.parties_changed")] == [desk.volunteer().email]
        assert NEW in page(client, desk, path)
        ends_at = fresh(held).ends_at
        assert ends_at is not None
        assert ends_at > first_end, "the time starts anew"


def test_a_firm_that_has_read_the_names_is_told_too(app: Flask) -> None:
    desk = lay(2)
    firm = found(desk, 0, 1)
    holding(desk, firm)
    with clock.at(MONDAY + timedelta(minutes=5)):
        somebody_new(desk)
        sweep()
    assert [mail.to_address for mail in mails("matching.firm_parties_changed")] == [firm.coordinator.email]


def test_a_matter_that_becomes_sensitive_hides_its_names_again(app: Flask, client: FlaskClient) -> None:
    desk = lay(1)
    referral = hold(desk)
    held, path = referral.id, f"/my/matters/{referral.public_id}"
    assert "Castro" in page(client, desk, path)
    with transaction():
        desk.case.sensitive = True
    assert "Castro" not in page(client, desk, path)
    sweep()
    assert fresh(held).parties_seen_at is None
    assert len(tasks("release_names")) == 1


def test_after_its_end_a_hold_shows_no_name_takes_no_clear_and_grows_no_longer(app: Flask, client: FlaskClient) -> None:
    """Although no worker has ended it yet."""
    desk = lay(1)
    referral = hold(desk)
    held, path = referral.id, f"/my/matters/{referral.public_id}"
    with clock.at(LATE):
        assert "Castro" not in page(client, desk, path)
        with pytest.raises(HoldOver), transaction():
            operations.attest(session.get_one(Referral, held), "clear", actor=desk.user())
        with pytest.raises(HoldOver), transaction():
            operations.extend_hold(session.get_one(Referral, held), actor=desk.user())
    with clock.at(LATE), transaction():
        operations.attest(session.get_one(Referral, held), "conflict", actor=desk.user())
    assert fresh(held).status is S.CONFLICT, "a conflict is heard at any time"


def test_a_firms_hold_after_its_end_takes_no_clear(app: Flask) -> None:
    desk = lay(2)
    firm = found(desk, 0, 1)
    held = holding(desk, firm).id
    with clock.at(LATE), pytest.raises(HoldOver), transaction():
        operations.attest_for_firm(session.get_one(Referral, held), "clear", actor=firm.coordinator)


@pytest.mark.promise(9)
def test_who_is_suspended_reads_no_name_and_asks_for_nothing(app: Flask, client: FlaskClient) -> None:
    desk = lay(1)
    referral = hold(desk)
    held, path = referral.id, f"/my/matters/{referral.public_id}"
    with transaction():
        suspend_volunteer(desk.volunteer(), "Complaint", actor=desk.staff)
    assert "Castro" not in page(client, desk, path)
    with pytest.raises(NotForYou), transaction():
        operations.attest(session.get_one(Referral, held), "clear", actor=desk.user())
    assert fresh(held).status is S.HELD


def test_a_holder_who_turns_out_to_be_a_party_asks_for_nothing(app: Flask) -> None:
    desk = lay(1)
    held = hold(desk).id
    somebody_new(desk, desk.volunteer().name)
    with pytest.raises(NotForYou), transaction():
        operations.attest(session.get_one(Referral, held), "clear", actor=desk.user())
    assert not tasks("answer_request")


@pytest.mark.parametrize("at_once", [False, True])
def test_a_yes_entered_past_the_shortlist_is_not_stopped_by_what_staff_set_aside(app: Flask, at_once: bool) -> None:
    desk = lay(
        1,
        volunteer={"languages": ["en"]},
        language="es",
        interpreter=False,
        programme={"claims_taken_at_once": at_once},
    )
    with transaction():
        held = operations.hold_by_hand(desk.opening, desk.volunteer(), "phone_yes", actor=desk.staff).id
    assert fresh(held).against_rules == ["no_language"]
    with transaction():
        operations.promise_privacy(session.get_one(Referral, held), actor=desk.user())
    with transaction():
        operations.attest(session.get_one(Referral, held), "clear", actor=desk.user())
    if not at_once:
        with transaction():
            operations.confirm_request(session.get_one(Referral, held), actor=desk.staff)
    assert fresh(held).status is S.CONFIRMED


def conflict(desk: Desk, referral_id: int | None, account: int) -> None:
    somebody_new(desk)
    sweep()
    with transaction():
        operations.attest(session.get_one(Referral, referral_id), "conflict", actor=user(account))


@pytest.mark.promise(9)
def test_a_lead_who_finds_a_conflict_while_the_report_is_checked_is_out_at_once(app: Flask) -> None:
    desk = lay(1, programme={"claims_taken_at_once": True})
    with transaction():
        factories.user(Role.SUPERVISING_ATTORNEY, programme=desk.programme)
        held = operations.hold(desk.opening, actor=desk.user())
        operations.attest(held, "clear", actor=desk.user())
        referral_id = held.id
    with transaction():
        desk.case.status = CaseStatus.IN_SERVICE
    with transaction():
        today = clock.now().date()
        made = operations_closing.report_closing(
            desk.case, closing_with(work_ended_on=today), amounts=[], actor=desk.user()
        )
        report = made.id
    conflict(desk, referral_id, desk.user().id)
    assert desk.case.status is CaseStatus.ACCEPTED
    assert not session.execute(visible_cases(desk.user())).all()
    assert session.get_one(type(made), report).status is ClosingStatus.RETURNED
    assert session.query(Transfer).one().reason == "conflict"


def test_a_conflict_of_co_counsel_ends_that_part_and_changes_nothing_for_the_client(app: Flask) -> None:
    desk = led()
    part, account, opening_id = put(desk, CaseRole.CO_COUNSEL, "attorney")
    session.rollback()
    sent = session.query(Mail).filter(Mail.kind.like("client.%")).count()
    conflict(desk, session.get_one(Assignment, part).referral_id, account)
    assert session.get_one(Assignment, part).ended_at is not None
    assert desk.case.status is CaseStatus.IN_SERVICE
    assert session.query(Transfer).count() == 0
    assert session.query(Mail).filter(Mail.kind.like("client.%")).count() == sent
    assert [task.record_id for task in tasks("find_for_part")] == [opening_id]
    assert not tasks("find_new_volunteer")


@pytest.mark.parametrize(("short", "bars"), [(None, 2), ("court", 1)])
def test_a_conflict_given_as_the_reason_to_leave_bars_the_firm_only_of_a_whole_matter(
    app: Flask, short: str | None, bars: int
) -> None:
    from app.casework.operations_transfer import leave_at_once
    from app.casework.transfer_models import Court

    desk = led(**({"short_term_by": short, "service_level": "limited"} if short else {}))
    with transaction():
        factories.user(Role.SUPERVISING_ATTORNEY, programme=desk.programme)
        firm = factories.add(Organisation(name="Orchard and Vale LLP"))
        factories.add(Membership(volunteer_id=desk.volunteer_ids[0], organisation_id=firm.id))
    with transaction():
        leave_at_once(desk.case.assignments[0], "conflict", court=Court.NO, actor=desk.user())
    assert session.query(Bar).count() == bars


@pytest.mark.parametrize(
    ("answer", "says", "on"),
    [
        ("clear", "Everything goes on as before", "/my/cases/"),
        ("conflict", "The case is closed to you from now on", "/my/matters"),
        ("declined", "hand it back from this page", "/my/cases/"),
    ],
)
def test_the_page_says_what_an_answer_about_changed_names_did(
    app: Flask, client: FlaskClient, answer: str, says: str, on: str
) -> None:
    desk = led()
    _part, account, _opening = put(desk, CaseRole.CO_COUNSEL, "attorney")
    somebody_new(desk)
    sweep()
    factories.sign_in(client, user(account))
    referral = session.query(Referral).filter_by(volunteer_id=user(account).volunteer.id).one()
    path = f"/my/matters/{referral.public_id}"
    assert NEW in client.get(path).text
    said = {"answer": answer, "checked": "y", "names_read": referral.names_now}
    shown = client.post(f"{path}/attest", data=said, follow_redirects=True)
    assert shown.status_code == 200
    assert shown.request.path.startswith(on)
    assert says in shown.text
