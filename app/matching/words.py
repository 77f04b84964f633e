"""What screens say for rules, terms, reasons and statuses; rows keep the codes."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.clients.models import CaseRole, Opening
from app.clients.vocabulary import CASE_ROLES

RULES: dict[str, Any] = {
    "not_approved": _l("Your approval is not in force today."),
    "wrong_role": _l("It asks for a role that is not among yours, or one of its requirements has run out."),
    "no_licence": _l("It needs a licence that we have not verified for you."),
    "no_credential": _l("Its court or agency needs a registration that we have not verified for you."),
    "no_area": _l("You do not list this field."),
    "below_level": _l("It asks for more experience in this field than you list."),
    "opted_out": _l("You said you would rather not take this kind."),
    "no_language": _l("It needs the client's language, and no interpreter can be had."),
    "too_far": _l("It is outside the places you list."),
    "too_long": _l("It is longer than the largest case you take."),
    "not_available": _l("You are not available yet."),
    "no_training": _l("It needs a training that we have not recorded for you."),
    "barred": _l("You and this matter do not go together."),
    "asked_too_often": _l("You were asked about several matters lately."),
}

RULES_FOR_STAFF: dict[str, Any] = {
    "not_approved": _l("not approved today"),
    "wrong_role": _l("another role, or a requirement ran out"),
    "no_licence": _l("no licence for it"),
    "no_credential": _l("a registration is missing"),
    "no_area": _l("the field is not listed"),
    "below_level": _l("too little experience"),
    "opted_out": _l("would rather not take this kind"),
    "no_language": _l("does not speak the language, no interpreter"),
    "too_far": _l("too far"),
    "too_long": _l("longer than their largest case"),
    "not_available": _l("not available yet"),
    "no_training": _l("a training is missing"),
    "barred": _l("barred from this case"),
    "asked_too_often": _l("asked too often lately"),
}

DECLINE_REASONS: dict[str, Any] = {
    "no_time": _l("No time just now"),
    "not_my_field": _l("Not my field"),
    "too_far": _l("Too far"),
    "too_long": _l("Too much work"),
    "conflict": _l("A conflict"),
    "other": _l("Something else"),
}

REFUSE_REASONS: dict[str, Any] = {
    "other_chosen": _l("Somebody else fits better"),
    "level": _l("The matter needs more experience"),
    "staff_keep": _l("Staff will do it"),
    "client_wish": _l("The client wishes otherwise"),
    "capacity": _l("The volunteer has much in hand"),
}

HAND_REASONS: dict[str, Any] = {
    "phone_yes": _l("Said yes on the phone"),
    "knows_client": _l("Knows the client or the matter"),
    "client_wish": _l("The client asked for this lawyer"),
    "special_skill": _l("Has a skill the matter needs"),
    "nobody_else": _l("Nobody else can be had in time"),
}

LEVELS: dict[str, Any] = {
    "learning": _l("learning"),
    "competent": _l("competent"),
    "experienced": _l("experienced"),
    "expert": _l("expert"),
}

COSTS: dict[str, Any] = {
    "programme": _l("The programme pays the costs"),
    "client": _l("The client pays court costs"),
    "waived": _l("Court costs can be waived"),
    "volunteer": _l("The volunteer's firm pays the costs"),
}

SERVICE: dict[str, Any] = {"full": _l("Full representation"), "limited": _l("Limited scope")}

FIRM_STATUSES: dict[str, Any] = {
    "offered": _l("The firm is asked"),
    "waitlisted": _l("On the waiting list"),
    "held": _l("Check the names"),
    "naming": _l("Name the person"),
    "named": _l("Waits for the person named"),
    "requested": _l("Waiting for the programme's word"),
}

WORK: dict[str, Any] = {
    "placed": _l("Placed, first contact due"),
    "in_service": _l("In service"),
    "closing": _l("Closing"),
}

STATUSES: dict[str, Any] = {
    "offered": _l("Offered to you"),
    "waitlisted": _l("On the waiting list"),
    "held": _l("Held for you"),
    "requested": _l("Waiting for the programme's word"),
    "confirmed": _l("Yours"),
    "declined": _l("Declined"),
    "expired": _l("Ran out"),
    "withdrawn": _l("Ended"),
    "conflict": _l("Conflict"),
}


def called(opening: Opening) -> str:
    """What a page calls an opening: the package's task, the part and the matter, or the matter alone."""
    return title_of(opening.package, opening.role, opening.case.title)


def title_of(package: str | None, part: CaseRole, title: str) -> str:
    """`Interpreter for a hearing`, `Co-counsel: Eviction hearing` or `Eviction hearing`."""
    return package or (title if part is CaseRole.LEAD else f"{CASE_ROLES[part]}: {title}")
