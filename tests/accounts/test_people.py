"""Administration of accounts and roles."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts import operations, policy
from app.accounts.models import RoleGrant, User
from app.accounts.queries import find_user
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.mail import Mail
from tests import factories

from .conftest import person


@pytest.fixture
def desk(client: FlaskClient, admin: User) -> FlaskClient:
    """Abel's browser."""
    return factories.sign_in(client, admin)


def roles_of(email: str) -> set[tuple[str, int | None, int | None]]:
    session.expire_all()
    return {(g.role.value, g.programme_id, g.grant_id) for g in find_user(email).grants}


def places() -> dict[str, str]:
    with transaction():
        programme = factories.programme()
        grant = factories.grant(programme)
        return {"programme": f"programme:{programme.public_id}", "grant": f"grant:{grant.public_id}"}


def test_somebody_is_invited_with_a_role(desk: FlaskClient) -> None:
    typed = {"name": "Nora Lind", "email": "nora@example.org", "language": "en", "role": "coordinator",
             "place": places()["programme"]}  # fmt: skip
    assert desk.get("/people/new").status_code == 200
    answer = desk.post("/people/new", data=typed)
    assert answer.status_code == 303
    assert "Nora Lind" in desk.get(answer.headers["Location"]).text
    assert [r[0] for r in roles_of("nora@example.org")] == ["coordinator"]
    assert session.execute(select(Mail.kind)).scalars().all() == ["account.invitation"]


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"email": "no address"}, 422, "Write the mail address like"),
        ({"name": " "}, 422, "Write the name."),
        ({"role": "emperor"}, 422, "This is not one of the choices"),
        ({"role": "coordinator", "place": ""}, 422, "Choose the programme, the funding source or the firm"),
        ({"email": "ABEL@example.org"}, 409, "There is an account with this mail address already"),
        ({"role": ""}, 422, "Choose the role."),
        ({"role": "funder", "place": ""}, 422, "Choose the programme, the funding source or the firm"),
    ],
)
def test_an_invitation_that_cannot_be(desk: FlaskClient, change: dict[str, str], status: int, said: str) -> None:
    typed = {"name": "Nora Lind", "email": "nora@example.org", "language": "en", "role": "admin", "place": ""}
    answer = desk.post("/people/new", data={**typed, **change})
    assert answer.status_code == status
    assert said in answer.text
    assert session.query(User).count() == 1
    assert session.query(Mail).count() == 0


def test_sending_the_invitation_form_twice_makes_one_account(desk: FlaskClient) -> None:
    typed = {"name": "Nora Lind", "email": "nora@example.org", "language": "en", "role": "volunteer", "place": ""}
    assert [desk.post("/people/new", data=typed).status_code for _ in range(2)] == [303, 409]
    assert (session.query(User).count(), session.query(Mail).count()) == (2, 1)


def test_roles_are_additive_and_given_once(desk: FlaskClient, coordinator: User) -> None:
    where, url = places(), f"/people/{coordinator.public_id}/roles"
    before = roles_of("ida@example.org")
    for role, place in [
        ("funder", where["grant"]),
        ("supervising_attorney", where["programme"]),
        ("volunteer", ""),
    ] * 2:
        assert desk.post(url, data={"role": role, "place": place}).status_code == 303
    held = roles_of("ida@example.org")
    assert before < held
    assert len(held) == 4
    desk.post(f"{url}/revoke", data={"role": "funder", "place": where["grant"]})
    desk.post(f"{url}/revoke", data={"role": "funder", "place": where["grant"]})
    assert len(roles_of("ida@example.org")) == 3
    entries = session.execute(select(AuditEntry).where(AuditEntry.action == "account.revoke_role")).scalars().all()
    assert [(e.before["role"], e.actor_id) for e in entries] == [("funder", find_user("abel@example.org").id)]


def test_a_funding_source_is_no_place_for_a_coordinator(desk: FlaskClient, coordinator: User) -> None:
    answer = desk.post(
        f"/people/{coordinator.public_id}/roles", data={"role": "coordinator", "place": places()["grant"]}
    )
    assert answer.status_code == 422
    assert len(roles_of("ida@example.org")) == 1


def test_the_last_administrator_stays(desk: FlaskClient, admin: User) -> None:
    url = f"/people/{admin.public_id}"
    taken = desk.post(f"{url}/roles/revoke", data={"role": "admin", "place": ""})
    closed = desk.post(f"{url}/close")
    assert (taken.status_code, closed.status_code) == (409, 409)
    assert "Make somebody else administrator first." in taken.text
    assert desk.get("/people").status_code == 200
    second = person(Role.ADMIN, email="second@example.org")
    with transaction():
        operations.deactivate_user(find_user(second.email), actor=None)
    assert desk.post(f"{url}/close").status_code == 409, "a closed account does not count"
    with transaction():
        operations.reactivate_user(find_user("second@example.org"), actor=None)
    assert desk.post(f"{url}/close").status_code == 303
    assert desk.get("/people").status_code == 302


def test_an_account_is_closed_and_opened_again(app: Flask, desk: FlaskClient, coordinator: User) -> None:
    theirs, url = factories.sign_in(app.test_client(), coordinator), f"/people/{coordinator.public_id}"
    assert "Close the account of Ida Brandt?" in desk.get(f"{url}/close").text
    assert [desk.post(f"{url}/close").status_code for _ in range(2)] == [303, 303]
    assert theirs.get("/account").status_code == 302
    assert desk.post(f"{url}/invite").status_code == 409
    desk.post(f"{url}/open")
    assert theirs.get("/account").status_code == 302, "an ended sign-in does not come back"
    assert len(roles_of("ida@example.org")) == 1
    closed = select(AuditEntry).where(AuditEntry.action == "account.deactivate")
    assert len(session.execute(closed).all()) == 1


def test_an_administrator_signs_somebody_out(app: Flask, desk: FlaskClient, coordinator: User) -> None:
    theirs = factories.sign_in(app.test_client(), coordinator)
    desk.post(f"/people/{coordinator.public_id}/sign-out-everywhere")
    assert theirs.get("/account").status_code == 302


def test_whoever_still_has_work_in_hand_hands_it_over_first(
    desk: FlaskClient, coordinator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def custody(user: User, programme: Any) -> str | None:
        return "6 open cases are in this person's hands." if user.email == "ida@example.org" else None

    monkeypatch.setattr(policy, "_checks", {})
    policy.check_before_leaving("custody", custody)
    answer = desk.post(f"/people/{coordinator.public_id}/close")
    assert answer.status_code == 409
    assert "6 open cases are in this person&#39;s hands." in answer.text
    held = coordinator.grants[0]
    place = f"programme:{held.programme.public_id}"
    taken = desk.post(f"/people/{coordinator.public_id}/roles/revoke", data={"role": "coordinator", "place": place})
    assert taken.status_code == 409
    assert len(roles_of("ida@example.org")) == 1


def test_the_list_is_filtered_and_paged(desk: FlaskClient, coordinator: User) -> None:
    with transaction():
        for n in range(60):
            factories.user(Role.VOLUNTEER, name=f"Volunteer {n}", email=f"v{n}@example.org")
        operations.deactivate_user(find_user("v1@example.org"), actor=None)
    assert "1 to 50 of 62" in desk.get("/people").text
    assert "51 to 62 of 62" in desk.get("/people?page=2").text
    assert "1 person" in desk.get("/people?role=coordinator").text
    assert "59 people" in desk.get("/people?state=invited").text
    assert "v1@example.org" in desk.get("/people?state=out").text
    assert "Nobody fits" in desk.get("/people?role=funder").text
    assert desk.get("/people?role=nonsense&programme=x&state=y&page=-3").status_code == 200


def test_the_list_takes_as_many_queries_for_many_as_for_few(desk: FlaskClient, app: Flask) -> None:
    from sqlalchemy import event

    from app.core.db import engine

    counts: list[int] = []
    desk.get("/people")  # whatever a first visit alone asks for
    for _ in range(2):
        with transaction():
            for _ in range(20):
                factories.user(Role.COORDINATOR, programme=factories.programme())
        session.expunge_all()
        said: list[str] = []
        listen = lambda *args, said=said: said.append(args[2])  # noqa: E731
        event.listen(engine(), "before_cursor_execute", listen)
        desk.get("/people")
        event.remove(engine(), "before_cursor_execute", listen)
        counts.append(len(said))
    assert counts[0] == counts[1]


def test_a_person_is_found_by_address_which_stays_out_of_the_url(desk: FlaskClient, coordinator: User) -> None:
    found = desk.post("/people/find", data={"email": "IDA@example.org"})
    assert found.headers["Location"] == f"/people/{coordinator.public_id}"
    assert desk.post("/people/find", data={"email": "nobody@example.org"}).headers["Location"] == "/people"


def test_nobody_else_reaches_administration(client: FlaskClient, coordinator: User, admin: User) -> None:
    factories.sign_in(client, coordinator)
    for page in ("/people", f"/people/{admin.public_id}", "/programmes", "/audit"):
        assert client.get(page).status_code == 403
    assert client.post(f"/people/{coordinator.public_id}/roles", data={"role": "admin"}).status_code == 403
    assert session.query(RoleGrant).where(RoleGrant.role == Role.ADMIN).count() == 1


def test_an_unknown_person_is_not_found(desk: FlaskClient) -> None:
    assert desk.get("/people/ffffffffffffffff").status_code == 404
    assert desk.post("/people/ffffffffffffffff/close").status_code == 404


def test_the_audit_log_names_acts_but_no_client(desk: FlaskClient, coordinator: User) -> None:
    with transaction():
        of = factories.programme()
        case = factories.case(of)
        from app.core import audit

        audit.record("case.accept", case, actor=find_user("ida@example.org"), after={"status": "accepted"})
    page = desk.get("/audit").text
    assert "case.accept" in page
    assert "Ida Brandt" in page
    assert "Maribel" not in page
    assert "Castro" not in page
    by = desk.get(f"/audit?by={coordinator.public_id}").text
    assert "case.accept" in by
    assert "No such entry." in desk.get("/audit?by=clock&action=case.accept").text
    assert desk.get("/audit?by=ffffffffffffffff").status_code == 404
