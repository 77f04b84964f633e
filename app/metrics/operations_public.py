"""A programme's public page: switching it on and off."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts.models import Grant, Programme, User
from app.core import audit, clock
from app.core.access import Role
from app.core.db import insert_unless_exists, lock, session
from app.core.errors import NotAllowed, Refusal, refuse_if

from .models_public import PublicPage
from .publishing import published_periods
from .publishing_beside import keep_others_out, refuse_for_everybody


class NothingPublished(Refusal):
    """There would be nothing to see."""

    message = _l("Publish a period of this grant first. The public page shows published periods only.")


class OnAlready(Refusal):
    """The page is on."""

    message = _l("The public page is on already.")


def find_page(programme: Programme) -> PublicPage | None:
    """The programme's public page, where it is on."""
    on = select(PublicPage).where(PublicPage.programme_id == programme.id, PublicPage.switched_off_at.is_(None))
    return session.execute(on).scalar_one_or_none()


def find_public(slug: str) -> PublicPage | None:
    """The public page under a programme's short name."""
    on = select(PublicPage).join(PublicPage.programme)
    return session.execute(on.where(Programme.slug == slug, PublicPage.switched_off_at.is_(None))).scalar_one_or_none()


def switch_on(grant: Grant, *, actor: User) -> PublicPage:
    """Show everybody what is published of a grant, with more of it hidden.

    :raises NotAllowed: the actor does not coordinate the programme
    :raises NothingPublished: no period of the grant is published
    :raises OnAlready: the page is on
    :raises ReadTogether: beside another grant's publications it could give small counts away
    """
    keep_others_out(grant)
    refuse_if(not actor.has(Role.COORDINATOR, grant.programme_id), NotAllowed)
    refuse_if(not any(period.public for period in published_periods(grant)), NothingPublished)
    refuse_for_everybody(grant)
    made = insert_unless_exists(
        PublicPage, programme_id=grant.programme_id, grant_id=grant.id, switched_on_at=clock.now(),
        switched_on_by_id=actor.id,
    )  # fmt: skip
    if made is None:
        raise OnAlready
    audit.record("public_page.switch_on", made, actor=actor, after={"grant": grant.id})
    return made


def switch_off(page: PublicPage, *, actor: User) -> None:
    """Take the public page away.

    :raises NotAllowed: the actor does not coordinate the programme
    """
    page = lock(page)
    refuse_if(not actor.has(Role.COORDINATOR, page.programme_id), NotAllowed)
    if page.switched_off_at is None:
        page.switched_off_at = clock.now()
        audit.record("public_page.switch_off", page, actor=actor)
