"""A mail that cannot go by itself becomes somebody's task."""

from __future__ import annotations

from app.accounts.calendars import add_business_time
from app.accounts.models import User
from app.core import clock
from app.core.mail import Mail

from .operations import finish_tasks, open_task

CAUSE = "mail_trouble"
TITLES = {
    "refused": "A mail was refused by the receiving server; reach the person another way",
    "gave up": "A mail could not be delivered for three days; reach the person another way",
    "unclear": "A mail may or may not have arrived; send it again or let it be",
}


def open_mail_task(mail: Mail, why: str) -> None:
    """Give the mail to its programme's coordinators; a mail of no programme waits in the administrators' outbox.

    A mail that its package let drop is that package's to follow up.
    """
    if mail.programme is None or why not in TITLES:
        return
    open_task(
        CAUSE,
        mail,
        programme=mail.programme,
        title=TITLES[why],
        due_at=add_business_time(clock.now(), mail.programme, hours=4),
        actor=None,
        case=mail.case,
    )


def close_mail_task(mail: Mail, actor: User, outcome: str) -> None:
    """What was to decide about the mail is decided."""
    finish_tasks(CAUSE, mail, actor=actor, outcome=outcome)
