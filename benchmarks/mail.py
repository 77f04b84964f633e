"""Check-ins and mails a second with one and four workers, and what a million old mails cost who takes the next one.

    python -m benchmarks.mail [mails] [old mails]
    python -m benchmarks.mail --dead-server [seconds]

SQLite at `synchronous=FULL`; with TEST_DATABASE_URL, the PostgreSQL that it names. The mail server is aiosmtpd in a
process of its own. Beside the desk, in the same run and to the same server: a bare loop over smtplib, which keeps no
record, makes no promise and so cannot lose its place. Last, pages of the desk while the mail server takes connections
and never says a word, before that, and what becomes of every mail.
"""

from __future__ import annotations

import os
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from statistics import quantiles
from typing import Any

import time_machine
from flask import Flask
from sqlalchemy import text, update
from sqlalchemy.engine import make_url

from app.core import clock, db, delivery, mail, migrate
from app.core.db import session, transaction
from app.core.mail import Mail
from app.engagement import jobs
from benchmarks.dead_mail_server import compare
from config import Settings
from tests import factories
from tests.conftest import KEYS, SERVER, Kept
from tests.core.mail_servers import free_port
from tests.promises.test_every_checkin_leaves import NOW, place

OLD = """INSERT INTO outbox_mails (kind, occasion, to_hash, lane, to_address, subject, text, sender_name, language,
  audience, message_id, status, due_at, attempts, sent_at, harmless_twice, public_id, created_at, programme_id)
SELECT kind, 'old:' || n, to_hash, lane, to_address, subject, text, sender_name, language, audience,
  'old' || n || message_id, 'sent', due_at, 1, due_at, harmless_twice, {number}, created_at, programme_id
FROM outbox_mails, {numbers} WHERE outbox_mails.id = (SELECT min(id) FROM outbox_mails)"""
COUNTING = {
    "sqlite": (
        "(WITH RECURSIVE c(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM c WHERE n < {last}) SELECT n FROM c) AS c",
        "printf('%016x', n)",
    ),
    "postgresql": ("generate_series({first}, {last}) AS c(n)", "lpad(to_hex(n), 16, '0')"),
}  # fmt: skip


@contextmanager
def smtp_server() -> Iterator[int]:
    """A mail server that takes everything and keeps nothing."""
    port = free_port()
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}", "-c", "aiosmtpd.handlers.Sink"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            smtplib.SMTP("127.0.0.1", port, timeout=1).quit()
            break
        except OSError:
            time.sleep(0.05)
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


def bare(port: int, count: int, *, kept: bool) -> float:
    """Mails a second by a loop that hands over one after the other."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.net", "Hello"
    message.set_content("Good day.\n")
    began = time.perf_counter()
    host = smtplib.SMTP("127.0.0.1", port) if kept else None
    for _ in range(count):
        if host is not None:
            host.send_message(message)
        else:
            with smtplib.SMTP("127.0.0.1", port) as fresh:
                fresh.send_message(message)
    return count / (time.perf_counter() - began)


def by_workers(app: Flask, workers: int, work: Callable[[], bool]) -> float:
    """Seconds until so many processes have nothing more to do."""
    session.remove()
    db.engine().dispose()
    began = time.perf_counter()
    children = []
    for _ in range(workers):
        child = os.fork()
        if child == 0:
            while True:
                with app.app_context():
                    if not work():
                        os._exit(0)
        children.append(child)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    return time.perf_counter() - began


def fill(count: int, since: str) -> None:
    with transaction():
        programme = factories.programme()
        for n in range(count):
            mail.queue("bench.note", occasion=f"{since}:{n}", to=f"person{n}@example.net", subject="A note",
                       text="Good day.\n" * 20, audience="staff", programme=programme)  # fmt: skip


def hand_over(app: Flask, count: int) -> None:
    for workers in (1, 4):
        fill(count, f"hand{workers}")
        rate = count / by_workers(app, workers, delivery.deliver_one)
        print(f"{f'mails handed over, {workers} workers':44}{rate:9.0f} a second")


def check_ins(app: Flask, count: int) -> None:
    for workers in (1, 4):
        place(count // 2, first=workers * count)
        with time_machine.travel(NOW, tick=True):
            began = time.perf_counter()
            made = jobs.plan_due()
            planned = made / (time.perf_counter() - began)
            rate = made / by_workers(app, workers, jobs.send_one)
        print(f"{f'check-ins planned, 1 worker ({made})':44}{planned:9.0f} a second")
        print(f"{f'check-ins enqueued, {workers} workers':44}{rate:9.0f} a second")
        with transaction():
            session.execute(update(Mail).values(status="sent"))


def add_old(first: int, last: int) -> None:
    numbers, number = COUNTING[db.engine().dialect.name]
    with transaction():
        session.execute(text(OLD.format(numbers=numbers.format(first=first, last=last), number=number)))


def settle() -> None:
    """What the database does by itself in the minutes after so many rows came at once, so that it does it now."""
    work = {"sqlite": ("ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"), "postgresql": ("VACUUM ANALYZE", "CHECKPOINT")}
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for each in work[connection.dialect.name]:
            connection.execute(text(each))


def claims(count: int) -> list[float]:
    """How long it takes to take the next mail, each in milliseconds."""
    took = []
    for _ in range(count):
        began = time.perf_counter()
        lease = delivery._take_lease()
        took.append((time.perf_counter() - began) * 1000)
        assert lease is not None
    with transaction():
        session.execute(update(Mail).where(Mail.lease_until.is_not(None)).values(lease_token=None, lease_until=None))
    return took


def old_rows(count: int, most: int) -> None:
    """Claims with a thousand and with very many old mails."""
    fill(count, "claim")
    found = {}
    for first, last in ((1, 1000), (1001, most)):
        add_old(first, last)
        settle()
        claims(50)
        cuts = quantiles(claims(count), n=100)
        found[last] = cuts[98]
        print(f"{f'the next mail, {last:,} old ones':44}{cuts[49]:9.2f} ms p50{cuts[98]:9.2f} ms p99")
        began = time.perf_counter()
        delivery.oldest_due_unsent()
        print(f"{'  how long the oldest waits':44}{(time.perf_counter() - began) * 1000:9.2f} ms")
    print(f"{'  p99 against that with a thousand':44}{found[most] / found[1000]:9.2f} times")


@contextmanager
def database() -> Iterator[tuple[str, Path]]:
    """A migrated database and a folder that go when the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        url = SERVER or f"sqlite:///{Path(folder) / 'desk.sqlite3'}"
        engine = db.make_engine(url)
        migrate.upgrade(engine)
        engine.dispose()
        yield url, Path(folder)


def settings_of(url: str, port: int) -> Settings:
    values: dict[str, Any] = {"mail_server": "127.0.0.1", "mail_port": port, "mails_per_minute": 10_000_000}
    return Settings(database_url=url, **KEYS, **values)


def on_a_dead_server(seconds: float) -> None:
    with database() as (url, folder):
        print(f"{seconds:.0f} seconds, {make_url(url).get_backend_name()}, {clock.now():%Y-%m-%d}")
        app = Kept.on(settings_of(url, free_port()))
        with app.app_context():
            compare(app, url, folder, seconds)
            session.remove()
            db.engine().dispose()


def main(count: int, most: int) -> None:
    with database() as (url, _folder):
        print(f"{count} mails, {make_url(url).get_backend_name()}, {clock.now():%Y-%m-%d}")
        with smtp_server() as port:
            for kept in (False, True):
                rate = bare(port, count, kept=kept)
                print(
                    f"{'bare smtplib, ' + ('one connection' if kept else 'a connection each'):44}{rate:9.0f} a second"
                )
            app = Kept.on(settings_of(url, port))
            with app.app_context():
                hand_over(app, count)
                check_ins(app, count)
                old_rows(count, most)
                session.remove()
                db.engine().dispose()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--dead-server"]:
        on_a_dead_server(float((sys.argv[2:] or ["60"])[0]))
    else:
        asked = [int(each) for each in sys.argv[1:3]]
        main(*(asked + [400, 1_000_000][len(asked) :]))
