"""What people who sign in are written."""

from __future__ import annotations

from collections.abc import Mapping

from app.core import mail
from app.core.db import session
from app.core.mail import Mail

from . import queries
from .models import User

INVITATION = "account.invitation"
PASSWORD = "account.password"  # noqa: S105


def invited(user: User, token: str, *, days: int) -> Mail | None:
    """Ask a person to set the password of their new account."""
    facts = {"name": user.name, "address": mail.outside_url("accounts.set_password", token=token), "days": days}
    return _queue(INVITATION, user, token, "accounts/mails/invitation", facts)


def password_asked(user: User, token: str, *, minutes: int) -> Mail | None:
    """Send a person the link that sets a new password."""
    facts = {"name": user.name, "address": mail.outside_url("accounts.reset_password", token=token), "minutes": minutes}
    return _queue(PASSWORD, user, token, "accounts/mails/password", facts)


def password_changed(user: User) -> Mail | None:
    """Tell a person that their password was changed, in case it was not them."""
    facts = {"name": user.name, "address": mail.outside_url("accounts.forgotten")}
    return _queue("account.changed", user, str(user.version), "accounts/mails/changed", facts)


def _queue(kind: str, user: User, token: str, template: str, facts: Mapping[str, object]) -> Mail | None:
    language = user.language if user.language in ("en", "es") else "en"
    subject, text = mail.compose(template, language, **facts)
    return mail.queue(
        kind,
        occasion=f"{kind}:{user.id}:{queries.token_hash(token)[:16]}",
        to=user.email,
        subject=subject,
        text=text,
        audience="account",
        about=user,
        language=language,
    )


def no_account_any_more(row: Mail) -> str | None:
    """Whoever was deactivated meanwhile is not written any more."""
    user = session.get(User, row.record_id) if row.record_id else None
    return None if user is not None and user.is_active else "deactivated"
