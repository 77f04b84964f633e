"""Do pages and claims stay as quick while the mail server takes connections and never says a word?

    python -m benchmarks.mail --dead-server [seconds]

Two processes of the web and a worker; two volunteers claim, a coordinator looks at today's page and at the outbox: for
half a minute while the server works, then for the seconds named while it is dead. Afterwards it works again, and every
mail is looked for among those it took.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy import delete, func, select, update

from app.clients.models import Opening
from app.core import clock, db
from app.core.db import session, transaction
from app.core.delivery import oldest_due_unsent
from app.core.mail import Mail, MailStatus
from app.core.slots import ProcessBeat, beats
from app.volunteers.models import Volunteer
from tests import factories
from tests.conftest import KEYS
from tests.core.mail_servers import Postmaster, running, silent
from tests.matching.test_race import lay
from tests.promises import crawl
from tests.promises.served import Web, ask, cookie_of

PAUSE = 0.25  # what somebody reads before the next click
CLAIM_EVERY = 4  # clicks at least
MOST_CLAIMS = 60  # of each, so that their pages do not grow longer than while the server worked
BEFORE = 30.0  # seconds

Took = dict[str, list[float]]


@contextmanager
def desk(url: str, log: Path, port: int) -> Iterator[Web]:
    """The web and a worker, on a mail server."""
    more = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(port), "MAIL_TIMEOUT": "20"}
    served = Web(url, log, 2, **more)
    try:
        with worker(url, log, port):
            while "post" not in beats():
                session.rollback()
                time.sleep(0.2)
            yield served
    finally:
        served.stop()


@contextmanager
def worker(url: str, log: Path, port: int) -> Iterator[None]:
    """A worker that is told to stop and ends what it has in hand."""
    keys = {name.upper(): value for name, value in KEYS.items()}
    more = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(port), "MAIL_TIMEOUT": "20"}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
    with log.open("ab") as out:
        environ = {**os.environ, **keys, "DATABASE_URL": url, **more}
        process = subprocess.Popen(command, env=environ, stderr=out, stdout=out)
    try:
        yield
    finally:
        process.terminate()
        process.wait(90)


def people(app: Flask) -> list[tuple[str, list[str]]]:
    """Cookies, each with the openings that its owner claims; a coordinator claims none."""
    claims = MOST_CLAIMS * 2
    found = []
    for _ in range(2):
        (volunteer,), openings = lay(1, claims, claims + 1)
        user = session.get_one(Volunteer, volunteer).user
        assert user is not None
        ids = session.scalars(select(Opening.public_id).where(Opening.id.in_(openings))).all()
        found.append((cookie_of(app, user), list(ids)))
    with transaction():
        coordinator = factories.coordinator(factories.programme())
    return [*found, (cookie_of(app, coordinator), [])]


def click(port: int, cookie: str, openings: list[str], ends: float, every: int, took: Took) -> None:
    """One person until the time is over."""
    pages = ("/opportunities", "/my/profile") if openings else ("/today", "/outbox")
    n = 0
    while time.monotonic() < ends:
        claims = bool(openings) and n % every == every - 1
        if claims:
            page = ask(port, "GET", "/opportunities", cookie)
            reader = crawl.Reader("/opportunities")
            reader.feed(page.text)
            token = next(form.fields["csrf_token"] for form in reader.forms if "csrf_token" in form.fields)
            sent = {"confidential": "y", "csrf_token": token}
        began = time.perf_counter()
        if claims:
            answer = ask(port, "POST", f"/opportunities/{openings.pop()}/hold", page.cookie, sent)
        else:
            answer = ask(port, "GET", pages[n % 2], cookie)
        took["claims" if claims else "pages"].append((time.perf_counter() - began) * 1000)
        assert answer.status == (303 if claims else 200), answer
        n += 1
        time.sleep(PAUSE)


def measure(app: Flask, url: str, log: Path, port: int, seconds: float) -> Took:
    """How long everything took while they clicked."""
    took: Took = defaultdict(list)
    everybody = people(app)
    with transaction():
        session.execute(delete(ProcessBeat))
    session.remove()
    db.engine().dispose()
    every = max(CLAIM_EVERY, int(seconds / PAUSE) // MOST_CLAIMS)
    with desk(url, log, port) as served:
        for cookie, _openings in everybody:
            ask(served.port, "GET", "/account", cookie)
        ends = time.monotonic() + seconds
        threads = [threading.Thread(target=click, args=(served.port, *each, ends, every, took)) for each in everybody]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    return took


def compare(app: Flask, url: str, folder: Path, seconds: float) -> None:
    """The same clicks, first for a short while with a server that works, then with one that is dead."""
    found: dict[str, Took] = {}
    office = Postmaster()
    with silent() as hanging, running(office) as well:
        for said, port, long in (("works", well, min(seconds, BEFORE)), ("is dead", hanging, seconds)):
            found[said] = measure(app, url, folder / said.replace(" ", "-"), port, long)
            for what, took in sorted(found[said].items()):
                head = f"{what} while the mail server {said} ({len(took)})"
                print(f"{head:46}{at(took, 0.5):8.1f} ms p50{at(took, 0.95):8.1f} ms p95", flush=True)
            oldest = oldest_due_unsent()
            print(
                f"  oldest due unsent {oldest.total_seconds() if oldest else 0:.0f} s; mails: {by_state()}", flush=True
            )
            session.remove()
        for what in ("claims", "pages"):
            p95 = [at(found[said][what], 0.95) for said in ("works", "is dead")]
            print(f"{f'  p95 of {what} while dead, against alive':46}{p95[1] / p95[0]:8.2f} times")
        send_the_rest(url, folder / "afterwards", well)
        tell_of_every_mail(office)


def at(took: list[float], share: float) -> float:
    """The value below which this share of them lies."""
    return sorted(took)[min(int(len(took) * share), len(took) - 1)]


def by_state() -> str:
    """How many mails are in each state."""
    session.rollback()
    states = session.execute(select(Mail.status, func.count()).group_by(Mail.status).order_by(Mail.status)).all()
    return ", ".join(f"{count} {status}" for status, count in states)


def send_the_rest(url: str, log: Path, port: int) -> None:
    """The server works again and staff say "send now": until nothing waits that may leave at this hour."""
    now = clock.now()
    with transaction():
        put_off = update(Mail).where(Mail.status == MailStatus.RETRYING, Mail.due_at > now)
        session.execute(put_off.values(due_at=now).execution_options(synchronize_session=False))
    began = time.monotonic()
    with worker(url, log, port):
        while oldest_due_unsent() is not None and time.monotonic() < began + 120:
            session.rollback()
            time.sleep(0.2)
    print(f"  all that was put off left within {time.monotonic() - began:.0f} s of its return: {by_state()}")


def tell_of_every_mail(office: Postmaster) -> None:
    """What became of each mail, by the server's own count: how many are lost, and how many came twice."""
    session.rollback()
    came = Counter(message["Message-ID"] for _address, message in office.taken)
    mails = session.execute(select(Mail.message_id, Mail.status, Mail.due_at)).all()
    sent = [each for each in mails if each.status is MailStatus.SENT]
    waits = [each for each in mails if each.status is MailStatus.QUEUED and each.due_at > clock.now()]
    others = Counter(str(each.status) for each in mails if each not in sent and each not in waits)
    lost = sum(1 for each in sent if not came[each.message_id]) + others["sending"] + others["queued"]
    print(f"  {len(mails)} mails: {len(sent)} sent, {len(waits)} wait for the office's hours, "
          f"{sum(others.values())} otherwise {dict(others) or ''}")  # fmt: skip
    print(f"  {lost} lost, {sum(count - 1 for count in came.values())} came twice")
