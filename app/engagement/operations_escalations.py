"""Opening an escalation, letting it climb, taking it on and closing it; the case is always locked first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import User
from app.clients import problems
from app.clients.four_eyes import decide_for_themselves
from app.clients.models import OPEN, Case
from app.clients.operations_custody import works_for
from app.clients.operations_pauses import run_on
from app.core import audit, clock
from app.core.access import Role
from app.core.db import insert_unless_exists, lock, new_public_id, session
from app.core.errors import BadInput, NotAllowed, Refusal, Stale, refuse_if
from app.tasks.models import Task
from app.tasks.operations import finish_task, open_task

from . import escalation_people as people
from . import mails_escalations as mails
from . import queries_escalations as queries
from .escalation_rules import ATTORNEY, CAUSES, TRANSFER, Level, Rule, read, rule_of, staff_root_causes
from .models_escalations import Escalation, EscalationStep

AGAIN_WITHIN = timedelta(days=30)  # what comes back sooner opens the same one again
NEAR = timedelta(days=7)
NEAR_DATE = "_near_date"  # what the supervising attorney's own task adds to the cause
ASKED_ANEW = ("safety_word", "call_me")  # said again, whoever took it on has a level's time and not the days to close
ABOUT_THE_LEAD = ("silence", "mismatch", "cannot_go_on", "date_near", "credential_lapsed", "transfer_unanswered")


class NeedsFinding(BadInput):
    """An escalation is closed with what was found."""

    message = _l("Write what you found and choose a cause.")


class AlreadyClosed(Refusal):
    """Somebody closed it first."""

    message = _l("This was closed before, with what was found then. Nothing of yours was added to it.")


class LastLevel(Refusal):
    """There is no level above."""

    message = _l("This is the last level. Decide here, or begin a transfer.")


class NotCovered(Refusal):
    """No rule covers it."""

    message = _l("No rule of the programme covers this. Look at its rules of escalation.")


def escalate(
    case: Case, cause: str, *, occasion: str = "", note: str | None = None, actor: User | None = None
) -> Escalation | None:
    """Open an escalation by the programme's rule, or the last one again where the cause came back soon.

    None where no rule covers the case, where one is open, or where the same thing opened one before.
    """
    case = lock(case)
    version = queries.version_in_force(case.programme)
    rule = rule_of(read(version.rules), cause, problems.category(case.problem_code), case.priority_rank)
    last = queries.newest(case.id, cause)
    if rule is None or (last is not None and occasion and queries.occasion_of(last) == occasion):
        return None
    if last is not None and last.closed_at is None:
        _came_again(last, occasion, note, actor)
        return None
    values = {"occasion": occasion[:40], "rules_number": version.number, "rule_key": rule.key,
              "volunteer_id": lead_of(case), "opened_at": clock.now(), "respond_by": clock.now()}  # fmt: skip
    made: Escalation | None
    if last is not None and last.closed_at is not None and last.closed_at >= clock.now() - AGAIN_WITHIN:
        made = _open_again(last, values)
    else:
        made = insert_unless_exists(Escalation, case_id=case.id, cause=cause, note=note, **values)
    if made is None:
        return None
    made.note = note or made.note
    _give(made, rule, 1, "opened", actor)
    if _is_near(case):
        _tell_attorney(made)
    audit.record("escalation.open", made, actor=actor, case=case, after={"cause": cause, "round": made.round})
    return made


def lead_of(case: Case) -> int | None:
    """The id of the volunteer who leads a case now."""
    return next((a.volunteer_id for a in case.assignments if a.ended_at is None and a.role == "lead"), None)


def _came_again(escalation: Escalation, occasion: str, note: str | None, actor: User | None) -> None:
    """Note on an open one that its cause came up once more."""
    if occasion:
        escalation.occasion = occasion[:40]
        escalation.note = "\n\n".join(part for part in (escalation.note, note) if part) or None
        note_step(escalation, "again", actor)
        rule = queries.rule_behind(escalation)
        if rule is not None and escalation.taken_at is not None and escalation.cause in ASKED_ANEW:
            level = rule.levels[escalation.level - 1]
            escalation.respond_by = min(escalation.respond_by, _ends(escalation.case, **{level.unit: level.amount}))
            for task in open_tasks_of(escalation, (escalation.cause,)):
                task.due_at = escalation.respond_by
        audit.record("escalation.again", escalation, actor=actor)


def _open_again(last: Escalation, values: dict[str, Any]) -> Escalation:
    made = lock(last)
    made.round += 1
    for name, value in values.items():
        setattr(made, name, value)
    made.closed_at = made.closed_by_id = made.root_cause = made.found = None
    made.taken_at = made.taken_by_id = made.responded_at = made.in_time = None
    made.ran_out_at = made.attorney_told_at = None
    session.flush()
    return made


def note_step(
    escalation: Escalation, step: str, actor: User | None, to: User | None = None, why: str | None = None
) -> None:
    """Write down what happened to an escalation."""
    session.add(EscalationStep(
        escalation=escalation, step=step, round=escalation.round, level=escalation.level, at=clock.now(),
        by_id=actor.id if actor else None, to_id=to.id if to else None, why=why,
    ))  # fmt: skip


def _give(escalation: Escalation, rule: Rule, number: int, step: str, actor: User | None) -> None:
    """Let a level answer, or the next one that somebody holds; their time starts now."""
    case, turn, level = escalation.case, None, rule.levels[number - 1]
    while (turn := people.turn_of(case, level)) is None and level.next is not None:
        escalation.level = number
        note_step(escalation, "passed_over", None)
        number, level = level.next, rule.levels[level.next - 1]
    turn = turn or people.Turn(None, Role.COORDINATOR)
    escalation.level, escalation.responsible_id = number, turn.user.id if turn.user else None
    escalation.taken_at = escalation.taken_by_id = None
    escalation.respond_by = _ends(case, **{level.unit: level.amount})
    note_step(escalation, step, actor, turn.user, "deputy" if turn.instead_of else None)
    _hand_task(escalation, turn, level)
    _tell(escalation, turn, level)


def _ends(case: Case, *, hours: int = 0, days: int = 0) -> datetime:
    end = calendars.add_business_time(clock.now(), case.programme, hours=hours, days=days)
    return calendars.due_before(end, case.next_critical_on, case.programme)


def title_of(escalation: Escalation, role: str = "") -> str:
    """The sentence of its task: what is to be done, with the case's number and no client fact."""
    number = escalation.case.number
    return f"Propose a transfer of {number}" if role == TRANSFER else CAUSES[escalation.cause].task % {"number": number}


def _hand_task(escalation: Escalation, turn: people.Turn, level: Level) -> None:
    finish_tasks_of(escalation, None, "passed_on", (escalation.cause, f"{escalation.cause}_call"))
    case = escalation.case
    about: dict[str, Any] = {"programme": case.programme, "case": case, "actor": None, "due_at": escalation.respond_by}
    open_task(escalation.cause, escalation, title=title_of(escalation, level.role), owner=turn.user,
              owner_role=turn.role, **about)  # fmt: skip
    if level.channel == "call":
        whom = "the supervising attorney" if level.role == ATTORNEY else "whoever answers for it"
        title = f"Call {whom} about {case.number}: it must not wait"
        open_task(f"{escalation.cause}_call", escalation, title=title, **about)


def _tell(escalation: Escalation, turn: people.Turn, level: Level) -> None:
    """Write to whose turn it is; to everybody of the role where it is nobody's in particular."""
    session.flush()
    for each in turn.firm:
        mails.escalation_at_firm(escalation, each)
    if level.channel == "mail" and not turn.firm:
        staff = [turn.user] if turn.user else people.holders(escalation.case.programme, turn.role)
        for each in staff:
            mails.escalation_is_yours(escalation, each)


def _is_near(case: Case) -> bool:
    today = calendars.today(case.programme)
    return case.next_critical_on is not None and today <= case.next_critical_on <= today + NEAR


def _tell_attorney(escalation: Escalation) -> None:
    """A critical date is near: the supervising attorney hears of it too, unless it is theirs already."""
    case, owner = escalation.case, people.attorney_of(escalation.case)
    escalation.attorney_told_at = clock.now()
    whom = [owner] if owner else people.holders(case.programme, Role.SUPERVISING_ATTORNEY)
    note_step(escalation, "attorney_told", None, owner)
    if [each.id for each in whom] == [escalation.responsible_id]:
        return
    open_task(
        f"{escalation.cause}{NEAR_DATE}", escalation, programme=case.programme, title=title_of(escalation),
        due_at=escalation.respond_by, actor=None, case=case, owner=owner, owner_role=Role.SUPERVISING_ATTORNEY,
    )  # fmt: skip
    for each in whom:
        mails.escalation_near_date(escalation, each)


def tell_attorney(escalation: Escalation) -> bool:
    """Tell the supervising attorney of an open one whose case's date has come near; once."""
    escalation = lock_with_case(escalation)
    if escalation.closed_at or escalation.attorney_told_at or not _is_near(escalation.case):
        return False
    _tell_attorney(escalation)
    audit.record("escalation.tell_attorney", escalation, actor=None)
    return True


def lock_with_case(escalation: Escalation) -> Escalation:
    """Lock an escalation as everybody does: its case first."""
    lock(escalation.case)
    return lock(escalation)


def climb(escalation: Escalation) -> bool:
    """Let an escalation whose time ran out rise to the next level, or note that the last one's ran out; each once."""
    escalation = lock_with_case(escalation)
    case = escalation.case
    over = escalation.closed_at or escalation.ran_out_at or escalation.respond_by > clock.now()
    if over or case.paused_at is not None:
        return False
    moot = _why_moot(escalation)
    following = _next_level(escalation) if moot is None else None
    if following is None:
        escalation.ran_out_at = clock.now()
        note_step(escalation, "ran_out", None, why=moot)
        audit.record("escalation.run_out", escalation, actor=None, after={"level": escalation.level})
    else:
        _rise(escalation, *following, actor=None)
    return True


def _why_moot(escalation: Escalation) -> str | None:
    """Why nobody above needs to hear of it: the case has ended, or the lead it was about has gone."""
    if escalation.case.status not in OPEN:
        return "case_ended"
    gone = escalation.cause in ABOUT_THE_LEAD and escalation.volunteer_id != lead_of(escalation.case)
    return "lead_changed" if gone else None


def _next_level(escalation: Escalation) -> tuple[Rule, int] | None:
    rule = queries.rule_behind(escalation)
    if rule is None or escalation.level > len(rule.levels):
        return None
    number = rule.levels[escalation.level - 1].next
    return (rule, number) if number is not None else None


def _rise(escalation: Escalation, rule: Rule, number: int, *, actor: User | None) -> None:
    before = escalation.level
    _give(escalation, rule, number, "raised", actor)
    audit.record("escalation.raise", escalation, actor=actor, before={"level": before},
                 after={"level": escalation.level})  # fmt: skip


def raise_now(escalation: Escalation, *, actor: User, seen: str = "") -> Escalation:
    """Pass an escalation to the next level before its time runs out.

    :raises AlreadyClosed: it is closed
    :raises Stale: it has gone into other hands since the actor looked
    :raises LastLevel: nobody is above
    """
    escalation = _open_for(escalation, actor, seen)
    following = _next_level(escalation)
    if following is None:
        raise LastLevel
    _rise(escalation, *following, actor=actor)
    return escalation


def _open_for(escalation: Escalation, actor: User, seen: str = "") -> Escalation:
    escalation = lock_with_case(escalation)
    refuse_if(not works_for(actor, escalation.case.programme), NotAllowed)
    refuse_if(escalation.closed_at is not None, AlreadyClosed)
    refuse_if(seen and seen != escalation.in_hands, Stale)
    return escalation


def _not_about(actor: User, escalation: Escalation, what: str) -> None:
    """Keep whoever was the lead as it was opened from answering for it where the programme has anybody else."""
    lead = escalation.volunteer.user if escalation.volunteer is not None else None
    decide_for_themselves(escalation.case, lead, actor=actor, what=what)


def take_on(escalation: Escalation, *, actor: User, seen: str = "") -> Escalation:
    """Somebody by name says that they see to it; from now on they have the rule's days to close it.

    :raises AlreadyClosed: it is closed
    :raises AskColleague: the actor leads the case it is about, and a colleague could see to it
    :raises Stale: it has gone into other hands since the actor looked
    """
    escalation = _open_for(escalation, actor)
    if escalation.taken_by_id == actor.id:
        return escalation
    refuse_if(seen and seen != escalation.in_hands, Stale)
    _not_about(actor, escalation, "take_escalation")
    now, rule = clock.now(), queries.rule_behind(escalation)
    if escalation.responded_at is None:
        escalation.responded_at = now
        escalation.in_time = escalation.level == 1 and now <= escalation.respond_by
    escalation.taken_at, escalation.taken_by_id, escalation.responsible_id = now, actor.id, actor.id
    escalation.respond_by = _ends(escalation.case, days=rule.settle if rule else 5)
    escalation.ran_out_at = None
    note_step(escalation, "taken", actor)
    finish_tasks_of(escalation, actor, "taken", (f"{escalation.cause}_call",))
    for task in open_tasks_of(escalation, (escalation.cause,)):
        task.owner_id, task.due_at = actor.id, escalation.respond_by
    audit.record("escalation.take", escalation, actor=actor, after={"level": escalation.level})
    return escalation


def close_escalation(escalation: Escalation, *, found: str, root_cause: str, actor: User) -> Escalation:
    """Close an escalation with what was found and its root cause.

    :raises AlreadyClosed: it was closed by a colleague or with something else
    :raises NeedsFinding: nothing was found or no cause of ours is named
    :raises AskColleague: the actor leads the case it is about, and a colleague could look
    """
    escalation = lock_with_case(escalation)
    refuse_if(not works_for(actor, escalation.case.programme), NotAllowed)
    refuse_if(not found.strip() or root_cause not in staff_root_causes(), NeedsFinding)
    if escalation.closed_at is not None:
        kept = (escalation.closed_by_id, escalation.root_cause, escalation.found)
        same = kept == (actor.id, root_cause, found.strip())
        refuse_if(not same, AlreadyClosed)
        return escalation
    _not_about(actor, escalation, "close_escalation")
    now = clock.now()
    if escalation.responded_at is None:
        escalation.responded_at = now
        escalation.in_time = escalation.level == 1 and now <= escalation.respond_by
    return write_closing(escalation, found.strip(), root_cause, actor=actor)


def write_closing(escalation: Escalation, found: str | None, root_cause: str, *, actor: User | None) -> Escalation:
    """Close what was looked into by a person, or was settled by what happened."""
    escalation.closed_at, escalation.closed_by_id = clock.now(), actor.id if actor else None
    escalation.found, escalation.root_cause = found, root_cause
    note_step(escalation, "closed", actor, why=root_cause)
    finish_tasks_of(escalation, actor, root_cause)
    audit.record("escalation.close", escalation, actor=actor, after={"root_cause": root_cause})
    return escalation


def open_tasks_of(escalation: Escalation, causes: tuple[str, ...] = ()) -> list[Task]:
    """What is still to be done about an escalation, or of it for these causes."""
    session.flush()
    found = select(Task).where(Task.record_kind == "escalations", Task.record_id == escalation.id)
    found = found.where(Task.cause.in_(causes)) if causes else found
    return list(session.scalars(found.where(Task.done_at.is_(None)).order_by(Task.id)))


def finish_tasks_of(escalation: Escalation, actor: User | None, outcome: str, causes: tuple[str, ...] = ()) -> None:
    """Close what was to be done about an escalation."""
    for task in open_tasks_of(escalation, causes):
        finish_task(task, actor=actor, outcome=outcome)


def case_paused(case: Case, since: datetime, *, actor: User | None) -> None:
    """Nothing to do: what is due is not looked at while the case is paused."""


def case_resumed(case: Case, since: datetime, *, actor: User | None) -> None:
    """Let the time of the case's escalations run on, with the tasks that wait for it."""
    for escalation in queries.open_escalations(case):
        escalation = lock(escalation)
        before = escalation.respond_by
        escalation.respond_by = run_on(before, case, since) or before
        for task in open_tasks_of(escalation):
            task.due_at = escalation.respond_by


def record_complaint(case: Case, said: str, *, actor: User | None = None, occasion: str = "") -> Escalation:
    """Have a person look into a complaint; one that is open already takes in what was said now.

    :raises BadInput: nothing was written
    :raises NotCovered: no rule of the programme covers complaints
    """
    refuse_if(not said.strip(), BadInput(_l("Write what was said.")))
    before = queries.newest((case := lock(case)).id, "complaint")
    if before is not None and not before.closed_at and f"\n\n{before.note or ''}".endswith(f"\n\n{said.strip()}"):
        return before  # the second click
    mark = occasion or f"said {new_public_id()}"
    made = escalate(case, "complaint", occasion=mark, note=said.strip(), actor=actor)
    found = made or queries.newest(case.id, "complaint")
    if found is None or found.closed_at is not None:
        raise NotCovered
    return found
