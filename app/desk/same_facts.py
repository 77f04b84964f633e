"""Which open tasks say the same of a case, and which one of them is shown for all of them."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from app.clients.court_days import WATCH, WATCH_BY_ATTORNEY

CLOCK, DATE, MAY_NOT, ASK_NEXT = "clock", "date", "may_not_go_on", "ask_next"
# What an escalation says is also said by the task at which it is done.
SAID_TWICE: dict[str, str] = {
    "decide_clock": CLOCK, "clock_over": CLOCK,
    "date_near": DATE,
    "volunteer_may_not_go_on": MAY_NOT, "credential_lapsed": MAY_NOT,
    "choose_receiver": ASK_NEXT, "transfer_unanswered": ASK_NEXT,
    "cannot_go_on": "cannot_go_on", "call_me": "call_me",
}  # fmt: skip
CALL, NEAR_DATE = "_call", "_near_date"  # what an escalation's other tasks add to its cause
ESCALATION, ITS_CALL, FOR_ATTORNEY = 1, 2, 3  # after the task at which the thing itself is done
WATCHES = {WATCH: 4, WATCH_BY_ATTORNEY: 5}


class Said(NamedTuple):
    """One thing that is to be done: the task that is shown, and by when, which is the soonest of all who say it."""

    task: Any
    due_at: datetime


def said_once(tasks: Iterable[Any]) -> list[Said]:
    """The things to be done about one case, each once, the soonest first."""
    rows = list(tasks)
    causes = {task.cause for task in rows if task.record_kind == "escalations"}
    groups: dict[Hashable, list[Any]] = {}
    for task in rows:
        groups.setdefault(_fact(task, causes), []).append(task)
    found = [Said(min(same, key=_rank), min(task.due_at for task in same)) for same in groups.values()]
    return sorted(found, key=lambda said: said.due_at)


def _fact(task: Any, escalated: Collection[str]) -> Hashable:
    """What a task says; of a date, which one."""
    if task.cause in WATCHES:
        return DATE, task.on_day
    if task.record_kind == "escalations":
        base = _cause(task)
        if task.cause.endswith(CALL) and base not in escalated:
            return task.cause  # somebody else is to be called, as the escalation is theirs
    else:
        base = task.cause
        if base not in SAID_TWICE:
            return base, task.record_kind, task.record_id
    said = SAID_TWICE.get(base, base)
    return (DATE, task.next_critical_on) if said == DATE else said


def _cause(task: Any) -> str:
    return str(task.cause).removesuffix(CALL).removesuffix(NEAR_DATE)


def _rank(task: Any) -> int:
    """The lower is shown."""
    if task.record_kind != "escalations":
        return WATCHES.get(task.cause, 0)
    return ITS_CALL if task.cause.endswith(CALL) else FOR_ATTORNEY if task.cause.endswith(NEAR_DATE) else ESCALATION
