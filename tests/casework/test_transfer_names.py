"""Of a sensitive matter a receiver reads the other side first, and the client only after finding it clear."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.casework import operations_transfer_names as names
from app.casework import operations_transfer_receiver as receivers
from app.casework.transfer_models import TransferAsk
from app.casework.transfer_refusals import NamesNotSeen
from app.clients.models import PartyRole
from app.clients.operations_parties import add_party, decide_conflicts, search_conflicts
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.errors import NotAllowed
from app.matching.refusals import CheckAgain
from tests import factories
from tests.casework.conftest import Work
from tests.casework.test_transfer_receiver import Handing

CLIENT, OTHER = "Marisol", "Harbour"


@pytest.fixture
def asked(work: Work) -> Handing:
    """Somebody is asked to take over a sensitive matter and has seen the first names."""
    with transaction():
        work.case.sensitive = True
        for party in work.case.parties:
            party.name = CLIENT if party.role is PartyRole.CLIENT else OTHER
        handing = Handing(work, factories.volunteer().id)
    return handing.ready()


@pytest.fixture
def reader(app: Flask, asked: Handing) -> FlaskClient:
    return factories.sign_in(app.test_client(), asked.receiver)


def page(reader: FlaskClient, asked: Handing) -> str:
    return reader.get(f"/my/take-over/{asked.ask.public_id}").get_data(as_text=True)


def clear(asked: Handing, names_read: str | None = None) -> TransferAsk:
    with transaction():
        return names.clear_other_side(asked.ask, actor=asked.receiver, names_read=names_read)


@pytest.mark.promise(15)
def test_the_clients_name_comes_after_the_other_side_is_clear(asked: Handing, reader: FlaskClient) -> None:
    first = page(reader, asked)
    assert OTHER in first
    assert CLIENT not in first
    with pytest.raises(NamesNotSeen):
        asked.accept()
    url = f"/my/take-over/{asked.ask.public_id}/other-side"
    assert reader.post(url, data={"names_read": asked.ask.names_now}).status_code == 303
    assert CLIENT in page(reader, asked)
    asked.accept(names_read=asked.ask.names_now)
    told = [(entry.action, (entry.after or {}).get("names")) for entry in session.query(AuditEntry).order_by("id")]
    stages = [each for each in told if each[0] in ("transfer.see_names", "transfer.clear_other_side", "parties.view")]
    assert stages == [
        ("transfer.see_names", "other_side"), ("parties.view", None), ("transfer.clear_other_side", "all"),
        ("parties.view", None),
    ]  # fmt: skip


@pytest.mark.promise(15)
def test_a_name_that_comes_in_between_is_checked_before_the_client_is_shown(
    asked: Handing, reader: FlaskClient
) -> None:
    clear(asked)
    shown = asked.ask.names_now
    with transaction():
        case = asked.work.case
        add_party(case, role=PartyRole.ADVERSE, name="Juniper Vale", actor=asked.work.staff)
        decide_conflicts(search_conflicts(case, actor=asked.work.staff), "clear", "Others.", actor=asked.work.staff)
    again = page(reader, asked)
    assert "Juniper Vale" in again
    assert CLIENT not in again
    with pytest.raises(CheckAgain):
        asked.accept(names_read=shown)
    with pytest.raises(CheckAgain):
        clear(asked, shown)
    for _twice in range(2):
        clear(asked)
    assert CLIENT in page(reader, asked)
    assert session.query(AuditEntry).filter_by(action="transfer.clear_other_side").count() == 2


def test_nobody_else_clears_it_and_nothing_is_cleared_unseen(work: Work) -> None:
    with transaction():
        work.case.sensitive = True
        handing = Handing(work, factories.volunteer().id)
    handing.prepare()
    handing.choose()
    handing.agree()
    with pytest.raises(NamesNotSeen):
        clear(handing)
    with pytest.raises(NotAllowed), transaction():
        names.clear_other_side(handing.ask, actor=work.staff)


def test_of_another_matter_everybody_is_shown_at_once(work: Work) -> None:
    with transaction():
        handing = Handing(work, factories.volunteer().id)
    handing.ready()
    assert handing.ask.shows_everybody
    assert handing.ask.names_now == str(work.case.parties_version)
    assert clear(handing).other_side_clear_version is None
    assert receivers.may_read_names(handing.ask)
