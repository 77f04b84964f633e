"""The timetable: each tick once, whatever the clocks, the zones and the number of schedulers."""

from __future__ import annotations

import threading
import time as time_module
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update
from werkzeug.utils import import_string

from app import create_app, schedule, worker
from app.core import clock, db, mail
from app.core import slots as slots_of
from app.core.db import session, transaction
from app.core.slots import ProcessBeat, ScheduleSlot
from app.schedule import LONG, POST, TIMETABLE, WORK, Job, last_due, tick
from config import Settings
from tests.conftest import KEYS

START = datetime(2026, 11, 21, 15, 0, 30, tzinfo=UTC)
CHICAGO = ZoneInfo("America/Chicago")
NIGHTLY = Job("nightly", "app.schedule.forget_old_slots", at=time(3, 30))
OFTEN = Job("often", "app.schedule.forget_old_slots", every=timedelta(minutes=5))
ZONES = ("America/Chicago", "America/New_York", "America/Puerto_Rico", "Pacific/Honolulu", "Europe/Berlin",
         "Australia/Lord_Howe", "America/St_Johns", "UTC")  # fmt: skip

calls: list[str] = []


def note() -> None:
    calls.append("note")


def fail() -> None:
    calls.append("fail")
    raise ZeroDivisionError


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    calls.clear()


def slots() -> int:
    session.rollback()
    return session.execute(select(func.count(ScheduleSlot.id))).scalar_one()


def test_every_function_named_exists() -> None:
    for path in (*POST, *WORK, *LONG, *(job.run for job in TIMETABLE)):
        assert callable(import_string(path))
    assert len({job.name for job in TIMETABLE}) == len(TIMETABLE)
    assert all(len(job.name) <= 40 for job in TIMETABLE)


def test_five_schedulers_one_tick_one_effect(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job("noted", "tests.core.test_schedule.note", every=timedelta(minutes=5))
    monkeypatch.setattr(worker, "TIMETABLE", [job])
    won: list[int] = []
    together = threading.Barrier(5)

    def scheduler() -> None:
        with app.app_context(), clock.at(START):
            together.wait()
            won.append(tick([job]))

    threads = [threading.Thread(target=scheduler) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [0, 0, 0, 0, 1]
    with clock.at(START):
        assert worker.run_slot()
        assert not worker.run_slot()
    assert calls == ["note"]


def test_a_later_look_in_the_same_window_changes_nothing(app: Flask) -> None:
    with clock.at(START):
        assert tick([OFTEN]) == 1
    with clock.at(START + timedelta(minutes=4)):
        assert tick([OFTEN]) == 0
    with clock.at(START + timedelta(minutes=5)):
        assert tick([OFTEN]) == 1
    assert slots() == 2


def test_a_month_of_standing_still_is_caught_up_once(app: Flask) -> None:
    with clock.at(START):
        assert tick([NIGHTLY, OFTEN]) == 2
    with clock.at(START + timedelta(days=30)):
        assert tick([NIGHTLY, OFTEN]) == 2
        assert tick([NIGHTLY, OFTEN]) == 0


def test_a_clock_that_jumps_back_runs_nothing_twice(app: Flask) -> None:
    with clock.at(START):
        tick([NIGHTLY, OFTEN])
    with clock.at(START - timedelta(hours=30)):
        assert tick([NIGHTLY, OFTEN]) == 0


@pytest.mark.promise(6)
@pytest.mark.full
def test_one_tick_for_each_local_day_in_every_zone_there_is() -> None:
    zones = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("posix", "right")))
    for zone in zones:
        one_tick_a_day(zone, {job.at for job in TIMETABLE if job.at is not None and job.at.hour in (0, 4)}, 8)
    print(f"promise 6: {len(zones)} zones over ten years: one tick for each local day")  # noqa: T201
    assert len(zones) > 400


@pytest.mark.promise(6)
@pytest.mark.parametrize("zone", ZONES)
def test_one_tick_for_each_local_day_over_ten_years_of_clock_changes(zone: str) -> None:
    one_tick_a_day(zone, {time(2, 30), time(1, 30), time(0, 15)}, 2)


def one_tick_a_day(zone: str, times: set[time], hours: int) -> None:
    for at in times:
        job = Job("daily", "x", at=at)
        now, end = datetime(2020, 1, 1, 12, tzinfo=UTC), datetime(2030, 1, 1, 12, tzinfo=UTC)
        seen: list[datetime] = []
        while now < end:
            due = last_due(job, now, ZoneInfo(zone))
            assert due <= now
            if not seen or seen[-1] != due:
                seen.append(due)
            now += timedelta(hours=hours)
        days = [due.astimezone(ZoneInfo(zone)).date() for due in seen]
        assert len(set(days)) == len(days)
        assert (days[-1] - days[0]).days == len(days) - 1


def test_a_job_that_fails_is_tried_again_and_holds_up_no_other(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [Job("fails", "tests.core.test_schedule.fail", every=timedelta(minutes=60)),
            Job("noted", "tests.core.test_schedule.note", every=timedelta(minutes=60))]  # fmt: skip
    monkeypatch.setattr(worker, "TIMETABLE", jobs)
    with clock.at(START):
        tick(jobs)
        assert [worker.run_slot() for _ in range(3)] == [True, True, False]
        assert sorted(calls) == ["fail", "note"]
    with clock.at(START + timedelta(minutes=6)):
        assert worker.run_slot()
    assert calls.count("fail") == 2


def test_a_dead_workers_tick_is_taken_over_when_its_lease_ends(app: Flask) -> None:
    with clock.at(START):
        tick([OFTEN])
        assert worker._take_slot() is not None
        assert worker._take_slot() is None
    with clock.at(START + timedelta(minutes=11)):
        assert worker._take_slot() is not None


def test_a_job_never_runs_beside_itself(app: Flask) -> None:
    with clock.at(START):
        tick([OFTEN])
        assert worker._take_slot() is not None
    with clock.at(START + timedelta(minutes=5)):
        tick([OFTEN])
        assert worker._take_slot() is None


def some() -> bool:
    calls.append("some")
    return len(calls) < 3


def test_a_job_is_called_again_while_there_is_something(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job("some", "tests.core.test_schedule.some", every=timedelta(minutes=5))
    monkeypatch.setattr(worker, "TIMETABLE", [job])
    with clock.at(START):
        tick([job])
        assert worker.run_slot()
    assert calls == ["some"] * 3


def test_daily_jobs_keep_away_from_the_hours_that_clocks_change() -> None:
    assert not [job.name for job in TIMETABLE if job.at is not None and 1 <= job.at.hour < 3]


def test_ticks_nobody_ran_are_merged_into_the_newest(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job("noted", "tests.core.test_schedule.note", every=timedelta(minutes=5))
    monkeypatch.setattr(worker, "TIMETABLE", [job])
    for minutes in (0, 5, 10):
        with clock.at(START + timedelta(minutes=minutes)):
            tick([job])
    with clock.at(START + timedelta(minutes=11)):
        assert [worker.run_slot() for _ in range(2)] == [True, False]
    assert calls == ["note"]


def test_old_ticks_are_forgotten_but_the_newest_of_each_job_stays(app: Flask) -> None:
    for days in range(10):
        with clock.at(START + timedelta(days=days)):
            tick([NIGHTLY])
    with clock.at(START):
        tick([OFTEN])
    with transaction():
        session.execute(update(ScheduleSlot).values(done_at=START))
    with clock.at(START + timedelta(days=9)):
        schedule.forget_old_slots()
    session.rollback()
    kept = session.execute(select(ScheduleSlot.job, func.count()).group_by(ScheduleSlot.job)).all()
    assert dict(kept) == {"nightly": 3, "often": 1}


def test_the_health_page_says_when_something_stands_still(app: Flask) -> None:
    browser = app.test_client()
    with clock.at(START):
        assert browser.get("/healthz").json["standing_still"] == ["scheduler", "workers"]
        tick()
        while worker.run_slot():
            pass
        live("scheduler", "work")
        well = browser.get("/healthz")
        assert (well.status_code, well.json["well"], well.json["reasons"]) == (200, True, [])
    with clock.at(START + timedelta(minutes=10)):
        live("work")
        stopped = browser.get("/healthz")
        assert (stopped.status_code, stopped.json["standing_still"]) == (503, ["scheduler"])
        assert stopped.json["reasons"] == ["No scheduler is running: nothing that is due by the clock begins."]
        tick()
        live("scheduler")
        assert browser.get("/healthz").status_code == 200
    with clock.at(START + timedelta(minutes=26)):
        tick([OFTEN])
        live("scheduler", "work")
        assert browser.get("/healthz").json["standing_still"] == ["workers"]


def live(*parts: str) -> None:
    for part in parts:
        slots_of.beat(part)


def test_the_health_page_alarms_when_the_post_stands_still(database_url: str) -> None:
    app = create_app(Settings(database_url=database_url, **KEYS, mail_server="127.0.0.1", mail_alarm_minutes=20))
    with app.app_context():
        with clock.at(START), transaction():
            mail.queue("test.note", occasion="one", to="ana@example.net", subject="x", text="x", audience="staff")
        for minutes, troubles in ((19, []), (21, ["post"])):
            with clock.at(START + timedelta(minutes=minutes)):
                tick()
                while worker.run_slot():
                    pass
                live("scheduler", "work", "post")
                assert app.test_client().get("/healthz").json["standing_still"] == troubles
        with clock.at(START + timedelta(minutes=21)), transaction():
            session.execute(update(ProcessBeat).values(skew_seconds=-45))
            session.execute(delete(ProcessBeat).where(ProcessBeat.part == "post"))
        with clock.at(START + timedelta(minutes=21)):
            assert app.test_client().get("/healthz").json["standing_still"] == ["carriers", "post", "clocks"]
        session.remove()
        db.engine().dispose()


def test_a_beat_is_one_row_and_forgotten_when_its_process_ended(app: Flask) -> None:
    with clock.at(START):
        assert abs(slots_of.beat("work")) < 5
        slots_of.beat("work")
    with clock.at(START + timedelta(hours=2)):
        assert slots_of.beats() == {}
        schedule.forget_old_slots()
    session.rollback()
    assert session.execute(select(func.count(ProcessBeat.id))).scalar_one() == 0


def test_a_worker_shows_that_each_of_its_parts_lives(app: Flask) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=worker.work_through, args=(app, [], stop, "long"))
    thread.start()
    deadline = time_module.monotonic() + 20
    while "long" not in slots_of.beats() and time_module.monotonic() < deadline:
        session.rollback()
        time_module.sleep(0.05)
    stop.set()
    thread.join()
    assert set(slots_of.beats()) == {"long"}
