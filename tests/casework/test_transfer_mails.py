"""What everybody is told about a way out, word for word; and nothing of the client."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.casework import operations_transfer, transfer_mails, transfer_queries
from app.casework import operations_transfer_receiver as receivers
from app.casework.operations_transfer_steps import Checklist
from app.casework.transfer_models import Transfer, TransferAsk
from app.core.db import session, transaction
from app.core.mail import Mail
from app.matching.models import Assignment
from tests import factories
from tests.casework.conftest import Work
from tests.snapshots import same_as_stored

WRITE: dict[str, Callable[[Transfer, TransferAsk, Assignment], None]] = {
    "hand_back_waits": lambda t, _a, _m: transfer_mails.hand_back_waits(t),
    "handed_back": lambda t, _a, _m: transfer_mails.handed_back(t),
    "left_at_once": lambda t, _a, _m: transfer_mails.left_at_once(t),
    "custody_is_yours": lambda t, _a, _m: transfer_mails.custody_is_yours(t, t.case.custody.user),  # type: ignore[union-attr]
    "checklist_asked": lambda t, _a, _m: transfer_mails.checklist_asked(t),
    "receiver_asked": lambda _t, a, _m: transfer_mails.receiver_asked(a),
    "no_longer_asked": lambda _t, a, _m: transfer_mails.no_longer_asked(a),
    "ask_expired": lambda _t, a, _m: transfer_mails.ask_expired(a),
    "ask_stands_still": lambda _t, a, _m: transfer_mails.ask_stands_still(a),
    "ask_runs_on": lambda _t, a, _m: transfer_mails.ask_runs_on(a),
    "still_yours": lambda t, _a, _m: transfer_mails.receiver_said_no(t),
    "transfer_revoked": lambda t, _a, _m: transfer_mails.revoked(t),
    "handed_over": lambda t, _a, _m: transfer_mails.handed_over(t),
    "taken_over": lambda _t, a, m: transfer_mails.taken_over(a, m),
    "transfer_complete": lambda t, _a, _m: transfer_mails.transfer_complete(t, t.case.custody.user),  # type: ignore[union-attr]
}


def test_every_mail_is_tried() -> None:
    folder = Path(transfer_mails.__file__).parent / "templates" / transfer_mails.FOLDER
    assert {path.name for path in folder.iterdir()} == {f"{name}.en.txt" for name in WRITE}


@pytest.fixture
def asked(work: Work) -> tuple[int, int]:
    """A transfer whose receiver is asked."""
    with transaction():
        receiver = factories.volunteer(given_name="Sol")
        opened = receivers.open_transfer(work.lead, "workload", actor=work.staff)
        operations_transfer.write_checklist(opened, Checklist("Filed.", "Call."), actor=work.user)
        ask = receivers.choose_receiver(opened, receiver, actor=work.staff)
        receivers.agree(opened, "phone", actor=work.staff)
        return opened.id, ask.id


@pytest.mark.parametrize("name", WRITE)
def test_a_mail_says_what_is_stored(work: Work, asked: tuple[int, int], name: str) -> None:
    with transaction():
        case = work.case
        session.query(Mail).delete()
        case.number, case.public_id, case.programme.name = "26-00012", "case0000000000id", "Lakeshore Legal Aid"
        case.custody.user.name, work.lead.volunteer.given_name = "Inés Calloway", "Noor"  # type: ignore[union-attr]
        work.lead.letter_due_on = work.lead.first_contact_due_on
        transfer, ask = session.get_one(Transfer, asked[0]), session.get_one(TransferAsk, asked[1])
        transfer.public_id, ask.public_id = "way00000000000id", "ask00000000000id"
        session.flush()
        WRITE[name](transfer, ask, work.lead)
    mail = session.query(Mail).filter_by(kind=f"casework.{name}").one()
    same_as_stored(f"casework.{name}.en", mail)
    for fact in ("Castro", "Cottonwood", "viction", "ourt of", "Filed."):
        assert fact not in f"{mail.subject} {mail.text}"
    assert transfer_queries.transfers_of(work.case)[0].public_id == "way00000000000id"
