"""Whom a programme turned away stands with every grant's figures as need, and nobody works small numbers out of it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import Grant, User
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.metrics import publishing
from app.metrics.models import PublishedPeriod, StoredFigure
from app.metrics.publishing_lines import lines
from tests import factories

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
TURNED_AWAY = {1: 2, 2: 20, 3: 24, 4: 0, 5: 30, 6: 12}


def publish(grant: Grant, staff: User, month: int, kind: str) -> PublishedPeriod:
    with clock.at(NOW), transaction():
        return publishing.sign_off(session.merge(grant), date(2026, month, 1), kind=kind, actor=session.merge(staff))


@pytest.mark.promise(14)
def test_two_grants_together_tell_no_small_number_of_those_turned_away(app: Flask, client: FlaskClient) -> None:
    """One publishes a quarter, another its months: two of January would be the quarter less the other two."""
    with transaction():
        programme = factories.programme()
        one, other = factories.grant(programme), factories.grant(programme, name="Bar fund")
        staff, reader = factories.coordinator(programme), factories.user(Role.FUNDER, grant=one)
        for month, n in TURNED_AWAY.items():
            session.add(StoredFigure(programme_id=programme.id, months=1, starts_on=date(2026, month, 1), value=n,
                                     measure="rejected", dimension="all", member="all"))  # fmt: skip
    quarter = publish(one, staff, 1, "quarter")
    assert quarter.figures["need"] == quarter.public["need"] == {"rejected": 46}
    months = [publish(other, staff, month, "month").figures["need"]["rejected"] for month in (1, 2, 3)]
    assert months == [None, 20, None], "fewer than eleven, and what would tell of them"
    with transaction():
        session.query(StoredFigure).filter_by(starts_on=date(2026, 4, 1)).one().value = 3
    april, half = publish(other, staff, 4, "month"), publish(one, staff, 4, "quarter")
    assert (april.figures["need"], half.figures["need"]) == ({"rejected": None}, {"rejected": 45})
    page = factories.sign_in(client, reader).get(f"/impact?period={half.public_id}").text
    assert "People we could not help yet" in page
    assert "Turned away by the whole programme" in page
    assert "1 to 10 by place, or turned away" in page
    assert "with a lawyer already" in page, "not every request turned away lacked a lawyer"
    told = {line[1]: line[3] for line in lines(half.figures, half.starts_on, half.ends_on)}
    assert (told["rejected"], told["listed_not_placed"]) == (45, 0)
    with transaction():
        earlier = session.get_one(PublishedPeriod, half.id)
        earlier.figures = {key: told for key, told in earlier.figures.items() if key != "need"}
        earlier.exact = {key: told for key, told in earlier.exact.items() if key != "need"}
    page = client.get(f"/impact?period={half.public_id}").text
    assert "Not placed" in page, "what was published before keeps what it had"
    assert "Turned away" not in page
