"""Whoever is staff and volunteer at once decides about themselves only where the programme has nobody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import calendars
from app.accounts import operations as accounts
from app.accounts.models import User
from app.casework import operations as casework
from app.casework.closing import Closing
from app.casework.models import ClosingReport
from app.casework.operations_closing import approve_closing, report_closing
from app.clients.four_eyes import AskColleague
from app.clients.models import Case, CaseStatus
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.engagement.models_escalations import Escalation
from app.engagement.operations_escalations import close_escalation, escalate, take_on
from app.matching import operations
from app.matching.models import Referral
from app.tasks.models import Task
from tests import factories


def both() -> tuple[int, int]:
    """A coordinator who also volunteers, alone in the programme, and an open matter: account, case."""
    with transaction():
        of = factories.programme()
        staff = factories.coordinator(of)
        volunteer = factories.volunteer()
        other, volunteer.user = volunteer.user, staff
        assert other is not None
        session.flush()
        accounts.grant_role(staff, Role.VOLUNTEER, actor=None)
        case = factories.case(of, CaseStatus.AVAILABLE, owner=staff)
        return staff.id, case.id


def confirm(me: User, case: Case) -> None:
    asked = operations.hold(case.lead_opening, actor=me)
    operations.attest(asked, "clear", actor=me)
    operations.confirm_request(asked, actor=me)


def refuse(me: User, case: Case) -> None:
    asked = operations.hold(case.lead_opening, actor=me)
    operations.attest(asked, "clear", actor=me)
    operations.refuse_request(asked, "chosen_other", actor=me)


def by_hand(me: User, case: Case) -> None:
    assert me.volunteer is not None
    operations.place_by_hand(case.lead_opening, me.volunteer, "phone_yes", actor=me, checked=True)


def hold_by_hand(me: User, case: Case) -> None:
    assert me.volunteer is not None
    operations.hold_by_hand(case.lead_opening, me.volunteer, "phone_yes", actor=me)


def reported(me: User, case: Case) -> None:
    """The matter is placed with the coordinator, who reports that it is done."""
    held = Referral(opening=case.lead_opening, volunteer=me.volunteer, way="claim", status="held",
                    attested_version=case.parties_version, against_rules=[])  # fmt: skip
    session.add(held)
    session.flush()
    part = operations.place(held, actor=None)
    casework.record_first_contact(part, actor=me)
    done = Closing("A", None, None, None, None, False, False, calendars.today(case.programme), 300)
    report_closing(case, done, amounts=[], actor=me)


def silent(me: User, case: Case) -> None:
    """The matter is placed with the coordinator, of whom nothing is heard."""
    reported(me, case)
    assert escalate(case, "silence") is not None


def close(me: User, case: Case) -> None:
    approve_closing(session.query(ClosingReport).one(), actor=me)


def take_silence(me: User, case: Case) -> None:
    """The coordinator is asked about themselves, who leads the case."""
    take_on(session.query(Escalation).one(), actor=me)


def close_silence(me: User, case: Case) -> None:
    worry = session.query(Escalation).one()
    close_escalation(worry, found="All is well with me.", root_cause="contact_details", actor=me)


PLACED = {close: reported, take_silence: silent, close_silence: silent}


@pytest.mark.parametrize("deed", [confirm, refuse, by_hand, hold_by_hand, close, take_silence, close_silence])
def test_a_colleague_decides_where_there_is_one_and_else_an_administrator_looks(
    app: Flask, deed: Callable[[User, Case], None]
) -> None:
    me, case_id = both()
    with transaction():
        colleague = factories.coordinator(session.get_one(Case, case_id).programme).id
    if deed in PLACED:
        with transaction():
            PLACED[deed](session.get_one(User, me), session.get_one(Case, case_id))
    with pytest.raises(AskColleague) as refused, transaction():
        deed(session.get_one(User, me), session.get_one(Case, case_id))
    assert refused.value.details == [session.get_one(User, colleague).name]
    with transaction():
        accounts.deactivate_user(session.get_one(User, colleague), actor=None)
    with transaction():
        deed(session.get_one(User, me), session.get_one(Case, case_id))
    task = session.query(Task).filter_by(cause="own_decision").one()
    assert task.owner_role is Role.ADMIN
    assert session.query(AuditEntry).filter_by(action="case.own_decision").count() == 1


def test_an_administrator_sees_who_decided_and_says_that_it_was_looked_at(app: Flask, client: FlaskClient) -> None:
    me, case_id = both()
    with transaction():
        admin = factories.user(Role.ADMIN)
        by_hand(session.get_one(User, me), session.get_one(Case, case_id))
        number, name = session.get_one(Case, case_id).number, session.get_one(User, me).name
        factories.sign_in(client, admin)
    page = client.get("/own-decisions").text
    assert number in page
    assert name in page
    session.rollback()
    at = f"/own-decisions/{session.query(Task).filter_by(cause='own_decision').one().public_id}/looked-at"
    assert client.post(at).status_code == 303
    assert "Nothing waits" in client.get("/own-decisions").text
    assert client.post(at).status_code == 404
