"""What the demo's programmes made of when and what is asked, and a volunteer who is away."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta

from app.accounts import calendars
from app.accounts.models import Programme, User
from app.accounts.queries import find_user
from app.core.db import session
from app.engagement import operations_questions as asking
from app.engagement import operations_series as series
from app.engagement import question_sets
from app.engagement.models import Audience
from app.engagement.series import IN_SERVICE, Rule
from app.volunteers.operations_leave import announce_leave

from .people import Cast

EASIER = ("Do you know what happens next?", "Do you know the next step?", "¿Sabe cuál es el próximo paso?")
SHORT = Rule("own_housing", Audience.VOLUNTEER, "placed", 15, True, False, "Housing", "volunteer_regular", IN_SERVICE)


def programme_asks_in_its_way(cast: Cast) -> None:
    """The first programme asks sooner in housing matters, and the questions have a second version."""
    programme = session.get_one(Programme, cast.programmes[0])
    staff = session.get_one(User, cast.coordinators[programme.id][0])
    reason = "Housing matters were over before we asked again."
    made = series.put_rule(programme, SHORT, reason, seen=0, actor=staff)
    later = replace(SHORT, key="own_letter", days=25, business=False)
    series.put_rule(programme, later, "And once more before a month is over.", seen=made.number, actor=staff)
    admin = find_user("admin@demo.test")
    asked = copy.deepcopy(question_sets.delivered()["client_regular"])
    before, english, spanish = EASIER
    for question in asked:
        if question["en"] == before:
            question["en"], question["es"] = english, spanish
    if admin is not None:
        asking.change_questions("client_regular", asked, "Shorter words.", seen=0, actor=admin)


def somebody_is_away(cast: Cast) -> None:
    """The volunteer who signs in at the demo goes away in two weeks."""
    person = find_user("volunteer@demo.test")
    if person is None or person.volunteer is None:
        return
    today = calendars.today(session.get_one(Programme, cast.programmes[0]))
    announce_leave(person.volunteer, today + timedelta(days=14), today + timedelta(days=21), actor=person)
