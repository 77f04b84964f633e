"""Whatever comes once is whole or not at all, wherever it is cut off, and once when it is tried again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from app.casework import operations_messages, volunteer_milestones
from app.casework.models import Message, Visibility
from app.casework.models_milestones import VolunteerMilestone
from app.clients.models import CaseStatus
from app.core.audit import AuditEntry
from app.core.db import Base, engine, session, transaction
from app.core.mail import Mail
from app.matching import digest_jobs
from app.matching.models_digest import Digest
from tests import factories
from tests.casework.conftest import Work


class Cut(Exception):
    """The change goes no further."""


@contextmanager
def cut_at(nth: int) -> Iterator[list[int]]:
    """End the change at its nth statement that writes; the list holds how many there were."""
    count = [0]

    def cut(_connection: Any, _cursor: Any, statement: str, *_of: Any) -> None:
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            count[0] += 1
            if count[0] == nth:
                raise Cut

    event.listen(engine(), "after_cursor_execute", cut)
    try:
        yield count
    finally:
        event.remove(engine(), "after_cursor_execute", cut)


def _write(work: Work) -> None:
    with transaction():
        operations_messages.write_as_client(
            work.case.client, "Help", visibility=Visibility.LAWYER_AND_CLIENT, once="a" * 24
        )


def _answer(work: Work) -> None:
    with transaction():
        operations_messages.write_message(
            work.case, "Yes", actor=work.user, visibility=Visibility.PROGRAMME, once="b" * 24
        )


ACTS: dict[str, tuple[Callable[[Work], object], type[Base], str, str]] = {
    "a client's message": (_write, Message, "message.write", "message.volunteer"),
    "an answer": (_answer, Message, "message.write", "message.client"),
    "thanks": (lambda _work: volunteer_milestones.note_all(), VolunteerMilestone, "volunteer.milestone",
               "volunteer.milestone"),
    "a digest": (lambda _work: digest_jobs.write_some(), Digest, "digest.send", "matching.digest"),
}  # fmt: skip


@pytest.mark.promise(2)
@pytest.mark.parametrize("what", ACTS)
def test_cut_off_at_any_statement_it_is_whole_or_not_at_all_and_comes_once(work: Work, app: Flask, what: str) -> None:
    act, kind, entry, mail = ACTS[what]
    with transaction():
        for _ in range(2):
            factories.case(work.case.programme, CaseStatus.AVAILABLE)

    def found() -> tuple[int, int, int]:
        session.rollback()
        entries = session.query(AuditEntry).filter_by(action=entry).count()
        return session.query(kind).count(), entries, session.query(Mail).filter_by(kind=mail).count()

    before, cuts = found(), 0
    while True:
        with cut_at(cuts + 1) as count, suppress(Cut):  # a job keeps what failed to itself and tries again
            act(work)
        if count[0] <= cuts:
            break
        cuts += 1
        assert found() == before, f"half of it stayed at statement {cuts}"
    whole = found()
    assert cuts >= 3
    assert whole == (before[0] + 1, before[1] + 1, before[2] + 1)
    act(work)
    assert found() == whole
    print(f"{what}: cut off at {cuts} statements, 0 half done, 0 doubled")  # noqa: T201
