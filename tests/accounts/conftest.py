"""People who sign in with a real password."""

from __future__ import annotations

from functools import lru_cache

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts import passwords
from app.accounts.models import User
from app.core.access import Role
from app.core.db import transaction
from tests import factories

PASSWORD = "quiet river lamp seven"


@lru_cache(maxsize=1)
def known_hash() -> str:
    """The password's hash, computed once."""
    return passwords.hashed(PASSWORD)


@pytest.fixture
def coordinator(app: Flask) -> User:
    """Ida Brandt, who coordinates a programme and knows her password."""
    return person(Role.COORDINATOR, name="Ida Brandt", email="ida@example.org")


@pytest.fixture
def admin(app: Flask) -> User:
    """Abel Nyman, who administers the desk."""
    return person(Role.ADMIN, name="Abel Nyman", email="abel@example.org")


def person(*roles: Role, **facts: str) -> User:
    """Somebody who can sign in."""
    with transaction():
        programme = factories.programme()
        return factories.user(*roles, programme=programme, password_hash=known_hash(), **facts)


def try_to_sign_in(browser: FlaskClient, email: str, password: str = PASSWORD, **more: object) -> TestResponse:
    """Fill in the sign-in page."""
    return browser.post("/sign-in", data={"email": email, "password": password}, **more)
