"""Nobody leaves while clients depend on them, and everything in their hands goes to a colleague at once."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts import operations as accounts
from app.accounts.models import Programme, User
from app.accounts.operations import HandOverFirst
from app.clients import operations_custody as operations
from app.clients.lifecycle import CustodianGone, give_custody
from app.clients.models import Case, CaseStatus, Custody
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.core.errors import NotAllowed
from app.tasks.models import Task
from app.tasks.operations import open_task
from tests import factories as make


@pytest.fixture
def desk(app: Flask) -> tuple[Programme, User, User]:
    """Inés answers for three open cases and a closed one; Bruno is her colleague."""
    with transaction():
        of = make.programme(name="Lakeshore Legal Aid")
        ines, bruno = make.coordinator(of, name="Inés Calloway"), make.coordinator(of, name="Bruno Adler")
        for status in (CaseStatus.PRESCREEN, CaseStatus.AVAILABLE, CaseStatus.IN_SERVICE):
            case = make.case(of, status, owner=ines)
            open_task("screen", case, programme=of, case=case, title="T", due_at=clock.now(), owner=ines, actor=None)
        make.case(of, CaseStatus.CLOSED)
        open_task("plan", of, programme=of, title="T", due_at=clock.now(), owner=ines, actor=None)
    return of, ines, bruno


def in_hand(user: User) -> int:
    live = select(func.count(Custody.id)).where(Custody.user_id == user.id, Custody.until_at.is_(None))
    return session.scalar(live) or 0


def tasks_of(user: User) -> int:
    return session.scalar(select(func.count(Task.id)).where(Task.owner_id == user.id)) or 0


def test_closing_the_account_of_a_custodian_is_refused_with_what_to_do(desk: tuple[Programme, User, User]) -> None:
    _, ines, _ = desk
    with pytest.raises(HandOverFirst) as refused, transaction():
        accounts.deactivate_user(ines, actor=None)
    (sentence,) = refused.value.details
    assert "3 open cases of Lakeshore Legal Aid" in sentence
    assert "Hand over their cases" in sentence
    assert ines.is_active


def test_taking_the_role_is_refused_unless_another_keeps_them_on_the_staff(
    desk: tuple[Programme, User, User],
) -> None:
    of, ines, _ = desk
    with pytest.raises(HandOverFirst), transaction():
        accounts.revoke_role(ines, Role.COORDINATOR, programme=of, actor=None)
    with transaction():
        accounts.grant_role(ines, Role.SUPERVISING_ATTORNEY, programme=of, actor=None)
        accounts.revoke_role(ines, Role.COORDINATOR, programme=of, actor=None)
    with pytest.raises(HandOverFirst), transaction():
        accounts.revoke_role(ines, Role.SUPERVISING_ATTORNEY, programme=of, actor=None)


def test_a_role_in_another_programme_may_go(desk: tuple[Programme, User, User]) -> None:
    _, ines, _ = desk
    with transaction():
        other = make.programme()
        accounts.grant_role(ines, Role.COORDINATOR, programme=other, actor=None)
        accounts.revoke_role(ines, Role.COORDINATOR, programme=other, actor=None)


def test_an_administrator_hands_all_of_it_to_a_colleague(
    app: Flask, client: FlaskClient, desk: tuple[Programme, User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    of, ines, bruno = desk
    monkeypatch.setattr(operations, "BATCH", 2)
    make.sign_in(client, make.user(Role.ADMIN))
    where = f"/people/{ines.public_id}/cases"
    page = client.get(where).get_data(as_text=True)
    assert "3 open cases of Lakeshore Legal Aid" in page
    assert client.post(where, data={"to": "", "reason": "left"}).status_code == 422
    answer = client.post(where, data={"to": f"{of.public_id}/{bruno.public_id}", "reason": "left"})
    assert answer.status_code == 303
    session.expire_all()
    assert (in_hand(ines), in_hand(bruno)) == (0, 3)
    assert (tasks_of(ines), tasks_of(bruno)) == (0, 4)
    assert "answers for no open case" in client.get(where).get_data(as_text=True)
    assert client.post(f"/people/{ines.public_id}/close").status_code == 303
    for case in session.scalars(select(Case).where(Case.status != CaseStatus.CLOSED)):
        assert case.custody.user_id == bruno.id  # and never two at once


def test_staff_hand_over_in_their_own_programme_only(client: FlaskClient, desk: tuple[Programme, User, User]) -> None:
    of, ines, bruno = desk
    make.sign_in(client, bruno)
    where = f"/people/{ines.public_id}/cases"
    assert client.get(where).status_code == 200
    stranger = make.coordinator(make.programme())
    session.commit()
    form = {"to": f"{of.public_id}/{stranger.public_id}", "reason": "left"}
    assert client.post(where, data=form).status_code == 422
    make.sign_in(client, stranger)
    assert client.get(where).status_code == 404
    with pytest.raises(NotAllowed), transaction():
        operations.hand_over_some(ines, of, bruno, reason="left", actor=stranger)
    assert in_hand(ines) == 3


def test_nobody_answers_for_a_case_whose_account_was_closed_meanwhile(desk: tuple[Programme, User, User]) -> None:
    of, _ines, bruno = desk
    with transaction():
        admin = make.user(Role.ADMIN)
        accounts.deactivate_user(bruno, actor=admin)
    case = session.query(Case).filter_by(programme_id=of.id, status=CaseStatus.AVAILABLE).one()
    before = case.custody
    with pytest.raises(CustodianGone), transaction():
        give_custody(session.get_one(Case, case.id), session.get_one(User, bruno.id), reason="absence", actor=None)
    assert session.get_one(Case, case.id).custody == before
