"""The timetable: every job and when, what the workers do, and the scheduler that puts ticks into the queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from threading import Event
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask, current_app
from sqlalchemy import delete, func, select

from app.core import clock
from app.core.db import session, transaction
from app.core.logs import where_it_broke
from app.core.pace import forget_old_lanes
from app.core.slots import ScheduleSlot, beat, forget_old_beats, win_slot

log = structlog.get_logger()


@dataclass(frozen=True)
class Job:
    """Clocked work: `every` so often or daily `at` a local hour, a worker runs the function while it answers True."""

    name: str
    run: str
    every: timedelta | None = None
    at: time | None = None


MINUTES = timedelta(minutes=1)

# Not between 1 and 3 at night, when clocks are put forward and back.
TIMETABLE = [
    Job("slots.forget", "app.schedule.forget_old_slots", every=1 * MINUTES),
    Job("checkins.plan", "app.engagement.jobs.plan_due", every=5 * MINUTES),
    Job("checkins.hasten", "app.engagement.jobs.hasten_all", every=5 * MINUTES),
    Job("dates.remind", "app.engagement.jobs_reminders.remind", every=5 * MINUTES),
    Job("escalations.look", "app.engagement.jobs_escalations.look", every=5 * MINUTES),
    Job("requests.try_again", "app.clients.jobs.try_again_one", every=15 * MINUTES),
    Job("requests.close_incomplete", "app.clients.jobs.close_incomplete_one", every=15 * MINUTES),
    Job("requests.forget", "app.clients.intake.forgetting.forget_one", every=60 * MINUTES),
    Job("surveys.plan", "app.engagement.jobs_surveys.plan_all", every=60 * MINUTES),
    Job("clients.still_looking", "app.clients.updates_jobs.still_looking_all", every=60 * MINUTES),
    Job("cases.ask_about_clock", "app.clients.jobs.ask_about_clock_one", every=15 * MINUTES),
    Job("messages.note_unanswered", "app.casework.message_jobs.note_unanswered_one", every=5 * MINUTES),
    Job("digests.write", "app.matching.digest_jobs.write_some", every=1 * MINUTES),
    Job("packages.note_overdue", "app.casework.package_jobs.note_overdue_one", every=60 * MINUTES),
    Job("mail.read_bounces", "app.core.bounce_box.read_box", every=5 * MINUTES),
    Job("priorities.lapse", "app.clients.jobs.lapse_one", every=60 * MINUTES),
    Job("priorities.refresh", "app.clients.jobs.refresh_all", at=time(0, 20)),
    Job("volunteers.night", "app.volunteers.jobs.every_night", at=time(0, 40)),
    Job("docket.place", "app.matching.docket_jobs.every_night", at=time(0, 50)),
    Job("milestones.note", "app.casework.volunteer_milestones.note_all", at=time(3, 30)),
    Job("accounts.sweep", "app.accounts.jobs.sweep", at=time(3, 40)),
    Job("database.look", "app.core.statistics.refresh", at=time(3, 50)),
    Job("metrics.roll_up", "app.metrics.jobs.roll_up", at=time(4, 10)),
    Job("reports.make", "app.metrics.schedules_jobs.make_one", every=60 * MINUTES),
    Job("reports.tell_funders", "app.metrics.schedules_jobs.tell_one_funder", every=15 * MINUTES),
]

# What a worker does over and over; each function says whether there was something. Three threads, so that long work
# (a job of the timetable, a docket run) holds up neither the post nor what is short.
POST = [
    "app.core.delivery.deliver_one",
    "app.core.delivery.park_one",
]
WORK = [
    "app.engagement.jobs.send_one",
    "app.engagement.jobs_escalations.climb_one",
    "app.engagement.jobs_surveys.send_one",
    "app.matching.jobs.expire_one",
    "app.matching.jobs.warn_one",
    "app.matching.jobs.void_one",
    "app.matching.jobs.drop_one",
    "app.matching.jobs.let_go_one",
    "app.matching.jobs.let_barred_go_one",
    "app.matching.jobs.look_after_one",
    "app.matching.firm_jobs.note_unanswered_one",
    "app.matching.firm_jobs.settle_unanswered_one",
    "app.matching.firm_jobs.ask_about_colleagues_one",
    "app.matching.docket_jobs.propose_one",
    "app.casework.transfer_jobs.expire_one",
    "app.casework.transfer_jobs.drop_one",
]
LONG = [
    "app.worker.run_slot",
    "app.matching.docket_jobs.run_one",
]

LOOK_EVERY = 15
KEEP_SLOTS = timedelta(days=3)


def last_due(job: Job, now: datetime, zone: ZoneInfo) -> datetime:
    """The latest moment up to now at which the job was due; every scheduler works out the same."""
    if job.every is not None:
        step = int(job.every.total_seconds())
        return datetime.fromtimestamp(int(now.timestamp()) // step * step, UTC)
    if job.at is None:
        raise ValueError(f"The job {job.name} has no time.")
    day = now.astimezone(zone).date()
    due = datetime.combine(day, job.at, zone).astimezone(UTC)
    return due if due <= now else datetime.combine(day - timedelta(days=1), job.at, zone).astimezone(UTC)


def tick(timetable: Sequence[Job] = TIMETABLE) -> int:
    """Put every tick that is due and not taken into the queue; returns how many this scheduler won."""
    zone = ZoneInfo(current_app.extensions["settings"].time_zone)
    now = clock.now()
    ticks = session.execute(select(ScheduleSlot.job, func.max(ScheduleSlot.tick_at)).group_by(ScheduleSlot.job))
    latest = dict(ticks.all())
    due = {job.name: last_due(job, now, zone) for job in timetable}
    missing = [name for name, at in due.items() if name not in latest or latest[name] < at]
    session.rollback()
    return sum(_win(name, due[name]) for name in missing)


def _win(name: str, at: datetime) -> bool:
    with transaction():
        won = win_slot(name, at) is not None
    if won:
        log.info("schedule.tick", job=name)
    return won


def forget_old_slots() -> None:
    """Keep three days of ticks, and what is of late of processes and lanes; running each minute shows that all live."""
    with transaction():
        forget_old_beats()
        forget_old_lanes(clock.now())
        old = (ScheduleSlot.tick_at < clock.now() - KEEP_SLOTS) & ScheduleSlot.done_at.is_not(None)
        newest = select(func.max(ScheduleSlot.id)).group_by(ScheduleSlot.job)
        session.execute(delete(ScheduleSlot).where(old, ScheduleSlot.id.not_in(newest)))


def run_scheduler(app: Flask, stop: Event) -> None:
    """Look at the timetable every few seconds until told to stop."""

    def look() -> None:
        try:
            with app.app_context():
                tick()
                beat("scheduler")
        except Exception as error:
            log.error("schedule.failed", error=type(error).__name__, where=where_it_broke(error))

    scheduler = BackgroundScheduler(timezone=UTC)
    once_now = datetime.now(UTC)  # the machine's clock, not the desk's: this is when to wake, not what is due
    scheduler.add_job(look, "interval", seconds=LOOK_EVERY, next_run_time=once_now, max_instances=1, coalesce=True)
    scheduler.start()
    log.info("scheduler.started", jobs=len(TIMETABLE))
    stop.wait()
    scheduler.shutdown()
