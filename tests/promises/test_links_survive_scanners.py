"""Mail scanners follow links, and some fill in what they find: the link stays its reader's, and works once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.accounts import calendars
from app.clients.models import CaseStatus
from app.core import clock
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.mail import Mail
from app.engagement import jobs
from app.engagement.models import Answer, Audience, Checkin
from app.tasks.models import Task
from tests import factories
from tests.matching.test_race import at_once

MONDAY = datetime(2026, 3, 2, 16, tzinfo=UTC)
ASKED = MONDAY + timedelta(days=8)
BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"


def asked() -> str:
    """A client was asked; the path of the link in the mail."""
    with clock.at(MONDAY), transaction():
        case = factories.case(factories.programme(), CaseStatus.PLACED, lead=factories.volunteer())
        case.assignments[0].first_contact_due_on = calendars.today(case.programme) + timedelta(days=7)
    with clock.at(ASKED):
        jobs.plan_due()
        while jobs.send_one():
            pass
    session.rollback()
    mail = session.scalars(select(Mail).where(Mail.audience == Audience.CLIENT)).one()
    found = re.search(r"https?://[^/\s]+(/checkin/\S+)", mail.text)
    assert found
    return found[1]


def get(**headers: str) -> Callable[[FlaskClient, str], object]:
    return lambda browser, path: browser.get(path, headers={name.replace("_", "-"): of for name, of in headers.items()})


def follow(browser: FlaskClient, path: str) -> None:
    """Open everything on the page that it links to."""
    for link in re.findall(r'(?:href|action|src)="(/[^"]*)"', browser.get(path).text):
        browser.get(link)


def submit(browser: FlaskClient, path: str, **filled: str) -> TestResponse:
    """Send the page's own form, with its token, as a machine would."""
    page = browser.get(path).text
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
    return browser.post(path, data={"csrf_token": token[1] if token else "", **filled})


def first_choices(browser: FlaskClient, path: str) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for field in re.findall(r"<input[^>]*type=\"radio\"[^>]*>", browser.get(path).text):
        name, value = (re.search(rf'{what}="([^"]*)"', field) for what in ("name", "value"))
        assert name is not None
        assert value is not None
        chosen.setdefault(name[1], value[1])
    return chosen


SCANNERS: dict[str, Callable[[FlaskClient, str], object]] = {
    "a look at the head": lambda browser, path: browser.head(path),
    "what may be done with it": lambda browser, path: browser.options(path),
    "a plain look": get(),
    "two looks at once": lambda browser, path: (browser.get(path), browser.get(path)),
    "a prefetch": get(Purpose="prefetch", Sec_Purpose="prefetch;prerender"),
    "Safe Links": get(User_Agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120 Safari/537.36 Edg/120"),
    "Proofpoint": get(User_Agent="Mozilla/5.0 (X11; Linux x86_64) Proofpoint URL Defense"),
    "Mimecast": get(User_Agent="Mimecast-URL-Protect/2.0", X_Mimecast="1"),
    "Barracuda": get(User_Agent="BarracudaCentral/1.0"),
    "a preview in a messenger": get(User_Agent="facebookexternalhit/1.1"),
    "a search engine": get(User_Agent="Googlebot/2.1 (+http://www.google.com/bot.html)"),
    "a tool without a name": get(User_Agent=""),
    "a part of the page": get(Range="bytes=0-511"),
    "a cached copy compared": get(If_Modified_Since="Mon, 02 Mar 2026 16:00:00 GMT", If_None_Match='"x"'),
    "everything on the page": follow,
    "the page of thanks": lambda browser, path: browser.get(f"{path}/thanks"),
    "a link with an ending": lambda browser, path: (browser.get(f"{path}."), browser.get(f"{path}?utm_source=mail")),
    "an empty form without the token": lambda browser, path: browser.post(path),
    "a filled form without the token": lambda browser, path: browser.post(path, data=first_choices(browser, path)),
    "JSON": lambda browser, path: browser.post(path, json={"contact": "yes"}),
    "other methods": lambda browser, path: (browser.put(path), browser.delete(path), browser.patch(path)),
    "the page's own form, empty": lambda browser, path: submit(browser, path),
}


@pytest.mark.promise(10)
def test_scanners_leave_a_link_as_it_was_and_a_person_has_the_last_word(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    path = asked()
    for name, scanner in SCANNERS.items():
        apart(app, lambda browser, scanner=scanner: scanner(browser, path))
        assert answers() == 0, name
    filled = apart(app, lambda browser: first_choices(browser, path))
    print(f"promise 10: {len(SCANNERS)} ways of scanners: 0 answers; one that fills in the form is overruled")  # noqa: T201
    assert apart(app, lambda browser: submit(browser, path, **filled).status_code) == 303, "no different from a person"
    assert apart(app, lambda browser: browser.get(path, headers={"User-Agent": BROWSER}).status_code) == 200
    theirs = {**filled, "contact": "no", "call_me": "yes"}
    assert apart(app, lambda browser: submit(browser, path, **theirs).status_code) == 303
    session.rollback()
    kept = session.scalars(select(Answer).order_by(Answer.id.desc())).first()
    assert kept is not None
    assert (kept.values["contact"], kept.values["call_me"]) == ("no", "yes")
    assert "call_me" in {task.cause for task in session.scalars(select(Task).where(Task.done_at.is_(None)))}


def apart(app: Flask, work: Callable[[FlaskClient], Any]) -> Any:
    """In a thread, so that nothing of one request is left for the next; two minutes after the mail left."""

    def run() -> Any:
        with clock.at(ASKED + timedelta(minutes=2)):
            return work(app.test_client())

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


def answers() -> int:
    session.rollback()
    answered = session.execute(select(func.count(Checkin.answered_at))).scalar_one()
    return answered + session.execute(select(func.count(Answer.id))).scalar_one()


@pytest.mark.promise(10)
@pytest.mark.parametrize("racers", [8, pytest.param(50, marks=pytest.mark.full)])
def test_many_answers_at_once_open_one_task_and_the_first_one_starts_the_day(app: Flask, racers: int) -> None:
    path = asked()
    filled = {**first_choices(app.test_client(), path), "contact": "no", "call_me": "yes"}
    session.rollback()

    def send() -> str:
        with clock.at(ASKED + timedelta(minutes=2)):
            return str(app.test_client().post(path, data=filled).status_code)

    said = at_once(app, [send] * racers)
    session.rollback()
    tasks = Counter(task.cause for task in session.scalars(select(Task).where(Task.done_at.is_(None))))
    checkin = session.scalars(select(Checkin).where(Checkin.answered_at.is_not(None))).one()
    written = session.scalars(select(AuditEntry).where(AuditEntry.action == "checkin.answer")).all()
    print(f"promise 10: {racers} answers at once: {Counter(said)}, tasks {dict(tasks)}")  # noqa: T201
    assert set(said) == {"303"}
    assert tasks["call_me"] == 1
    assert set(tasks.values()) == {1}
    assert len(written) == len(checkin.answers) == racers
    with clock.at(ASKED + timedelta(hours=25)):
        assert app.test_client().post(path, data=filled).status_code == 410
