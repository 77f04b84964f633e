"""How sets of questions, kinds of answer and meanings are called on pages."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

SETS: dict[str, Any] = {
    "volunteer_start": _l("Volunteer: starting"),
    "volunteer_contact": _l("Volunteer: first contact"),
    "volunteer_regular": _l("Volunteer: how it goes"),
    "volunteer_after_date": _l("Volunteer: after a date"),
    "volunteer_package": _l("Volunteer: a package"),
    "client_contact": _l("Client: has someone been in touch"),
    "client_regular": _l("Client: how it goes"),
}
KINDS: dict[str, Any] = {
    "choice": _l("One of several"),
    "yes_no": _l("Yes or no"),
    "day": _l("A date"),
    "hours": _l("Hours"),
    "text": _l("A few words"),
}
MEANINGS: dict[str, dict[str, Any]] = {
    "volunteer": {
        "": _l("Nothing to do"),
        "on_track": _l("All is well"),
        "not_yet": _l("Client not reached yet"),
        "needs_help": _l("Needs help: a task"),
        "postponed": _l("A date was moved: a task"),
        "ready_to_close": _l("Can close: a task"),
        "cannot_go_on": _l("Cannot go on: a task at once"),
    },
    "client": {
        "": _l("Nothing to do"),
        "no_contact": _l("Nobody was in touch: a task"),
        "no_longer_needed": _l("Needs no more help: a task"),
        "call_me": _l("Call me: a task at once"),
    },
}
