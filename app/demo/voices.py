"""What clients and volunteers of the demo said once their cases were closed, and what else clients are written."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from sqlalchemy import select

from app.accounts.models import Programme, User
from app.clients import choices, operations_texts, texts
from app.clients.models import Case, CaseMove, CaseStatus
from app.core import bounces, clock
from app.core.bounces import Kind, Report
from app.core.db import session, transaction
from app.core.mail import Mail, MailStatus
from app.engagement import operations_surveys as surveys
from app.engagement.models import Audience
from app.engagement.models_surveys import Survey
from app.engagement.surveys import items

from .people import Cast

SEED, ASKED_ABOUT = 1865, 44
SAID = {
    Audience.CLIENT: (
        "Everybody was patient with me.", "It took some weeks, but I was told each time how things stood.",
        "I sleep again. Thank you.", "I would have liked a call sooner.",
    ),
    Audience.VOLUNTEER: (
        "The papers were complete from the first day.", "A mentor answered within the hour.",
        "More notice before the first date would help.", "I would do it again at once.",
    ),
}  # fmt: skip
NOT_RIGHT = "Nobody called me back for three weeks."


def people_said(cast: Cast, end: datetime) -> None:
    """Surveys of the last closings of each programme, most of them answered; one complains."""
    chance = random.Random(SEED)
    for programme_id in cast.programmes:
        for number, (move_id, at) in enumerate(_closings(programme_id, end)):
            _ask(chance, move_id, at, end, likely=0.85 if number else 0)
    _one_complains(end)
    _one_address_is_dead(cast, end)
    _own_words(cast, end)


def _closings(programme_id: int, end: datetime) -> list[tuple[int, datetime]]:
    mine = (
        Case.programme_id == programme_id,
        Case.status == CaseStatus.CLOSED,
        CaseMove.to_status == CaseStatus.CLOSED,
    )
    found = select(CaseMove.id, CaseMove.at).join(CaseMove.case).where(*mine, CaseMove.at < end - timedelta(days=4))
    return [(row.id, row.at) for row in session.execute(found.order_by(CaseMove.at.desc()).limit(ASKED_ABOUT))]


def _ask(chance: random.Random, move_id: int, at: datetime, end: datetime, *, likely: float) -> None:
    with clock.at(at + timedelta(minutes=5)), transaction():
        made = [row.id for row in surveys.plan_surveys(session.get_one(CaseMove, move_id))]
    for survey_id in made:
        asked = session.get_one(Survey, survey_id).due_at
        with clock.at(asked), transaction():
            surveys.send_survey(session.get_one(Survey, survey_id))
        answered = min(asked + timedelta(days=chance.uniform(0.2, 9)), end - timedelta(hours=1))
        if chance.random() < likely:
            with clock.at(answered), transaction():
                _answer(chance, session.get_one(Survey, survey_id))


def _answer(chance: random.Random, survey: Survey) -> None:
    points = ("5", "5", "4", "4", "4", "3", "2", "na")
    typed = {item.key: chance.choice(points) for item in items(survey.audience)}
    comment = chance.choice(SAID[survey.audience]) if chance.random() < 0.35 else ""
    by_phone = survey.channel == "call"
    surveys.answer_survey(
        survey, typed, comment=comment, may_quote=bool(comment) and chance.random() < 0.6, complains=False,
        how="phone" if by_phone else "link",
    )  # fmt: skip


def _one_complains(end: datetime) -> None:
    """The client asked last, who has not answered yet, says that something was not right."""
    silent = (Survey.audience == Audience.CLIENT, Survey.answered_at.is_(None), Survey.ends_at > end)
    with clock.at(end - timedelta(hours=3)), transaction():
        found = session.scalars(select(Survey).where(*silent).order_by(Survey.due_at.desc()).limit(1)).first()
        if found is not None:
            typed = {"respect": "4", "reach": "1", "again": "3"}
            surveys.answer_survey(found, typed, comment=NOT_RIGHT, may_quote=False, complains=True)


def _one_address_is_dead(cast: Cast, end: datetime) -> None:
    """Mail to one waiting client came back, so somebody is asked to call."""
    waiting = (Case.programme_id == cast.programmes[0], Case.status == CaseStatus.AVAILABLE)
    written = select(Mail).join(Mail.case).where(*waiting, Mail.audience == "client")
    with clock.at(end - timedelta(hours=26)), transaction():
        mail = session.scalars(written.order_by(Mail.id.desc()).limit(1)).first()
        if mail is not None:
            mail.status, mail.sent_at, mail.attempts = MailStatus.SENT, clock.now(), 1
            bounces.hear(Report(mail.message_id, Kind.HARD), source="demo")


def _own_words(cast: Cast, end: datetime) -> None:
    """One programme says in its own words that it is still looking; one client wants to hear less often."""
    with clock.at(end - timedelta(days=20)), transaction():
        programme = session.get_one(Programme, cast.programmes[0])
        actor = session.get_one(User, cast.coordinators[programme.id][0])
        default = texts.default_words("still_looking", "en")
        words = texts.Words("Still at it for you", default.text)
        operations_texts.save_text(programme, "still_looking", "en", words, seen_number=0, actor=actor)
        waiting = select(Case).where(Case.programme_id == programme.id, Case.status == CaseStatus.AVAILABLE)
        case = session.scalars(waiting.order_by(Case.id.desc()).limit(1)).first()
        if case is not None:
            choices.choose(case.client, choices.Choices(still_every=28), actor=None)
