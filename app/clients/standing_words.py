"""Where a case stands, in words for its client."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from .models import Case, CaseStatus

S = CaseStatus

# status: where it stands, what happens next; the second pair is for a device that somebody watches
WORDS: dict[CaseStatus, tuple[Any, Any]] = {
    S.PRESCREEN: (
        _l("We are reading your request"),
        _l(
            "We make sure that we do not work for the other side. Then somebody reads what you "
            "wrote, and we tell you what we can do."
        ),
    ),
    S.ACCEPTED: (
        _l("We take on your request"),
        _l("We get it ready, so that a lawyer understands at once what is needed. Then we begin to look."),
    ),
    S.AVAILABLE: (
        _l("We are looking for a lawyer for you"),
        _l(
            "Lawyers who volunteer can see what is needed, without names. When one wants to help, "
            "they check the names, and then they call you."
        ),
    ),
    S.PLACED: (
        _l("We found someone for you"),
        _l("They call you themselves. If nobody has called within a week, call us, and we find out why."),
    ),
    S.IN_SERVICE: (
        _l("Your lawyer is working on it"),
        _l("Your lawyer tells you each next step. If you do not hear from them, call us."),
    ),
    S.CLOSING: (_l("The work is nearly done"), _l("We look over it. Then you hear from us once more.")),
    S.CLOSED: (_l("The work is finished"), _l("Keep your papers. If something is not right, call us.")),
    S.REJECTED: (
        _l("We cannot take on your request"),
        _l(
            "Dates on your papers keep running. Call 211 or look at lawhelp.org: they know who else "
            "can help. Call us if you have questions."
        ),
    ),
    S.WITHDRAWN: (
        _l("We stopped working on it"),
        _l("If you want us to go on, call us. You can ask for help again at any time."),
    ),
    S.RETURNED_TO_STAFF: (
        _l("Our own staff works on it"),
        _l("Somebody from our office calls you and tells you the next step."),
    ),
    S.NOT_PLACED: (
        _l("We did not find a lawyer for you"),
        _l(
            "Dates on your papers keep running. Call 211 or look at lawhelp.org: they know who else "
            "can help. Call us if you have questions."
        ),
    ),
    S.ADMINISTRATIVELY_CLOSED: (
        _l("We stopped working on it"),
        _l("We could not reach you. If you want us to go on, call us."),
    ),
}

NEUTRAL: dict[CaseStatus, tuple[Any, Any]] = {
    S.ACCEPTED: (_l("We want to help you"), _l("We get everything ready and look for the right person.")),
    S.AVAILABLE: (
        _l("We are looking for the right person"),
        _l("When we found somebody, they call you where it is safe."),
    ),
    S.IN_SERVICE: (
        _l("Somebody is working on it"),
        _l("They tell you each next step. If you do not hear from them, call us."),
    ),
    S.NOT_PLACED: (_l("There is news"), _l("We call you where it is safe. You can also call us.")),
    S.REJECTED: (_l("There is an answer"), _l("We call you where it is safe. You can also call us.")),
}

TRACK = (
    (_l("We read it"), (S.PRESCREEN,)),
    (_l("We look for someone"), (S.ACCEPTED, S.AVAILABLE)),
    (_l("We found someone"), (S.PLACED,)),
    (_l("The work"), (S.IN_SERVICE, S.CLOSING, S.RETURNED_TO_STAFF)),
    (_l("Finished"), (S.CLOSED,)),
)


def words(case: Case, *, watched: bool) -> tuple[Any, Any]:
    """Where it stands and what happens next; without a word about lawyers where somebody watches."""
    return (NEUTRAL.get(case.status) if watched else None) or WORDS[case.status]


def track(case: Case) -> list[dict[str, Any]]:
    """The way of a request with where it is now; nothing where the way ended early."""
    at = next((n for n, (_text, statuses) in enumerate(TRACK) if case.status in statuses), None)
    if at is None:
        return []
    return [
        {"label": text, "state": "done" if n < at else "now" if n == at else ""} for n, (text, _s) in enumerate(TRACK)
    ]
