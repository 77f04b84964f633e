"""Asking both sides how it went once a case is closed, and what follows from what they say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l

from app.accounts import calendars
from app.accounts.models import User
from app.clients import safety_words
from app.clients.models import CaseMove, CaseStatus
from app.core import audit, bounces, clock
from app.core.db import insert_unless_exists, lock
from app.core.errors import BadInput, LinkGone, NotAllowed, Refusal, refuse_if
from app.core.mail import Mail
from app.core.sealed import keyed_hash
from app.tasks.operations import finish_tasks, open_task

from . import mails_surveys as mails
from . import queries_surveys as queries
from .models import Audience
from .models_surveys import Survey
from .operations_escalations import record_complaint
from .surveys import is_excerpt, scores

LASTS = timedelta(days=90)
CHANGEABLE = timedelta(hours=24)
CALL = "survey_call"
SCRIPT = {
    "en": "Your matter is finished, and we would like to know how it was for you. May I ask you six short questions? "
    "You may leave out what you like, and your answer changes nothing about the help you got.",
    "es": "Su asunto terminó y queremos saber cómo le fue. ¿Puedo hacerle seis preguntas cortas? Puede dejar sin "
    "responder lo que quiera, y su respuesta no cambia nada de la ayuda que recibió.",
}


class AnsweredAlready(Refusal):
    """An answer can be changed for a day."""

    status = 410
    message = _l("This answer can no longer be changed. Thank you; if something is not right, please call us.")


class AnsweredThemselves(Refusal):
    """What somebody wrote themselves is not written over by staff."""

    message = _l("They have answered themselves, by their own link. What they wrote stays as it is.")


class NoConsent(Refusal):
    """Only who allowed it is quoted."""

    message = _l("They did not allow to be quoted.")


class NotTheirWords(BadInput):
    """A quote is what was written, shortened at most."""

    message = _l("A quote may leave words out and add none. Write … where something is left out.")


def plan_surveys(move: CaseMove) -> list[Survey]:
    """Make the surveys of one closing, once for each side: they leave on the next working day."""
    case = move.case
    closed_on = move.at.astimezone(ZoneInfo(case.programme.time_zone)).date()
    due = calendars.opening_at(calendars.add_business_days(closed_on, 1, case.programme), case.programme)
    lead = queries.lead_at(move)
    sides = [(Audience.CLIENT, None), *([(Audience.VOLUNTEER, lead)] if lead else [])]
    made = [
        insert_unless_exists(Survey, case_id=case.id, move_id=move.id, audience=side, volunteer_id=volunteer_id,
                             due_at=due, ends_at=due + LASTS)
        for side, volunteer_id in sides
    ]  # fmt: skip
    return [survey for survey in made if survey is not None]


def send_survey(survey: Survey) -> None:
    """Ask by the safe way, have a person ask, or let it be where it is not wanted."""
    survey = lock(survey)
    if survey.sent_at is not None:
        return
    survey.sent_at = clock.now()
    if _is_moot(survey) or not mails.is_wanted(survey):
        return
    address = mails.address_of(survey)
    if address is not None:
        mails.survey_asked(survey, address)
        survey.channel = "mail"
    elif survey.audience is Audience.CLIENT:
        _ask_by_phone(survey)
    audit.record("survey.send", survey, actor=None, after={"channel": survey.channel})


def _is_moot(survey: Survey) -> bool:
    """Was the case opened again, or is the time over?"""
    return survey.case.status is not CaseStatus.CLOSED or survey.ends_at <= clock.now()


def _ask_by_phone(survey: Survey) -> None:
    survey.channel = "call"
    case = survey.case
    due = calendars.add_business_time(clock.now(), case.programme, days=5)
    task = open_task(CALL, survey, programme=case.programme, case=case, due_at=due, actor=None,
                     title=f"Ask the client of {case.number} how it went")  # fmt: skip
    if task is not None:
        spoken = dict.fromkeys(["en", case.language])
        task.script = "\n\n".join(SCRIPT[each] for each in spoken if each in SCRIPT)


def is_settled(survey: Survey) -> bool:
    """Was it answered so long ago that the answer stands?"""
    return survey.answered_at is not None and clock.now() > survey.answered_at + CHANGEABLE


def is_their_own(survey: Survey) -> bool:
    """Did they answer by their own link?"""
    return survey.answered_at is not None and survey.how == "link"


def answer_survey(
    survey: Survey,
    typed: Mapping[str, str],
    *,
    comment: str,
    may_quote: bool,
    complains: bool,
    actor: User | None = None,
    how: str = "link",
) -> Survey:
    """Keep what somebody answered; within a day they may change it. A complaint goes to a person at once.

    :raises LinkGone: its time is over
    :raises AnsweredAlready: more than a day has passed since the first answer
    :raises AnsweredThemselves: staff enter an answer, and there is one by the person's own link
    """
    survey = lock(survey)
    now = clock.now()
    refuse_if(survey.ends_at <= now or survey.sent_at is None, LinkGone)
    refuse_if(is_settled(survey), AnsweredAlready)
    refuse_if(how == "phone" and is_their_own(survey), AnsweredThemselves)
    survey.answered_at, survey.how = survey.answered_at or now, how
    survey.scores, survey.comment = scores(typed), comment.strip() or None
    survey.may_quote, survey.complains = may_quote and bool(survey.comment), complains
    survey.quote = survey.released_at = survey.released_by_id = None
    finish_tasks(CALL, survey, actor=actor, outcome="answered")
    if survey.audience is Audience.CLIENT:
        safety_words.listen(survey.case, survey.comment, occasion=f"survey {survey.id} {survey.version}")
    if complains:
        said = survey.comment or "Said in the survey that something is not right, without words to it."
        record_complaint(survey.case, said, actor=actor, occasion=f"survey {survey.id} {survey.version}")
    after = {"items": len(survey.scores), "complains": complains}
    audit.record("survey.answer", survey, actor=actor, public=actor is None, after=after)
    return survey


def release_quote(survey: Survey, quote: str, *, actor: User) -> None:
    """Let words of an answer be shown to others: with consent, and as a person of the programme chose them.

    :raises NotAllowed: the actor does not work for the programme
    :raises NoConsent: they did not allow to be quoted
    :raises NotTheirWords: the quote adds to what was written
    """
    survey = lock(survey)
    refuse_if(not queries.is_staff(actor, survey), NotAllowed)
    refuse_if(not survey.may_quote or survey.comment is None, NoConsent)
    refuse_if(not is_excerpt(quote, survey.comment or ""), NotTheirWords)
    survey.quote, survey.released_at, survey.released_by_id = quote.strip(), clock.now(), actor.id
    audit.record("survey.release", survey, actor=actor)


def take_back_quote(survey: Survey, *, actor: User) -> None:
    """Show a quote no more.

    :raises NotAllowed: the actor does not work for the programme
    """
    survey = lock(survey)
    refuse_if(not queries.is_staff(actor, survey), NotAllowed)
    survey.quote = survey.released_at = survey.released_by_id = None
    audit.record("survey.take_back", survey, actor=actor)


def still_asked(mail: Mail) -> str | None:
    """Just before a survey leaves: was it answered, is the case open again, is the address still safe?"""
    survey = queries.find(mail.record_id)
    if survey is None or _is_moot(survey):
        return "closed"
    if survey.answered_at is not None:
        return "answered"
    return None if mails.address_of(survey) == mail.to_address else "unsafe"


def ask_instead(mail: Mail, why: str) -> None:
    """A client's survey that may not be written any more is asked by phone."""
    if mail.kind != mails.KIND or mail.audience != "client" or why not in ("unsafe", "bounced", "complained"):
        return
    survey = queries.find(mail.record_id)
    if survey is not None and survey.answered_at is None and not _is_moot(survey):
        _ask_by_phone(survey)


def ask_elsewhere(row: bounces.StoppedAddress) -> None:
    """A client's survey that came back goes to another address that is safe, else it is asked by phone."""
    survey = queries.find(row.mail.record_id) if row.mail.kind == mails.KIND else None
    if row.reason != bounces.REASONS[bounces.Kind.HARD] or survey is None or survey.audience is not Audience.CLIENT:
        return
    if survey.answered_at is not None or _is_moot(survey) or not mails.is_wanted(survey):
        return
    address = mails.address_of(survey)
    if address is None or keyed_hash(address.casefold(), "address") == row.address_hash:
        _ask_by_phone(survey)
    else:
        mails.survey_asked(survey, address)
    audit.record("survey.send_elsewhere", survey, actor=None, after={"channel": survey.channel})
