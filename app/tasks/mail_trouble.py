"""A mail that cannot go by itself becomes somebody's task."""

from __future__ import annotations

from sqlalchemy import select

from app.accounts.calendars import add_business_time
from app.accounts.models import Programme, User
from app.core import clock
from app.core.access import Role
from app.core.db import session
from app.core.mail import Mail
from app.core.mail_foot import topic_of
from app.core.outbox import WRONG_ADDRESS

from .operations import finish_tasks, open_task

CAUSE = "mail_trouble"
TITLES = {
    "refused": "A mail was refused by the receiving server; reach the person another way",
    "gave up": "A mail could not be delivered for three days; reach the person another way",
    "unclear": "A mail may or may not have arrived; send it again or let it be",
}
NOT_WRITTEN = {  # the address may not be used: what it should have said is said another way
    "bounced": "A notice was not sent because mail to its reader comes back; call them",
    "complained": "A notice was not sent because its reader called our mail spam; call them",
    "opted_out": "A notice was not sent because its reader wants no mail; call them",
    WRONG_ADDRESS: "A notice was not sent because its reader's address is wrong; call them and correct it",
    "deactivated": "A notice was not sent because its reader's account is closed; see who must know",
}
NOT_MAILED = "not_mailed"


def open_mail_task(mail: Mail, why: str) -> None:
    """Give the mail to its programme's coordinators; one of no programme to administrators, in the first one's hours.

    A mail that its package let drop is that package's to follow up.
    """
    if why in NOT_WRITTEN:
        _open_notice_task(mail, why)
    programme = mail.programme or session.scalar(select(Programme).order_by(Programme.id).limit(1))
    if programme is None or why not in TITLES:
        return
    open_task(
        CAUSE,
        mail,
        programme=programme,
        title=TITLES[why],
        due_at=add_business_time(clock.now(), programme, hours=4),
        actor=None,
        case=mail.case,
        owner_role=Role.COORDINATOR if mail.programme is not None else Role.ADMIN,
    )


def _open_notice_task(mail: Mail, why: str) -> None:
    """What somebody must know reaches them through a person: one task for a case, however many mails were let drop."""
    if mail.programme is None or mail.audience == "client" or topic_of(mail) is not None:
        return
    open_task(
        NOT_MAILED,
        mail.case or mail,
        programme=mail.programme,
        title=NOT_WRITTEN[why],
        due_at=add_business_time(clock.now(), mail.programme, hours=4),
        actor=None,
        case=mail.case,
        owner=mail.case.custody.user if mail.case is not None and mail.case.custody else None,
    )


def close_mail_task(mail: Mail, actor: User, outcome: str) -> None:
    """What was to decide about the mail is decided."""
    finish_tasks(CAUSE, mail, actor=actor, outcome=outcome)
    if outcome == "drop" and mail.drop_reason == WRONG_ADDRESS:
        open_mail_task(mail, WRONG_ADDRESS)
