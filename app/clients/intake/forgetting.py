"""Requests that nobody finished are not kept for ever."""

from __future__ import annotations

from sqlalchemy import select

from app.core import audit, clock, links
from app.core.db import session, transaction

from .. import mails
from ..models import IntakeDraft


def forget_one() -> bool:
    """Forget one request left unfinished for thirty days, or what the last page of a sent one showed."""
    with transaction():
        return _forget_unfinished() or _forget_last_page()


def _forget_unfinished() -> bool:
    old = select(IntakeDraft).where(
        IntakeDraft.sent_at.is_(None), IntakeDraft.saved_at < clock.now() - mails.DRAFT_LASTS
    )
    draft = session.execute(old.order_by(IntakeDraft.id).limit(1)).scalars().first()
    if draft is None:
        return False
    links.revoke(mails.RESUME, draft)
    audit.record("request.forget", draft, actor=None)
    session.delete(draft)
    return True


def _forget_last_page() -> bool:
    over = IntakeDraft.sent_at < clock.now() - mails.LINK_LASTS
    shown = select(IntakeDraft).where(over, IntakeDraft.pin_hash.is_distinct_from(""))
    draft = session.execute(shown.order_by(IntakeDraft.id).limit(1)).scalars().first()
    if draft is None:
        return False
    draft.answers, draft.pin_hash = {}, ""
    return True
