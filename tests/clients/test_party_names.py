"""A name that nobody can see is none, and nobody stands twice in the same part of a matter."""

from __future__ import annotations

import pytest
from flask import Flask

from app.clients.models import PartyRole
from app.clients.operations_parties import NamedAlready, NoName, add_party, change_party, remove_party
from app.core.db import transaction
from app.core.forms import is_blank
from tests import factories


@pytest.mark.parametrize("name", ["", " \t", "\u200b", "\u2060\ufeff", "\u00ad \u200d", "\u3164\u2800"])
def test_a_name_of_which_nothing_shows_is_blank(name: str) -> None:
    assert is_blank(name)
    assert not is_blank(f"{name}O")


def test_a_party_needs_a_name_and_is_named_once_in_each_part(app: Flask) -> None:
    with transaction():
        case = factories.case(factories.programme())
        first = add_party(case, role=PartyRole.ADVERSE, name="Wren Halloran", actor=None)
    for name, role, refusal in (
        ("\u200b\u2060", PartyRole.ADVERSE, NoName),
        ("wren  HALLORAN\u200b", PartyRole.ADVERSE, NamedAlready),
    ):
        with pytest.raises(refusal), transaction():
            add_party(case, role=role, name=name, actor=None)
    with transaction():
        other = add_party(case, role=PartyRole.OTHER, name="Wren Halloran", actor=None)
    with pytest.raises(NamedAlready), transaction():
        change_party(other, role=PartyRole.ADVERSE, name="Wren Halloran", aliases=None, is_organisation=False,
                     born_on=None, actor=None)  # fmt: skip
    with transaction():
        remove_party(first, actor=None)
        add_party(case, role=PartyRole.ADVERSE, name="Wren Halloran", actor=None)
