"""A volunteer's start page."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from app.casework import queries as casework
from app.casework.queries_packages import resting
from app.core.access import Role, open_to, signed_in
from app.matching import reasons
from app.matching.open_matters import open_matters
from app.volunteers.models import VolunteerStatus

from .. import my_home as home_facts
from . import bp


@bp.get("/my")
@open_to(Role.VOLUNTEER)
def my_home() -> ResponseReturnValue:
    """What needs me, my cases, my year, and a good next matter."""
    viewer = signed_in()
    work, closed = casework.my_assignments(viewer), resting(viewer)
    volunteer = viewer.volunteer
    fits = open_matters(volunteer) if volunteer and volunteer.status is VolunteerStatus.APPROVED else ()
    duties = home_facts.duties(viewer, [part for part in work if part.id not in closed])
    return render_template(
        "desk/my_home.html",
        name=volunteer.given_name if volunteer else viewer.name,
        volunteer=volunteer,
        duties=duties,
        several=home_facts.several(duties),
        work=work,
        closed=closed,
        year=home_facts.my_year(viewer),
        next_matter=next((matter for matter in fits if matter.is_for_me and not matter.mine), None),
        reasons=reasons,
    )
