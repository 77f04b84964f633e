"""Do pages and claims stay as quick while the mail server takes connections and never says a word?

    python -m benchmarks.mail --dead-server [seconds]

Two processes of the web and a worker; two volunteers claim, a coordinator looks at today's page and at the outbox.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

from flask import Flask
from sqlalchemy import delete, func, select

from app.clients.models import Opening
from app.core import db
from app.core.db import session, transaction
from app.core.mail import Mail
from app.core.slots import ProcessBeat, beats
from app.volunteers.models import Volunteer
from tests import factories
from tests.conftest import KEYS
from tests.core.mail_servers import silent
from tests.matching.test_race import lay
from tests.promises import crawl
from tests.promises.served import Web, ask, cookie_of

PAUSE = 0.25  # what somebody reads before the next click
CLAIM_EVERY = 4  # clicks

Took = dict[str, list[float]]


@contextmanager
def desk(url: str, log: Path, port: int) -> Iterator[Web]:
    """The web and a worker, on a mail server."""
    more = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(port), "MAIL_TIMEOUT": "20"}
    keys = {name.upper(): value for name, value in KEYS.items()}
    served = Web(url, log, 2, **more)
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
    with log.open("ab") as out:
        environ = {**os.environ, **keys, "DATABASE_URL": url, **more}
        worker = subprocess.Popen(command, env=environ, stderr=out, stdout=out)
    try:
        while "post" not in beats():
            session.rollback()
            time.sleep(0.2)
        yield served
    finally:
        worker.kill()
        worker.wait()
        served.stop()


def people(app: Flask, clicks: int) -> list[tuple[str, list[str]]]:
    """Cookies, each with the openings that its owner claims; a coordinator claims none."""
    claims = clicks // CLAIM_EVERY + 2
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


def click(port: int, cookie: str, openings: list[str], ends: float, took: Took) -> None:
    """One person until the time is over."""
    pages = ("/opportunities", "/my/profile") if openings else ("/today", "/outbox")
    n = 0
    while time.monotonic() < ends:
        claims = bool(openings) and n % CLAIM_EVERY == CLAIM_EVERY - 1
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
    everybody = people(app, int(seconds / PAUSE))
    with transaction():
        session.execute(delete(ProcessBeat))
    session.remove()
    db.engine().dispose()
    with desk(url, log, port) as served:
        for cookie, _openings in everybody:
            ask(served.port, "GET", "/account", cookie)
        ends = time.monotonic() + seconds
        threads = [threading.Thread(target=click, args=(served.port, *each, ends, took)) for each in everybody]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    return took


def compare(app: Flask, url: str, folder: Path, well: int, seconds: float) -> None:
    """The same clicks, first with a server that works, then with one that is dead; what became of the mails."""
    found: dict[str, Took] = {}
    with silent() as hanging:
        for said, port in (("works", well), ("is dead", hanging)):
            found[said] = measure(app, url, folder / said.replace(" ", "-"), port, seconds)
            for what, took in sorted(found[said].items()):
                cuts = quantiles(took, n=100)
                head = f"{what} while the mail server {said} ({len(took)})"
                print(f"{head:46}{cuts[49]:8.1f} ms p50{cuts[94]:8.1f} ms p95")
            session.rollback()
            states = session.execute(select(Mail.status, func.count()).group_by(Mail.status)).all()
            print(f"  mails: {', '.join(f'{count} {status}' for status, count in states)}")
            session.remove()
    for what in ("claims", "pages"):
        p95 = [quantiles(found[said][what], n=100)[94] for said in ("works", "is dead")]
        print(f"{f'  p95 of {what} while dead, against alive':46}{p95[1] / p95[0]:8.2f} times")
