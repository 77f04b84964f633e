"""The parts and packages of a case beside its lead, as the case page shows them to staff."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app.casework.models_packages import PackageReport
from app.clients import roles, vocabulary
from app.clients.models import CaseRole, Opening, OpeningStatus
from app.clients.operations_openings import TAKES_OPENINGS
from app.clients.supervision import has_attorney, supervision
from app.core import i18n
from app.matching.models import HOLDING, LIVE, Assignment, ReferralStatus

from .case_file import CaseFile

S = OpeningStatus
KINDS = {S.LISTED: "wait", S.FILLED: "ok", S.NOT_LISTED: "", S.CLOSED: ""}


@dataclass(frozen=True)
class Part:
    """One opening with who has it or was asked, and what can be done."""

    opening: Opening
    name: str
    kind: str
    facts: str
    asked: str
    late: bool
    have: list[Assignment]
    links: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    @property
    def status(self) -> Any:
        """Where it stands, in words."""
        return vocabulary.OPENING_STATUSES[self.opening.status]


def parts_of(file: CaseFile) -> list[Part]:
    """The parts and packages of a case, those still open first."""
    others = [each for each in file.openings if each.role is not CaseRole.LEAD or each.is_package]
    reports = {report.assignment_id: report for report in file.package_reports}
    rows = [_part(each, file, reports) for each in others]
    return sorted(rows, key=lambda row: row.opening.status is S.CLOSED)


def _part(opening: Opening, file: CaseFile, reports: dict[int, PackageReport]) -> Part:
    have = [a for a in file.assignments if a.opening_id == opening.id and a.ended_at is None]
    late = opening.ends_on is not None and opening.status is not S.CLOSED and opening.ends_on < i18n.today()
    name = opening.package or str(vocabulary.CASE_ROLES[opening.role])
    links, buttons = _acts(opening, file)
    links = [(_("Check the report"), url_for("casework.package_report", public_id=reports[a.id].public_id))
             for a in have if a.id in reports] + links  # fmt: skip
    return Part(
        opening, name, KINDS[opening.status], _facts(opening), _asked(opening, file), late, have, links, buttons
    )


def _facts(opening: Opening) -> str:
    who = roles.takers(opening.role, opening.takers, "")
    said = [_("%(hours)s hours", hours=i18n.hours(opening.hours))]
    if opening.is_package:
        said.append(_(" or ").join(str(vocabulary.TAKERS[each]).partition(",")[0].lower() for each in who))
    if opening.ends_on is not None:
        said.append(_("by %(day)s", day=i18n.when_day(opening.ends_on)))
    return ", ".join(said)


def _asked(opening: Opening, file: CaseFile) -> str:
    """How many were asked, hold it, wait: `1 asked, 1 holds it`."""
    live = Counter(r.status for r in file.referrals if r.opening_id == opening.id and r.status in LIVE)
    holding = sum(live[status] for status in HOLDING)
    counted = (
        (live[ReferralStatus.OFFERED], _("asked")),
        (holding, _("holding or asking for it")),
        (live[ReferralStatus.WAITLISTED], _("waiting")),
    )
    return ", ".join(f"{number} {what}" for number, what in counted if number)


def _acts(opening: Opening, file: CaseFile) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What can be done: pages to go to, and buttons that act."""
    public_id, status = opening.public_id, opening.status
    if status in (S.CLOSED, S.FILLED):
        return [], []
    links = [(_("Edit…"), url_for("clients.edit_opening", public_id=public_id))]
    close = (_("Close it"), url_for("clients.close_opening", public_id=public_id))
    if status is S.NOT_LISTED:
        return links, [(_("List it"), url_for("clients.list_opening", public_id=public_id)), close]
    case = file.case.public_id
    links += [(_("Find volunteers"), url_for("matching.shortlist", public_id=case, opening=public_id)),
              (_("Place by hand…"), url_for("matching.by_hand", public_id=public_id))]  # fmt: skip
    return links, [(_("Take it off the list"), url_for("clients.take_off_opening", public_id=public_id)), close]


def may_add(file: CaseFile) -> bool:
    """Does the case stand where somebody could take a part?"""
    return file.case.status in TAKES_OPENINGS


@dataclass(frozen=True)
class Company:
    """Who of the staff answers for students and paralegals, and whether somebody stands alone."""

    name: str
    alone: bool


def company(file: CaseFile) -> Company:
    """Who answers for those on the case who never work alone."""
    named = supervision(file.case)
    juniors = any(part.ended_at is None and part.acts_as in roles.NEVER_ALONE for part in file.assignments)
    lonely = juniors and not has_attorney(file.case)
    return Company(named.user.name if named else "", lonely)
