"""Nobody decides alone about themselves where a colleague could; where there is none, an administrator looks at it."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l

from app.accounts.models import User
from app.core import audit, clock
from app.core.access import Role
from app.core.errors import NotAllowed
from app.tasks.operations import open_task

from .models import Case
from .queries import colleagues

OWN_DECISION = "own_decision"
DAYS_TO_LOOK = 5


class AskColleague(NotAllowed):
    """It is about the actor, and somebody else of the programme could decide."""

    message = _l("This is about yourself, so a colleague of the programme decides it. Ask one of them.")


def decide_for_themselves(case: Case, about: User | None, *, actor: User, what: str) -> None:
    """Let whoever is staff and volunteer decide about themselves only where the programme has nobody else.

    :raises AskColleague: a colleague could
    """
    if about is None or about.id != actor.id:
        return
    others = [each.name for each in colleagues(case) if each.id != actor.id]
    if others:
        raise AskColleague(details=others[:5])
    open_task(
        OWN_DECISION, case, programme=case.programme, case=case, actor=actor, owner_role=Role.ADMIN,
        title=f"{case.number}: somebody decided about themselves, as the programme has nobody else; look at it",
        due_at=clock.now() + timedelta(days=DAYS_TO_LOOK),
    )  # fmt: skip
    audit.record("case.own_decision", case, actor=actor, after={"what": what})
