"""Why a matter fits its reader, in words."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.clients import problems
from app.clients.models import CaseRole

from . import words
from .board import Listing
from .rules import SETTINGS

MOST = 5
LONG_UNASKED = 30


def why(matter: Listing) -> list[dict[str, Any]]:
    """What speaks for the reader, and what to mind."""
    terms = matter.pair.terms
    found = [*_about_field(matter, terms), *_about_language(matter, terms), *_about_place(matter, terms)]
    if terms["rotation"] >= LONG_UNASKED and not matter.pair.needs_mentor:
        found.append(_fits(_("You have not been asked lately")))
    warned = [_mind(str(words.RULES[rule])) for rule in matter.warnings]
    return found[: MOST - min(len(warned), 2)] + warned


def _fits(text: str) -> dict[str, Any]:
    return {"text": text, "fits": True}


def _mind(text: str) -> dict[str, Any]:
    return {"text": text, "fits": False}


def _about_field(matter: Listing, terms: dict[str, int]) -> list[dict[str, Any]]:
    if not terms["area"] or not matter.needs_field:
        return []
    field = matter.problem if terms["area"] == SETTINGS.area_code else matter.category
    if matter.pair.needs_mentor:
        return [_mind(_("%(field)s asks for one step more than you list; a mentor stands by you", field=field))]
    if terms["expertise"] == SETTINGS.expertise_equal:
        return [_fits(_("%(field)s, at your level", field=field))]
    return [_fits(_("%(field)s, well within your experience", field=field))]


def _about_language(matter: Listing, terms: dict[str, int]) -> list[dict[str, Any]]:
    if matter.language in (None, "en"):
        return []
    language = problems.language_name(str(matter.language))
    if terms["language"] or matter.facts.part is CaseRole.INTERPRETER:
        return [_fits(_("You speak %(language)s", language=language))]
    return [_mind(_("The client speaks %(language)s; an interpreter is provided", language=language))]


def _about_place(matter: Listing, terms: dict[str, int]) -> list[dict[str, Any]]:
    points = terms["place"]
    if points == SETTINGS.place_county and matter.county:
        return [_fits(_("In a county you list"))]
    if points in (SETTINGS.place_county, SETTINGS.place_state):
        return [_fits(_("In the area you cover"))]
    if points == SETTINGS.place_remote:
        return [_fits(_("Can be done from where you are"))]
    return []


def facts(matter: Listing) -> list[dict[str, Any]]:
    """Place, length, language and scope, as much as may be said."""
    row = matter.facts
    return [
        {"icon": "pin", "text": place(matter)},
        {"icon": "clock", "text": _("about %(hours)s hours", hours=f"{row.hours / 100:g}")},
        {"icon": "talk", "text": language(matter)},
        {"icon": "lock", "text": str(scope(matter))},
    ]


def scope(matter: Listing) -> Any:
    """How much of the matter it is."""
    if matter.facts.package:
        return _("One task of a case")
    if not matter.is_whole:
        return _("A part beside the lead")
    if matter.facts.short_term_by:
        return _("Short service of a clinic")
    return words.SERVICE[matter.facts.service_level.value]


def place(matter: Listing) -> str:
    """`Dane County, in person`; only the state where few cases share the county."""
    row = matter.facts
    where = problems.county_name(matter.county) if matter.county else row.forum_state
    return _("%(where)s, in person", where=where) if row.in_person else _("%(where)s or remote", where=where)


def language(matter: Listing) -> str:
    """The client's language, unnamed where few share it."""
    if matter.language is None:
        return _("Another language, with interpreter") if matter.facts.interpreter else _("Another language")
    name = problems.language_name(matter.language)
    if matter.language == "en":
        return name
    return _("%(name)s, interpreter can be had", name=name) if matter.facts.interpreter else name
