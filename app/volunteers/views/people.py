"""The volunteers as staff look for them."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select

from app.core import lists
from app.core.access import STAFF, Role, open_to, signed_in
from app.core.db import session

from .. import facts, policy, queries, words
from ..models import CredentialKind, Volunteer
from ..queries_list import SORTS, Filters, conditions, count_by_view, with_parts
from . import bp

HEADER = (
    "Name",
    "Email",
    "Status",
    "Roles",
    "Licences",
    "Areas",
    "Languages",
    "Places",
    "Used",
    "Capacity",
    "Ends next",
)
VIEW_WORDS = (("screen", "To screen"), ("approved", "Approved"), ("expiring", "Ending soon"), ("lapsed", "Lapsed"),
              ("away", "Paused or suspended"), ("", "All"))  # fmt: skip


@bp.get("/volunteers")
@open_to(*STAFF, Role.ADMIN)
def people() -> ResponseReturnValue:
    """The list, with what each may do and what runs out."""
    today, filters = queries.today(), _filters()
    counts = count_by_view(signed_in(), today)
    page = lists.page_of(_select(filters, today), size=50, scalars=True)
    rows = _rows(page.rows, today)
    return render_template(
        "volunteers/people.html", page=page, rows=rows, filters=filters, counts=counts, view_words=VIEW_WORDS,
        words=words, facts=facts, here=lists.here, sorted_by=request.args.get("sort", "applied"), today=today,
        counties=_counties(), export_url=_export_url(), may_log_shifts=bool(signed_in().programme_ids(*STAFF)),
    )  # fmt: skip


@bp.get("/volunteers.csv")
@open_to(*STAFF, Role.ADMIN)
def export_people() -> ResponseReturnValue:
    """The filtered list as a spreadsheet file."""
    today = queries.today()
    rows = _rows(session.execute(_select(_filters(), today)).scalars().all(), today)
    return lists.csv_download("volunteers", HEADER, [_cells(row) for row in rows])


def _export_url() -> str:
    asked: dict[str, Any] = {name: text for name, text in request.args.items() if name != "page"}
    return url_for(".export_people", **asked)


def _filters() -> Filters:
    asked = {name: request.args.get(name, "")[:80] for name in Filters.__dataclass_fields__}
    return Filters(**asked)


def _select(filters: Filters, today: date) -> Select[Any]:
    found = queries.volunteers_list(signed_in()).where(*conditions(filters, today))
    return with_parts(found.order_by(*lists.sort_by(SORTS, "applied")))


def _rows(volunteers: Any, today: date) -> list[dict[str, Any]]:
    used = queries.used_slots([volunteer.id for volunteer in volunteers])
    return [_row(volunteer, used.get(volunteer.id, 0), today) for volunteer in volunteers]


def _row(volunteer: Volunteer, used: int, today: date) -> dict[str, Any]:
    live = [one for one in volunteer.credentials if one.ended_at is None and one.refused_reason is None]
    licences = [one for one in live if one.kind in policy.LICENCES]
    ends = [one.valid_until for one in live if one.verified_at and one.valid_until]
    return {
        "volunteer": volunteer,
        "used": used,
        "licences": [(one.jurisdiction, policy.is_in_force(one, today)) for one in licences],
        "ends": min(ends, default=None),
        "unverified": sum(one.verified_at is None for one in live if one.kind is not CredentialKind.ATTESTATION),
    }


def _cells(row: dict[str, Any]) -> list[Any]:
    volunteer: Volunteer = row["volunteer"]
    return [
        volunteer.name,
        volunteer.email,
        str(words.STATUSES[volunteer.status]),
        "; ".join(str(words.ROLES[role]) for role in volunteer.roles),
        "; ".join(state or "" for state, in_force in row["licences"] if in_force),
        "; ".join(f"{area.area}:{area.level}" for area in volunteer.areas),
        "; ".join(volunteer.languages),
        "; ".join(volunteer.counties),
        row["used"],
        volunteer.capacity,
        row["ends"].isoformat() if row["ends"] else "",
    ]


def _counties() -> list[tuple[str, str]]:
    served = queries.places_served()
    return [(state, facts.place_name(state)) for state in served] + [
        (fips, facts.place_name(fips)) for counties in served.values() for fips, _ in counties
    ]
