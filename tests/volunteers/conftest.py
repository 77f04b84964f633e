"""What the tests of volunteers begin from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import Programme, User
from app.core.audit import AuditEntry
from app.core.db import session
from app.core.mail import Mail
from app.volunteers.offers import Application, Licence, Offer
from app.volunteers.words import ATTESTATIONS
from tests import factories


def saved(row: Any) -> Any:
    """The row, kept: a transaction begins from what is committed."""
    session.commit()
    return row


@pytest.fixture
def programme(app: Flask) -> Programme:
    """A programme in Wisconsin with one coordinator."""
    return saved(factories.programme())


@pytest.fixture
def coordinator(programme: Programme) -> User:
    """Somebody who screens."""
    return saved(factories.coordinator(programme, name="Ada Lindqvist"))


@pytest.fixture
def application(app: Flask) -> Callable[..., Application]:
    """An attorney's application with changes."""

    def make(**changes: Any) -> Application:
        values: dict[str, Any] = {
            "given_name": "Tomás", "family_name": "Marchetti", "email": "tomas@example.org", "roles": ["attorney"],
            "attested": list(ATTESTATIONS), "licences": [Licence("WI", "1012345")], "cover": "own",
            "offer": Offer(areas={"Housing": "competent", "32": "expert"}, counties=["55025"], capacity=2),
        }  # fmt: skip
        return Application(**{**values, **changes})

    return make


@pytest.fixture
def mails(app: Flask) -> Callable[[], list[Mail]]:
    """Everything in the outbox, oldest first."""
    return lambda: list(session.execute(select(Mail).order_by(Mail.id)).scalars())


@pytest.fixture
def acts(app: Flask) -> Callable[[], list[str]]:
    """Every audited act, oldest first."""
    return lambda: list(session.execute(select(AuditEntry.action).order_by(AuditEntry.id)).scalars())
