"""What the demo programme shows funders and everybody: published periods, a goal, a story and the public page."""

from __future__ import annotations

from sqlalchemy import select

from app.accounts.models import Grant, User
from app.core.db import session, transaction
from app.engagement import operations_surveys
from app.engagement.models_surveys import Survey
from app.metrics import operations_public, publishing, stories

from .aims import set_grants_aims
from .people import Cast


def show_impact(cast: Cast) -> None:
    """Sign off every ended period of the first programme, and last calendar year as a whole; switch its page on."""
    for n, grant_id in enumerate(cast.grants[cast.programmes[0]]):
        with transaction():
            grant = session.get_one(Grant, grant_id)
            staff = session.get_one(User, cast.coordinators[grant.programme_id][0])
            waiting = publishing.unpublished_periods(grant)
            if waiting:
                set_grants_aims(grant, *waiting[-1], staff)
            for first, _last in waiting:
                publishing.sign_off(grant, first, actor=staff)
            if n == 0 and waiting:
                _a_year(grant, staff)
                operations_public.switch_on(grant, actor=staff)
    _a_story(cast)


def _a_year(grant: Grant, staff: User) -> None:
    for first, _last in publishing.unpublished_periods(grant, kind="year", most=1):
        publishing.sign_off(grant, first, kind="year", actor=staff)


def _a_story(cast: Cast) -> None:
    """The first words with consent become a story, with nobody named in them."""
    with transaction():
        staff = session.get_one(User, cast.coordinators[cast.programmes[0]][0])
        with_words = select(Survey).where(Survey.may_quote.is_(True), Survey.comment.is_not(None)).order_by(Survey.id)
        mine = with_words.where(Survey.case.has(programme_id=cast.programmes[0]))
        for survey in session.scalars(mine.limit(2)).all():
            if survey.released_at is None:
                operations_surveys.release_quote(survey, survey.comment or "", actor=staff)
            stories.tell_story(survey, survey.quote or "", for_everybody=True, actor=staff)
