"""A million cases drawn from the published mix of closing codes: the roll-up's time and memory, the page's, the sums.

    python -m benchmarks.impact [cases] [file]

Of a million cases 932,406 are the published table itself (`data/case_mix_2010.csv`: LSC Fact Book 2010, cases closed by
problem code and closing code); a smaller set is the table scaled down. Rows are written straight into a SQLite file,
which is kept: named again, it is read as it is, so that pages can be measured without an hour of making it.
"""

from __future__ import annotations

import csv
import hashlib
import random
import secrets
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask
from sqlalchemy.dialects import sqlite

from app import create_app, tables
from app.accounts.models import Grant, Programme, RoleGrant, SignIn, User
from app.casework.models import ClosingReport, TimeEntry
from app.clients.models import Case, CaseGrant, CaseMove, Client, CriticalDate, EligibilityDecision, Person
from app.clients.problems import counties_of
from app.core import clock, statistics
from app.core.db import engine, session, transaction
from app.core.sealed import keyed_hash, new_key
from app.engagement.models import Checkin
from app.matching.models import Assignment
from app.metrics import boards, figures, publishing, rollup
from app.metrics.models import StoredFigure
from app.volunteers.models import Volunteer
from config import Settings

TABLE = Path(__file__).parent / "data" / "case_mix_2010.csv"
CODES = ("A", "B", "F", "G", "H", "IA", "IB", "IC", "K", "L")
WHOLE, PAGES, BEFORE = 1_000_000, 400, 40  # pages counted, and before them pages that find nothing at hand
FIRST, YEARS, VOLUNTEERS = date(2016, 1, 1), 10, 3_000
NOW = datetime(2026, 1, 15, 15, tzinfo=UTC)
DIALECT = sqlite.dialect()
BLOCK = 20_000
WAY = ("prescreen", "accepted", "available", "placed", "in_service", "closing", "closed")
DAYS = (0, 2, 4, 18, 22, 110, 113)  # of each step on the way, on average


class Rows:
    """Rows of one table, most columns the same, written as they are."""

    def __init__(self, kind: type[Any], /, *varied: str, **fixed: Any) -> None:
        self.columns = kind.__table__.columns
        self.varied, self.rows, self.last = varied, list[tuple[Any, ...]](), 0
        alike = [c for c in self.columns if c.name not in varied]
        self.same = {c.name: self._bound(c, fixed.get(c.name, self._usual(c))) for c in alike}
        names = [c.name for c in self.columns if c.name not in ("id", "public_id", *varied)]
        has_public = "public_id" in self.columns
        self.into = ["id", *varied, *(["public_id"] if has_public else []), *names]
        self.rest, self.has_public = tuple(self.same[name] for name in names), has_public
        marks = ", ".join("?" * len(self.into))
        self.sql = f"INSERT INTO {kind.__tablename__} ({', '.join(self.into)}) VALUES ({marks})"  # noqa: S608

    def _usual(self, column: Any) -> Any:
        default = column.default
        if default is None or column.name in ("id", "public_id"):
            return None
        return default.arg if default.is_scalar else default.arg(None)

    def _bound(self, column: Any, value: Any) -> Any:
        process = column.type.dialect_impl(DIALECT).bind_processor(DIALECT)
        return process(value) if process and value is not None else value

    def add(self, *values: Any) -> int:
        self.last += 1
        public = (f"{self.last:016x}",) if self.has_public else ()
        self.rows.append((self.last, *values, *public, *self.rest))
        return self.last


def at(day: date, minute: int) -> str:
    """A moment as SQLite keeps it."""
    return f"{day.isoformat()} {14 + minute // 60 % 9:02}:{minute % 60:02}:00.000000"


def the_mix(cases: int) -> Iterator[tuple[str, str, int]]:
    """How many cases of each problem and closing code: the published table, or a part of it."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for code in CODES:
                if n := int(row[code]) * cases // WHOLE if cases < WHOLE else int(row[code]):
                    yield row["problem_code"], code, n


class World:
    """The programme, its staff and volunteers, and its cases."""

    def __init__(self, path: Path, cases: int) -> None:
        self.file, self.chance, self.wanted = sqlite3.connect(path, isolation_level=None), random.Random(5), cases
        for pragma in ("synchronous=OFF", "journal_mode=OFF", "cache_size=-300000"):
            self.file.execute(f"PRAGMA {pragma}")
        self.counties = [fips for fips, _name in counties_of("WI")]
        self.kinds: dict[str, Rows] = {}
        self._people()
        rows = self._rows
        rows("case", Case, "number", "received_at", "problem_code", "county", "language", "priority_level",
             "priority_rank", "status", programme_id=1, forum_state="WI", listing_title="A matter")  # fmt: skip
        rows("move", CaseMove, "case_id", "from_status", "to_status", "at", operation="bench")
        rows("person", Person, programme_id=1, given_name="Maribel", family_name="Castro")
        rows("client", Client, "case_id", "person_id", "identity_id")
        rows("home", EligibilityDecision, "case_id", "household_size", grant_id=1, ruleset="lsc", guideline_year=2016,
             gross_income=1, assets=0, percent=900, eligible=True, reason="x", decided_by_id=1,
             decided_at=NOW)  # fmt: skip
        rows("paid", CaseGrant, "case_id", "from_on", grant_id=1)
        rows("date", CriticalDate, "case_id", "on_day", kind="hearing")
        rows("lead", Assignment, "case_id", "volunteer_id", "started_at", "first_contact_due_on", "first_contact_at",
             "letter_due_on", "ended_at", role="lead")  # fmt: skip
        rows("hours", TimeEntry, "case_id", "volunteer_id", "on_day", "hundredths", user_id=1, role="lead")
        rows("asked", Checkin, "case_id", "assignment_id", "due_on", "due_at", "sent_at", "answered_at",
             audience="client", series_key="x", questions="x")  # fmt: skip
        rows("closing", ClosingReport, "case_id", "closing_code", "work_ended_on", "reported_at", "approved_at",
             reported_by_id=1, status="approved", main_benefit="0000", approved_by_id=1)  # fmt: skip

    def _rows(self, name: str, kind: type[Any], /, *varied: str, **fixed: Any) -> None:
        self.kinds[name] = Rows(kind, *varied, **fixed)

    def _people(self) -> None:
        rows = self._rows
        rows("programme", Programme, name="Lakeshore Legal Aid", slug="lake", prefix="LK", state="WI", phone="x",
             time_zone="America/Chicago", sender_name="Lakeshore", counties=self.counties)  # fmt: skip
        rows("grant", Grant, programme_id=1, name="Basic field grant", starts_on=FIRST)
        rows("user", User, name="Inés", email="i@example.org", email_hash=keyed_hash("i@example.org", "address"))
        rows("role", RoleGrant, user_id=1, role="coordinator", programme_id=1)
        rows("volunteer", Volunteer, "email_hash", given_name="Ada", family_name="Field", email="a@example.org",
             status="approved", applied_at=NOW, approved_at=NOW)  # fmt: skip
        for name in ("programme", "grant", "user", "role"):
            self.kinds[name].add()
        for n in range(VOLUNTEERS):
            self.kinds["volunteer"].add(f"{n:040}")
        self.write()

    def write(self) -> None:
        """Everything gathered, in one go."""
        self.file.execute("BEGIN")
        for rows in self.kinds.values():
            self.file.executemany(rows.sql, rows.rows)
            rows.rows.clear()
        self.file.execute("COMMIT")

    def fill(self) -> int:
        """Every closed case of the mix, and so many more that never were."""
        made = 0
        for problem, code, n in the_mix(self.wanted):
            for _ in range(n):
                self._closed(problem, code)
            made += n
            if len(self.kinds["move"].rows) > BLOCK:
                self.write()
        for n in range(self.wanted - made):
            self._other()
            if n % BLOCK == 0:
                self.write()
        self.write()
        self.file.close()
        return made

    def _case(self, problem: str, day: date, status: str) -> int:
        c, add = self.chance, self.kinds["case"].add
        level = c.choices(("critical", "high", "normal", "low"), (8, 24, 48, 20))[0]
        rank = ("critical", "high", "normal", "low").index(level) + 1
        county = self.counties[min(c.randrange(72), c.randrange(72))]
        language = "es" if c.random() < 0.12 else "en"
        number = f"{day.year % 100}-{self.kinds['case'].last:07}"
        made = add(number, at(day, c.randrange(500)), problem, county, language, level, rank, status)
        person = self.kinds["person"].add() if c.random() < 0.92 or not self.kinds["person"].last else (
            c.randrange(self.kinds["person"].last) + 1
        )  # fmt: skip
        self.kinds["client"].add(made, person, person)
        self.kinds["paid"].add(made, day.isoformat())
        return made

    def _moves(self, case: int, way: tuple[str, ...], day: date) -> list[date]:
        days, before = [], None
        for step, mean in zip(way, DAYS, strict=False):
            when = day + timedelta(days=int(mean * self.chance.uniform(0.5, 1.5)))
            when = max(when, days[-1]) if days else when
            self.kinds["move"].add(case, before, step, at(when, self.chance.randrange(500)))
            days, before = [*days, when], step
        return days

    def _closed(self, problem: str, code: str) -> None:
        c = self.chance
        day = FIRST + timedelta(days=c.randrange(365 * YEARS - 170))
        case, who = self._case(problem, day, "closed"), c.randrange(VOLUNTEERS) + 1
        days = self._moves(case, WAY, day)
        placed, ended = days[3], days[-1]
        self.kinds["home"].add(case, c.choice((1, 1, 2, 3, 4, 5)))
        if c.random() < 0.5:
            self.kinds["date"].add(case, (days[2] + timedelta(days=c.randrange(60))).isoformat())
        lead = self.kinds["lead"].add(case, who, at(placed, 10), placed.isoformat(), at(days[4], 30),
                                      (placed + timedelta(days=14)).isoformat(), at(ended, 20))  # fmt: skip
        self.kinds["hours"].add(case, who, placed.isoformat(), c.randrange(50, 3_000))
        sent = placed + timedelta(days=14)
        self.kinds["asked"].add(case, lead, sent.isoformat(), at(sent, 5), at(sent, 5),
                                at(sent + timedelta(days=1), 5) if c.random() < 0.8 else None)  # fmt: skip
        self.kinds["closing"].add(case, code, ended.isoformat(), at(ended, 5), at(ended, 60))

    def _other(self) -> None:
        c = self.chance
        end = c.choice(("rejected", "withdrawn", "not_placed", "available"))
        last = 365 * YEARS if end != "available" else 20
        day = FIRST + timedelta(days=365 * YEARS - 1 - c.randrange(last))
        case = self._case(c.choice(("63", "32", "02")), day, end)
        way = {"rejected": WAY[:1], "withdrawn": WAY[:2], "not_placed": WAY[:3], "available": WAY[:3]}[end]
        self._moves(case, way if end == "available" else (*way, end), day)


def memory() -> float:
    """The most memory this process has had since it was asked to forget, in MB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def timed(what: str, work: Any) -> Any:
    """Do it, and say how long it took."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the most memory so far
    begin, at_work = time.perf_counter(), time.process_time()
    found = work()
    took, worked = time.perf_counter() - begin, time.process_time() - at_work
    print(f"{what}: {took:.1f} s, of the processor {worked:.1f} s, at most {memory():.0f} MB", flush=True)
    return found


def pages(app: Flask, asked: int) -> None:
    """How fast the staff's report opens, for months, quarters, years and five years."""
    browser = _signed_in(app, 1)
    chance, took = random.Random(1), dict[str, list[tuple[float, float]]]()
    for n in range(BEFORE + asked):
        year, kind = chance.randrange(2016, 2026), chance.choice(("month", "quarter", "year", "five"))
        day = date(year, chance.randrange(1, 13), 1)
        first, last = figures.period_of(day, kind) if kind != "five" else (date(2019, 2, 3), date(2024, 1, 20))
        by = chance.choice(("category", "county", "priority", "closing_code"))
        part = chance.choice(boards.parts(by)).key
        took.setdefault(kind if n >= BEFORE else "at first", []).append(
            _opened(browser, f"/reports?from={first}&to={last}&by={by}&part={part}")
        )
    at_first = took.pop("at first")
    took |= {"all": [ms for some in took.values() for ms in some], f"the first {BEFORE}": at_first}
    for kind, some in took.items():
        _say(f"report, {kind}", some)
    for address in ("/reports/waits", "/reports/gaps"):
        _say(address, [_opened(browser, address) for _n in range(20)])


def _opened(browser: Any, address: str) -> tuple[float, float]:
    """The milliseconds a page took, by the clock and of the processor."""
    begin, worked = time.perf_counter(), time.process_time()
    answer = browser.get(address)
    assert answer.status_code == 200, answer.status
    return 1000 * (time.perf_counter() - begin), 1000 * (time.process_time() - worked)


def _say(what: str, took: list[tuple[float, float]]) -> None:
    wall, worked = (sorted(some) for some in zip(*took, strict=True))
    ends = [(median(some), some[int(0.99 * (len(some) - 1))]) for some in (wall, worked)]
    print("{}: p50 {:.0f} ms, p99 {:.0f} ms (processor {:.0f}, {:.0f})".format(what, *ends[0], *ends[1]), flush=True)


def funders(app: Flask) -> None:
    """A quarter and a year are signed off; how fast the funder's page opens."""
    for first, kind in ((date(2024, 1, 1), "quarter"), (date(2024, 1, 1), "year")):
        timed(f"signed off, {kind}", lambda first=first, kind=kind: _sign_off(first, kind))
    with transaction():
        one = User(name="Ruth", email="f@example.org", email_hash=keyed_hash("f@example.org", "address"))
        session.add(one)
        session.flush()
        session.add(RoleGrant(user_id=one.id, role="funder", programme_id=1, grant_id=1))
        user_id = one.id
    browser = _signed_in(app, user_id)
    _say("funder's page", [_opened(browser, "/impact") for _n in range(100)])


def _sign_off(first: date, kind: str) -> None:
    with transaction():
        publishing.sign_off(session.get_one(Grant, 1), first, actor=session.get_one(User, 1), kind=kind)


def _signed_in(app: Flask, user_id: int) -> Any:
    """A browser of somebody's."""
    browser, token = app.test_client(), secrets.token_urlsafe(24)
    digest = hashlib.sha256(token.encode()).hexdigest()
    with transaction():
        session.add(SignIn(user_id=user_id, token_hash=digest, last_seen_at=clock.now()))
    with browser.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    return browser


def compare(programme_id: int, mix: Counter[tuple[str, str]]) -> None:
    """The report by problem code and closing code against the table the cases were drawn from."""
    programme = session.get_one(Programme, programme_id)
    read = figures.read_period(programme, FIRST, date(2025, 12, 31), dimensions=("problem_closing",))
    found = {tuple(k.split(":")): n for k, n in read.by("closed", "problem_closing").items()}
    assert found == dict(mix), "the report is not the table"
    totals = Counter[str]()
    for (_problem, code), n in found.items():
        totals[code] += n
    print("columns:", {code: totals[code] for code in CODES}, "in all", sum(totals.values()), "equal to the table")


def main() -> None:
    """Make the cases, roll them up, and say the figures."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    path = Path(sys.argv[2] if len(sys.argv) > 2 else "impact.sqlite3")
    known = path.exists()
    app = create_app(Settings(database_url=f"sqlite:///{path}", secret_key="x" * 40, **_keys(path)))
    with app.app_context(), clock.at(NOW):
        if not known:
            make(path, cases)
        pages(app, PAGES)
        if not known:
            funders(app)


def _keys(path: Path) -> dict[str, str]:
    """The keys of a file of cases, kept beside it."""
    beside = path.with_suffix(".keys")
    if not beside.exists():
        beside.write_text(f"{new_key()} {new_key()}", encoding="ascii")
    data_key, index_key = beside.read_text(encoding="ascii").split()
    return {"data_key": f"k1:{data_key}", "index_key": index_key}


def make(path: Path, cases: int) -> None:
    """Write the cases and roll them up."""
    tables.metadata.create_all(engine())
    session.remove()
    engine().dispose()
    with clock.at(NOW - timedelta(days=2)):  # when every row was last changed
        world = World(path, cases)
    print(f"{cases} cases, {timed('written', world.fill)} of them closed")
    statistics.refresh()  # as every night
    timed("rolled up whole", lambda: rollup.refresh(1, whole=True))
    rows = session.query(StoredFigure).count()
    print(f"{rows} figures stored, {path.stat().st_size >> 20} MB in all", flush=True)
    timed("again, nothing changed", lambda: rollup.refresh(1))
    compare(1, Counter({(problem, code): n for problem, code, n in the_mix(cases)}))


if __name__ == "__main__":
    main()
