"""Who is close to a party is found from hashes; each sealed name is opened once, and a changed one anew."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.clients.models import Party, PartyRole
from app.clients.names import stripped
from app.core.db import session, transaction
from app.core.sealed import KeyRing, use_keys, word_hashes
from app.matching import called
from app.matching.barring import Purpose, barred_firms, barred_volunteers
from app.matching.rules import listed_openings
from app.volunteers.models import Membership, Organisation
from app.volunteers.ties import employer_hash
from tests import factories
from tests.conftest import KEYS
from tests.matching.desk import Desk, lay

NAMES = st.text(max_size=30) | st.sampled_from(["Cottonwood Row LLC", "José Peña", "  ", "The Company", "O'Neil"])


def kept(desk: Desk) -> set[str]:
    return barred_volunteers(listed_openings(), Purpose.CLAIM)[desk.case_id]


def party(desk: Desk, name: str, aliases: list[str] | None = None) -> None:
    with transaction():
        session.add(Party(case=desk.case, role=PartyRole.ADVERSE, name=name, aliases=aliases))


@given(NAMES, NAMES)
def test_hashes_compare_as_the_names_do(app_keys: None, one: str, other: str) -> None:
    first, second = called._called(one), called._called(other)
    assert first.words == frozenset(word_hashes(one))
    assert first.employer == employer_hash(one)
    assert bool(first.firm) == bool(stripped(one))
    assert (first.firm == second.firm) == (stripped(one) == stripped(other))


@pytest.fixture(scope="module")
def app_keys() -> None:
    """The keys that hashes are made with."""
    use_keys(KeyRing.from_settings(KEYS["data_key"], KEYS["index_key"]))


def test_a_name_is_opened_once_and_a_changed_name_anew(app: Flask) -> None:
    desk = lay(2)
    party(desk, "Tamarack Lettings", [desk.volunteer().name])
    assert kept(desk) == {desk.volunteer().public_id}
    opened = called.read.cache_info().misses
    assert kept(desk) == {desk.volunteer().public_id}
    assert called.read.cache_info().misses == opened
    with transaction():
        changed = session.query(Party).filter_by(case_id=desk.case_id).order_by(Party.id.desc()).first()
        assert changed is not None
        changed.aliases = [desk.volunteer(1).name]
    assert kept(desk) == {desk.volunteer(1).public_id}
    assert called.read.cache_info().misses == opened + 1


def test_firms_are_found_whatever_their_legal_form(app: Flask) -> None:
    desk = lay(2)
    with transaction():
        firm = factories.add(Organisation(name="Cottonwood Lenders LLP"))
        factories.add(Membership(volunteer_id=desk.volunteer_ids[0], organisation_id=firm.id))
        firm_id = firm.id
    party(desk, "COTTONWOOD lenders, Inc.")
    assert kept(desk) == {desk.volunteer().public_id}
    assert barred_firms(listed_openings(), Purpose.CLAIM)[desk.case_id] == {firm_id}


def test_nothing_kept_holds_a_name(app: Flask) -> None:
    desk = lay(1)
    party(desk, "Quillfeather Zander")
    kept(desk)
    name = called._called("Quillfeather Zander")
    assert "quillfeather" not in repr(name).casefold()
