"""Putting both sides' answers beside each other, and hearing what a client says between the lines."""

from __future__ import annotations

from app.accounts import calendars
from app.clients import safety_words
from app.clients.models import Case

from . import answers, queries
from .models import Answer, Audience, Checkin
from .operations_escalations import escalate
from .queries_escalations import newest

BY_ANSWER = ("cannot_go_on", "call_me", answers.NO_LONGER_NEEDED)


def escalates(checkin: Checkin, given: Answer) -> bool:
    """Open an escalation for what an answer asks, and say whether one is open now; a package has tasks of its own."""
    if given.standing not in BY_ANSWER or checkin.assignment.is_package:
        return False
    made = escalate(checkin.case, given.standing, occasion=_occasion(given))
    if made is not None:
        return True
    found = newest(checkin.case_id, given.standing)
    return found is not None and found.closed_at is None


def _occasion(given: Answer) -> str:
    return f"answer {given.id}"


def compare(checkin: Checkin, given: Answer) -> None:
    """Compare an answer with the other side's newest; what does not fit is opened at once, and neither side is told."""
    case = checkin.case
    if checkin.audience is Audience.CLIENT:
        safety_words.listen(case, *_written(checkin, given), occasion=_occasion(given))
    volunteer = queries.newest_answer(case, Audience.VOLUNTEER)
    client = queries.newest_answer(case, Audience.CLIENT)
    if volunteer is None or client is None or volunteer.assignment_id != client.assignment_id:
        return
    theirs, clients = volunteer.answers[-1], client.answers[-1]
    today = calendars.today(case.programme)
    for cause in answers.differences(theirs.standing, theirs.values, clients.values, today):
        escalate(case, cause, occasion=f"answers {theirs.id} {clients.id}")


def _written(checkin: Checkin, given: Answer) -> list[str]:
    """What somebody wrote themselves, not what they chose among."""
    free = [given.values.get(q.key) for q in answers.asked(checkin, "en") if q.kind not in answers.CHOSEN]
    return [text for text in (given.comment, *free) if isinstance(text, str)]


def client_gave_sign(case: Case, occasion: str) -> None:
    """The client wrote the word they chose with staff."""
    escalate(case, "safety_word", occasion=occasion)
