"""What both sides are asked by mail, word for word and in every language."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask

from app.clients.models import CaseStatus
from app.core import clock
from app.core.db import session, transaction
from app.core.mail import Mail
from app.engagement import mails
from app.engagement.models import Audience, Checkin
from tests import factories
from tests.snapshots import same_as_stored

KINDS = [
    (Audience.CLIENT, "en", "asked"),
    (Audience.CLIENT, "es", "asked"),
    (Audience.CLIENT, "en", "reminded"),
    (Audience.CLIENT, "es", "reminded"),
    (Audience.VOLUNTEER, "en", "asked"),
    (Audience.VOLUNTEER, "en", "reminded"),
]
SEVERAL = [(Audience.CLIENT, "en"), (Audience.CLIENT, "es"), (Audience.VOLUNTEER, "en")]


def test_every_mail_is_tried() -> None:
    stored = {path.name for path in (Path(mails.__file__).parent / "templates/engagement/mails").iterdir()}
    assert stored == {f"{audience}_{step}.{language}.txt" for audience, language, step in KINDS} | {
        f"{audience}_asked_several.{language}.txt" for audience, language in SEVERAL
    }


@pytest.mark.parametrize(("audience", "language", "step"), KINDS)
def test_a_mail_says_what_is_stored(app: Flask, audience: Audience, language: str, step: str) -> None:
    with transaction():
        programme = factories.programme(name="Lakeshore Legal Aid")
        person = factories.volunteer(given_name="Noor")
        case = factories.case(programme, CaseStatus.IN_SERVICE, lead=person, language=language, number="26-00012")
        asked = Checkin(case=case, assignment=case.assignments[0], audience=audience, series_key="regular",
                        questions="client_regular", due_on=date(2026, 3, 2), due_at=clock.now())  # fmt: skip
        session.add(asked)
        session.flush()
        address = mails.address_of(asked)
        assert address is not None
        mails.checkin_asked(asked, address, step)
    same_as_stored(f"engagement.{audience}_{step}.{language}", session.query(Mail).one())


@pytest.mark.parametrize(("audience", "language"), SEVERAL)
def test_a_mail_about_several_says_what_is_stored(app: Flask, audience: Audience, language: str) -> None:
    with clock.at(datetime(2026, 3, 2, 16, tzinfo=UTC)), transaction():
        programme = factories.programme(name="Lakeshore Legal Aid")
        person = factories.volunteer(given_name="Noor")
        letters = []
        for number, step in (("26-00012", "asked"), ("26-00013", "reminded")):
            case = factories.case(programme, CaseStatus.IN_SERVICE, lead=person, language=language, number=number)
            asked = Checkin(case=case, assignment=case.assignments[0], audience=audience, series_key="regular",
                            questions="client_regular", due_on=date(2026, 3, 2), due_at=clock.now())  # fmt: skip
            letters.append((factories.add(asked), step))
        mails.checkins_asked(letters)
    same_as_stored(f"engagement.{audience}_asked_several.{language}", session.query(Mail).one(), links=2)


@pytest.mark.parametrize("language", ["es", "en"])
def test_a_clients_mail_holds_no_fact_of_the_case(app: Flask, language: str) -> None:
    for step in ("asked", "reminded", "asked_several"):
        text = (Path(__file__).parents[1] / f"snapshots/engagement.client_{step}.{language}.txt").read_text()
        for fact in ("26-000", "Noor", "Castro", "Eviction", "lawyer", "abogad", "Legal Aid"):
            assert fact not in text
