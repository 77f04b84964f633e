"""Stories are told with consent alone, and name nobody of the case."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from app.clients.models import CaseGrant, CaseStatus
from app.core import clock
from app.core.db import session, transaction
from app.engagement.models import Audience
from app.engagement.models_surveys import Survey
from app.metrics import stories
from tests import factories


def test_a_story_names_nobody_and_is_gone_with_its_consent(app: Flask) -> None:
    with transaction():
        programme, now = factories.programme(), clock.now()
        staff, grant = factories.coordinator(programme), factories.grant(programme)
        case = factories.case(programme, CaseStatus.CLOSED)
        factories.add(CaseGrant(case=case, grant_id=grant.id, from_on=now.date()))
        survey = factories.add(
            Survey(case=case, move=case.moves[-1], audience=Audience.CLIENT, due_at=now, sent_at=now, channel="mail",
                   ends_at=now, answered_at=now, scores={}, quote="They helped me keep my home.")
        )  # fmt: skip
        with pytest.raises(stories.NotReleased):
            stories.tell_story(survey, "They helped.", for_everybody=True, actor=staff)
        survey.may_quote, survey.released_at = True, now
    other_side = next(party.name for party in case.parties if party.is_organisation)
    for words in ("Maribel kept her home.", "MARIBEL’s home is safe.", f"We won against {other_side.lower()}!"):
        with pytest.raises(stories.NamesSomebody), transaction():
            stories.tell_story(session.merge(survey), words, for_everybody=True, actor=session.merge(staff))
    with transaction():
        words = "Rosa kept the holdings of her family, and her row of roses."
        stories.tell_story(session.merge(survey), words, for_everybody=True, actor=session.merge(staff))
    assert [story.words for story in stories.shown_to_everybody(session.merge(grant))] == [words]
    with transaction():
        session.merge(survey).may_quote = False
    assert not stories.shown_to_funders(session.merge(grant))
    with transaction():
        session.merge(survey).may_quote = True
        session.merge(survey).released_at = now + timedelta(seconds=5)
    assert not stories.told_by(session.merge(programme)), "other words were released; those told before were taken back"
    assert [each.id for each in stories.released_words(session.merge(programme))] == [survey.id]
    with clock.at(now + timedelta(days=1)), transaction():
        stories.tell_story(session.merge(survey), "Told anew.", for_everybody=False, actor=session.merge(staff))
    assert [story.words for story in stories.shown_to_funders(session.merge(grant))] == ["Told anew."]
