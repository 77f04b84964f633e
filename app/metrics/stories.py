"""Stories that funders read: told with consent, chosen and edited by a coordinator."""

from __future__ import annotations

import re
import unicodedata

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from app.accounts.models import Grant, Programme, User
from app.clients.models import Case, CaseGrant, Client, Party, Person
from app.core import audit, clock
from app.core.access import Role
from app.core.db import insert_unless_exists, lock, session
from app.core.errors import BadInput, NotAllowed, Refusal, refuse_if
from app.engagement.models_surveys import Survey

from .models_public import Story

LONGEST, AT_ONCE = 400, 3
LETTERS = 2  # shorter words are no names that point at somebody


class ToldAlready(Refusal):
    """The words of this survey are a story already."""

    message = _l("These words are told already. Take the story back first.")


class NotReleased(Refusal):
    """The words were not released, or their consent is gone."""

    message = _l("Only words that were released with consent become a story.")


class NamesSomebody(Refusal):
    """A story names a person of the case."""

    status = 422
    message = _l("These words name somebody of the case. Change or leave out the name.")


def _consented() -> Select[Survey]:
    """Surveys whose words may be shown: consent given, released, and neither taken back since."""
    return select(Survey).where(Survey.may_quote.is_(True), Survey.released_at.is_not(None), Survey.quote.is_not(None))


def released_words(programme: Programme) -> list[Survey]:
    """Words of a programme that could become a story, the latest first."""
    told = _live().with_only_columns(Story.survey_id).order_by(None)
    mine = _consented().where(Survey.case.has(programme_id=programme.id), Survey.id.not_in(told))
    return list(session.scalars(mine.order_by(Survey.released_at.desc()).limit(20)))


def told_by(programme: Programme) -> list[Story]:
    """The stories a programme tells, the latest first."""
    live = _live().where(Story.programme_id == programme.id)
    return list(session.scalars(live.limit(200)))


def _live() -> Select[Story]:
    """What is told now: made from the words as they were last released, never from ones taken back meanwhile."""
    released = (Survey.may_quote.is_(True), Survey.quote.is_not(None), Survey.released_at <= Story.published_at)
    live = select(Story).join(Story.survey).where(Story.taken_back_at.is_(None), *released)
    return live.order_by(Story.published_at.desc(), Story.id.desc())


def shown_to_funders(grant: Grant) -> list[Story]:
    """The stories a grant's funder reads: of cases the grant pays for."""
    paid = select(CaseGrant.case_id).where(CaseGrant.grant_id == grant.id)
    of = Survey.case_id.in_(paid)
    return list(session.scalars(_live().where(of).limit(AT_ONCE)))


def shown_to_everybody(grant: Grant) -> list[Story]:
    """Those of them that everybody reads."""
    paid = select(CaseGrant.case_id).where(CaseGrant.grant_id == grant.id)
    of = (Survey.case_id.in_(paid), Story.for_everybody.is_(True))
    return list(session.scalars(_live().where(*of).limit(AT_ONCE)))


def tell_story(survey: Survey, words: str, *, for_everybody: bool, actor: User) -> Story:
    """Let funders, and everybody if said so, read words of a survey with names and details changed.

    :raises NotAllowed: the actor does not coordinate the programme
    :raises NotReleased: consent or release is missing
    :raises ToldAlready: they are a story already
    :raises NamesSomebody: a name of the client or another party stands in them
    """
    survey = lock(survey)
    case = session.get_one(Case, survey.case_id)
    refuse_if(not actor.has(Role.COORDINATOR, case.programme_id), NotAllowed)
    refuse_if(not survey.may_quote or survey.released_at is None or survey.quote is None, NotReleased)
    words = words.strip()
    if not words or len(words) > LONGEST:
        raise BadInput(_l("Write the story in 1 to 400 characters."))
    refuse_if(_names_somebody(words, case), NamesSomebody)
    _end_outdated(survey)
    made = insert_unless_exists(
        Story, programme_id=case.programme_id, survey_id=survey.id, words=words, for_everybody=for_everybody,
        published_at=clock.now(), published_by_id=actor.id,
    )  # fmt: skip
    if made is None:
        raise ToldAlready
    audit.record("story.tell", made, actor=actor, after={"everybody": for_everybody})
    return made


def _end_outdated(survey: Survey) -> None:
    """End a story that was made before the words were last released; nobody reads it since."""
    outdated = (Story.survey_id == survey.id, Story.taken_back_at.is_(None), Story.published_at < survey.released_at)
    for story in session.scalars(select(Story).where(*outdated)):
        story.taken_back_at = clock.now()
    session.flush()


def _names_somebody(words: str, case: Case) -> bool:
    """Does a text hold a word of a person's name, or the whole name of an organisation, of a case?"""
    told = _words(words)
    asked = select(Client.person_id).where(Client.identity_id == case.client.identity_id)
    people = [person.name for person in session.scalars(select(Person).where(Person.id.in_(asked)))]
    for party in session.scalars(select(Party).where(Party.case_id == case.id)):
        names = [party.name, *(party.aliases or ())]
        if not party.is_organisation:
            people += names
        elif any(f" {' '.join(_words(name))} " in f" {' '.join(told)} " for name in names if _words(name)):
            return True
    return any(word in told for name in people for word in _words(name) if len(word) > LETTERS)


def _words(text: str) -> list[str]:
    """The words of a text in order, small and without accents."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return re.findall(r"\w+", re.sub(r"['’]s\b", " ", plain))


def take_back(story: Story, *, actor: User) -> None:
    """Tell a story no more.

    :raises NotAllowed: the actor does not coordinate the programme
    """
    story = lock(story)
    refuse_if(not actor.has(Role.COORDINATOR, story.programme_id), NotAllowed)
    if story.taken_back_at is None:
        story.taken_back_at = clock.now()
        audit.record("story.take_back", story, actor=actor)
