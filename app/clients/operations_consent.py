"""What a client allows by word of mouth or on paper, as staff record it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l

from app.accounts.calendars import today
from app.core import audit, clock
from app.core.db import lock, session
from app.core.errors import BadInput, refuse_if
from app.tasks.operations import finish_tasks

from .models import Case, Consent, ConsentKind
from .operations_parties import refuse_unless_open
from .standing import find_consent
from .vocabulary import CONSENT_WAYS

if TYPE_CHECKING:
    from app.accounts.models import User

PURPOSES = {
    ConsentKind.SHARE_NAMES: "possible lawyers",
    ConsentKind.SHARE_FILE: "the lawyer who takes the case",
    ConsentKind.TRANSFER: "another lawyer or programme",
    ConsentKind.LIMITED_SCOPE: "the limits of the help",
    ConsentKind.STORY: "telling the story without names",
}


class NotGiven(BadInput):
    """How a consent was given, and until when, is part of it."""

    message = _l("Choose how the client said yes; an end, if there is one, lies ahead.")


def record_consent(
    case: Case, kind: ConsentKind, how: str, *, actor: User, language: str | None = None, expires_on: date | None = None
) -> Consent:
    """Record a client's yes; one that holds already stays as it is.

    :raises NotGiven: how it was given is unknown, or it would be over already
    :raises CaseIsOver: the case has ended
    """
    case = lock(case)
    refuse_unless_open(case)
    day = today(case.programme)
    refuse_if(how not in CONSENT_WAYS or (expires_on is not None and expires_on < day), NotGiven)
    live = find_consent(case, kind)
    if live is not None and (live.expires_on is None or live.expires_on >= day):
        return live
    if live is not None:
        live.withdrawn_at = clock.now()
        session.flush()
    made = Consent(
        case=case, kind=kind, purpose=PURPOSES[kind], given_how=how, language=language or case.language,
        given_at=clock.now(), recorded_by_id=actor.id, expires_on=expires_on,
    )  # fmt: skip
    session.add(made)
    if kind is ConsentKind.SHARE_NAMES:
        finish_tasks("consent_withdrawn", case, actor=actor, outcome="given_again")
    audit.record("consent.record", made, actor=actor, after={"kind": kind, "how": how})
    return made
