"""Volunteers say when they are away, staff say it for who called, and nobody else reads or ends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient

from app.core import clock
from app.core.db import session, transaction
from app.volunteers import operations_leave
from app.volunteers.models import Volunteer
from app.volunteers.models_leave import Leave
from tests import factories

MONDAY = datetime(2026, 3, 2, 16, tzinfo=UTC)


def days(first: int, last: int) -> dict[str, str]:
    typed = {}
    for name, n in (("from_on", first), ("until_on", last)):
        day = (MONDAY + timedelta(days=n)).date()
        typed |= {f"{name}-month": str(day.month), f"{name}-day": str(day.day), f"{name}-year": str(day.year)}
    return typed


def test_a_volunteer_announces_and_ends_their_own_leave(app: Flask, client: FlaskClient) -> None:
    with clock.at(MONDAY):
        with transaction():
            person, other = factories.volunteer(), factories.volunteer()
            factories.sign_in(client, person.user)
            stranger = factories.sign_in(app.test_client(), other.user)
        assert "Announced" not in client.get("/my/leave").get_data(as_text=True)
        wrong = client.post("/my/leave", data=days(5, 2))
        assert wrong.status_code == 422
        assert "must not come before the first" in wrong.get_data(as_text=True)
        for _click in range(2):
            assert client.post("/my/leave", data=days(2, 5)).status_code == 303
        assert session.query(Leave).count() == 1
        assert client.post("/my/leave", data=days(5, 9)).status_code == 409
        assert "Announced" in client.get("/my/leave").get_data(as_text=True)
        leave = session.query(Leave).one().public_id
        assert stranger.post(f"/leave/{leave}/end").status_code == 404
        assert operations_leave.leave_on(person.id, (MONDAY + timedelta(days=5)).date()) is not None
        assert operations_leave.leave_on(person.id, (MONDAY + timedelta(days=6)).date()) is None
        assert client.post(f"/leave/{leave}/end").status_code == 303
        session.rollback()
        assert operations_leave.leave_on(person.id, (MONDAY + timedelta(days=5)).date()) is None


def test_staff_note_the_leave_of_somebody_who_called(app: Flask, client: FlaskClient) -> None:
    with clock.at(MONDAY):
        with transaction():
            person = factories.volunteer()
            factories.sign_in(client, factories.coordinator(factories.programme()))
            public_id = person.public_id
        assert client.get(f"/volunteers/{public_id}/leave").status_code == 200
        assert client.post(f"/volunteers/{public_id}/leave", data=days(0, 3)).status_code == 303
        session.rollback()
        assert [each.volunteer_id for each in session.query(Leave)] == [session.get_one(Volunteer, person.id).id]
