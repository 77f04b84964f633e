"""Writing to several volunteers about several matters: choose, read what each would get, send, see the result."""

from __future__ import annotations

import secrets
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.clients import problems
from app.clients.models import Opening
from app.core.access import STAFF, open_to, signed_in
from app.core.db import session, transaction
from app.core.errors import BadInput
from app.volunteers.models import Organisation, Volunteer
from app.volunteers.queries_list import Filters

from .. import appeals, appeals_firms, queries, words
from ..claim_rules import kinds
from ..mails_appeals import openings_of, written
from ..operations_appeals import send_appeal
from . import bp

RECENT = 10
OUTCOMES = {
    appeals.Outcome.SENT: _l("Written to"),
    appeals.Outcome.NOTHING_FITS: _l("None of the matters fits"),
    appeals.Outcome.NOT_NOW: _l("Away or not approved today"),
    appeals.Outcome.ASKED_LATELY: _l("Was asked or written to lately"),
    appeals.Outcome.FULL: _l("All places taken"),
    appeals.Outcome.NOBODY_ANSWERS: _l("Nobody answers for it"),
}


@bp.get("/appeals/new")
@open_to(*STAFF)
def appeal() -> ResponseReturnValue:
    """Choose matters and people; once matters are chosen, what each of the people would read."""
    return _page(request.args)


def _page(args: Any, error: Any = None) -> str:
    chosen = appeals.chosen_matters(args.getlist("matter"), signed_in())
    filters = Filters(**{name: args.get(name, "") for name in ("area", "county", "language")})
    found = {volunteer.id: volunteer for volunteer in appeals.people(filters)} if chosen else {}
    letters = appeals.letters(chosen, found) if found else []
    firms = {one.id: one for one in appeals_firms.reachable()} if chosen else {}
    return render_template(
        "matching/appeal.html",
        matters=session.execute(appeals.matters(signed_in())).scalars().all(),
        chosen={opening.public_id: opening for opening in chosen},
        by_id={opening.id: opening for opening in chosen},
        filters=filters,
        choices=_choices(),
        people=found,
        letters=letters,
        firms=firms,
        firm_letters=appeals_firms.firm_letters(chosen, firms) if firms else [],
        example=_example(letters, chosen, found),
        key=secrets.token_hex(8),
        recent=session.execute(appeals.recent(signed_in()).limit(RECENT)).scalars().all(),
        most=(appeals.MOST_MATTERS, appeals.MOST_PEOPLE),
        error=error,
        outcomes=OUTCOMES,
        words=words,
    )


def _example(letters: list[appeals.Letter], chosen: list[Opening], people: dict[int, Volunteer]) -> Any:
    """The first of the mails as it would be read."""
    first = next((one for one in letters if one.outcome is appeals.Outcome.SENT), None)
    if first is None:
        return None
    theirs = [opening for opening in chosen if opening.id in first.opening_ids]
    return written(people[first.volunteer_id], chosen[0].case.programme, theirs)


def _choices() -> dict[str, list[tuple[str, str]]]:
    spoken = {code for row in session.execute(queries.approved_volunteers()).scalars() for code in row.languages}
    counties = {each for row in session.execute(appeals.matters(signed_in())).scalars() if (each := row.case.county)}
    return {
        "area": [(kind, kind) for kind in kinds()],
        "county": sorted(((c, problems.county_name(c)) for c in counties), key=lambda pair: pair[1]),
        "language": sorted(((code, problems.language_name(code)) for code in spoken), key=lambda pair: pair[1]),
    }


@bp.post("/appeals")
@open_to(*STAFF)
def make_appeal() -> ResponseReturnValue:
    """Write to everybody chosen; what was sent before is shown again."""
    form = request.form
    try:
        with transaction():
            chosen = appeals.chosen_matters(form.getlist("matter"), signed_in())
            people = _approved(form.getlist("id"))
            firms, key = _firms(form.getlist("firm")), form.get("key", "")
            made = send_appeal(chosen, people, organisations=firms, key=key, actor=signed_in()).public_id
    except BadInput as no:
        return _page(form, no.message), 422
    return redirect(url_for(".one_appeal", public_id=made), 303)


def _firms(public_ids: list[str]) -> list[Organisation]:
    wanted = set(public_ids[: appeals.MOST_PEOPLE + 1])
    return [one for one in appeals_firms.reachable() if one.public_id in wanted] if wanted else []


def _approved(public_ids: list[str]) -> list[Volunteer]:
    wanted = public_ids[: appeals.MOST_PEOPLE + 1]
    stmt = queries.approved_volunteers().where(Volunteer.public_id.in_(wanted))
    return list(session.execute(stmt).scalars()) if wanted else []


@bp.get("/appeals/<public_id>")
@open_to(*STAFF)
def one_appeal(public_id: str) -> ResponseReturnValue:
    """What became of each person chosen."""
    found = appeals.get_appeal(public_id, viewer=signed_in())
    told = [(one, openings_of(one) if one.opening_ids else []) for one in found.recipients]
    return render_template("matching/appeal_sent.html", appeal=found, told=told, outcomes=OUTCOMES, words=words)
