"""Promise 3: of many who edit one record at once nobody overwrites another unseen; the loser sees both texts."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts.models import Programme
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.forms import VersionedForm
from tests import factories
from tests.accounts.test_programmes import NEW

SEEN = re.compile(r'name="seen_version" type="hidden" value="(\d+)"')
TYPED = {name: value for name, value in NEW.items() if name not in ("slug", "prefix")}


@dataclass(eq=False)
class Editor(threading.Thread):
    """Somebody who changes the sender's name again and again, and reads what comes back when others were faster."""

    app: Flask
    browser: FlaskClient
    url: str
    who: str
    edits: int
    gate: threading.Barrier
    saved: list[tuple[int, str]] = field(default_factory=list)  # the version the edit was made on, and its text
    unclear: list[str] = field(default_factory=list)
    stale: int = 0

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        seen = self._version(self.browser.get(self.url).text)
        self.gate.wait()
        for number in range(self.edits):
            seen = self._edit(seen, f"{self.who} {number}")

    def _edit(self, seen: int, text: str) -> int:
        while True:
            answer = self.browser.post(self.url, data={**TYPED, "sender_name": text, "seen_version": str(seen)})
            if answer.status_code == 303:
                self.saved.append((seen, text))
                return self._version(self.browser.get(self.url).text)
            self.stale += 1
            both = f'value="{text}"' in answer.text and answer.status_code == 409
            if not both:
                self.unclear.append(f"{answer.status_code} for {text}")
                return self._version(self.browser.get(self.url).text)
            seen = self._version(answer.text)

    @staticmethod
    def _version(page: str) -> int:
        found = SEEN.search(page)
        assert found is not None
        return int(found[1])


def edit_together(app: Flask, people: int, edits: int) -> tuple[list[Editor], Programme, int]:
    """So many people change one programme's settings so often each, beginning together."""
    with transaction():
        programme, admins = factories.programme(), [factories.user(Role.ADMIN) for _ in range(people)]
    began, url = programme.version, f"/programmes/{programme.public_id}"
    gate = threading.Barrier(people, timeout=60)
    browsers = [factories.sign_in(app.test_client(), each) for each in admins]
    session.remove()
    editors = [Editor(app, browser, url, f"Desk {n}", edits, gate) for n, browser in enumerate(browsers)]
    for each in editors:
        each.start()
    for each in editors:
        each.join()
    return editors, session.scalars(select(Programme).order_by(Programme.id.desc())).first(), began  # type: ignore[return-value]


def faults(editors: list[Editor], programme: Programme, began: int) -> list[Any]:
    """Edits made on a version that somebody else had used too, or without an entry; and refusals that hid a text."""
    saved = sorted(each for editor in editors for each in editor.saved)
    found: list[Any] = [each for editor in editors for each in editor.unclear]
    if [seen for seen, _text in saved] != list(range(began, began + len(saved))):
        found.append("two edits were made on one version")
    if not saved or programme.sender_name != saved[-1][1]:
        found.append("the last edit is not what stands there")
    entries = session.execute(select(func.count()).where(AuditEntry.action == "programme.change")).scalar_one()
    return [*found, "an edit without its entry"] if entries != len(saved) else found


def check(app: Flask, people: int, edits: int) -> None:
    editors, programme, began = edit_together(app, people, edits)
    stale = sum(editor.stale for editor in editors)
    found = faults(editors, programme, began)
    print(f"promise 3: {people} editors × {edits} edits: {stale} told both texts, {len(found)} lost")  # noqa: T201
    assert found == []
    assert sum(len(editor.saved) for editor in editors) == people * edits
    assert stale > 0


@pytest.mark.promise(3)
def test_nobody_overwrites_another_unseen(app: Flask) -> None:
    check(app, people=4, edits=4)


@pytest.mark.full
@pytest.mark.promise(3)
def test_twenty_editors_and_twenty_edits_each(app: Flask) -> None:
    check(app, people=20, edits=20)


@pytest.mark.promise(3)
def test_a_form_that_does_not_ask_for_the_version_is_found(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: whoever saves last wins."""
    monkeypatch.setattr(VersionedForm, "check_version", lambda form, row: None)
    editors, programme, began = edit_together(app, 4, 4)
    assert faults(editors, programme, began) != []
