"""Certificates of hours: a volunteer has one made, anybody with its code can check it, and it can be withdrawn."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Sequence
from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload

from app.accounts import calendars
from app.accounts.models import Programme, User
from app.casework.models import TimeEntry
from app.clients.models import Case
from app.core import audit, clock, mail
from app.core.access import Role
from app.core.db import lock, session
from app.core.errors import BadInput, NotAllowed, NotFound, refuse_if
from app.core.forms import is_blank
from app.core.i18n import hours
from app.core.sealed import keyed_hash
from app.volunteers.queries_shifts import served

from .models_reports import Certificate
from .own_impact import Hours, hours_at
from .report_contents import full_day, full_day_at
from .reports_files_made import typeset

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without those that are read as others
GROUPS, EACH = 4, 5  # 20 letters of 32: 100 bits
WRITTEN_IN = ("LATIN", "GREEK", "CYRILLIC", "MODIFIER", "COMBINING")
MARKS = " '’‘-‐–.,()ʻ"


class NoHours(BadInput):
    """There is nothing to certify."""

    message = _l("No hours are logged at this programme for these days, so there is nothing to certify.")


class NoLetters(BadInput):
    """The typeface lacks a letter of the name."""

    message = _l("We cannot print this name. Write it in Latin, Greek or Cyrillic letters.")


def programmes_served(viewer: User) -> Sequence[Programme]:
    """The programmes at which a volunteer logged hours, on cases or at shifts, by name."""
    own = viewer.volunteer.id if viewer.volunteer else 0
    mine = (TimeEntry.volunteer_id == own, TimeEntry.removed_at.is_(None))
    worked = select(Case.programme_id).join(TimeEntry, TimeEntry.case_id == Case.id).where(*mine)
    there = or_(Programme.id.in_(worked), Programme.id.in_(served(own)))
    return session.execute(select(Programme).where(there).order_by(Programme.name)).scalars().all()


def certify(
    programme: Programme, *, name: str, first: date, last: date, agreed: bool, actor: User
) -> Certificate:  # fmt: skip
    """Write down a volunteer's hours of a period under a new code.

    :raises BadInput: no name, no consent to show it, or days that are not over or in the wrong order
    :raises NoLetters: the name has letters that cannot be printed
    :raises NoHours: nothing is logged for these days
    """
    refuse_if(actor.volunteer is None, NotAllowed)
    _check(programme, name, first, last, agreed)
    given = hours_at(actor.volunteer, programme.id, first, last) if actor.volunteer else Hours(0, 0, 0)
    refuse_if(given.all <= 0, NoHours)
    code = new_code()
    made = Certificate(
        volunteer=actor.volunteer, programme=programme, name=" ".join(name.split()), code=code,
        code_hash=_hash(code), starts_on=first, ends_on=last, hundredths=given.all,
        clinic_hundredths=given.clinics, advice_hundredths=given.advice,
    )  # fmt: skip
    session.add(made)
    audit.record("certificate.make", made, actor=actor, after={"hundredths": given.all})
    return made


def _check(programme: Programme, name: str, first: date, last: date, agreed: bool) -> None:
    if is_blank(name):
        raise BadInput(_l("Write the name as it should stand on the certificate."))
    refuse_if(not all(_printable(letter) for letter in name), NoLetters)
    if not agreed:
        raise BadInput(_l("Say that anybody with the code may read this name and these hours, or make no certificate."))
    if first > last:
        raise BadInput(_l("The last day lies before the first one."))
    if last > calendars.today(programme):
        raise BadInput(_l("The last day lies in the future. A certificate is of hours already given."))


def _printable(letter: str) -> bool:
    return letter in MARKS or unicodedata.name(letter, "").startswith(WRITTEN_IN)


def new_code() -> str:
    """A code nobody can guess: `7KQM2-XWP93-TD6HF-A4RNV`."""
    return "-".join("".join(secrets.choice(LETTERS) for _n in range(EACH)) for _group in range(GROUPS))


def _hash(code: str) -> str:
    return keyed_hash("".join(letter for letter in code.upper() if letter in LETTERS), "certificate")


def find_certificate(code: str) -> Certificate | None:
    """The certificate with a code, withdrawn ones too; typed small or without its lines is the same code."""
    found = select(Certificate).where(Certificate.code_hash == _hash(code)).options(joinedload(Certificate.programme))
    return session.execute(found).scalar_one_or_none()


def own_certificates(viewer: User) -> Sequence[Certificate]:
    """A volunteer's certificates, the newest first."""
    mine = Certificate.volunteer_id == (viewer.volunteer.id if viewer.volunteer else 0)
    found = select(Certificate).where(mine).options(joinedload(Certificate.programme)).order_by(Certificate.id.desc())
    return session.execute(found).scalars().all()


def certificates_at(programme: Programme) -> Select[Certificate]:
    """The certificates that name a programme, the newest first."""
    here = select(Certificate).where(Certificate.programme_id == programme.id)
    return here.options(joinedload(Certificate.volunteer)).order_by(Certificate.id.desc())


def get_certificate(public_id: str, *, viewer: User) -> Certificate:
    """A certificate of the viewer's own, or of a programme they coordinate.

    :raises NotFound: unknown, or another's
    """
    mine = Certificate.volunteer_id == (viewer.volunteer.id if viewer.volunteer else 0)
    theirs = Certificate.programme_id.in_(viewer.programme_ids(Role.COORDINATOR))
    found = select(Certificate).where(Certificate.public_id == public_id, or_(mine, theirs))
    row = session.execute(found).scalar_one_or_none()
    if row is None:
        raise NotFound
    return row


def revoke(certificate: Certificate, *, actor: User) -> None:
    """Withdraw a certificate; whoever checks its code reads so, and nothing else."""
    certificate = lock(certificate)
    if certificate.revoked_at is None:
        certificate.revoked_at, certificate.revoked_by_id = clock.now(), actor.id
        audit.record("certificate.revoke", certificate, actor=actor)


def at_shifts(certificate: Certificate) -> str:
    """`3 at clinics, 2 on advice shifts`: how many of the hours belong to no case; nothing where none does."""
    parts = (
        (_("%(hours)s at clinics", hours=hours(certificate.clinic_hundredths)), certificate.clinic_hundredths),
        (_("%(hours)s on advice shifts", hours=hours(certificate.advice_hundredths)), certificate.advice_hundredths),
    )
    return ", ".join(words for words, n in parts if n)


def certificate_pdf(certificate: Certificate) -> bytes:
    """The certificate to print, tagged."""
    shifts = at_shifts(certificate)
    facts = {
        "title": _("Certificate of pro bono hours"), "name": certificate.name, "hours": hours(certificate.hundredths),
        "of_these": _("of these %(shifts)s", shifts=shifts) if shifts else "",
        "programme": certificate.programme.name, "code": certificate.code,
        "days": _("%(first)s to %(last)s", first=full_day(certificate.starts_on), last=full_day(certificate.ends_on)),
        "made": full_day_at(certificate.created_at, certificate.programme.time_zone),
        "address": mail.outside_url("metrics.check_certificate"),
    }  # fmt: skip
    return typeset("certificate.typ", facts)
