"""Where each kind of reader can go: the tabs, links and addresses of the frame around every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import current_app, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.models import User
from app.core.access import STAFF, Role

from .counts import counts

Entry = tuple[Any, str, str]  # label, endpoint, name of its count

DESK: tuple[Entry, ...] = (
    (_l("Today"), "desk.today", "rows"),
    (_l("Intake"), "clients.intake_queue", "intake"),
    (_l("Docket"), "desk.docket", "available"),
    (_l("Matching"), "matching.docket_runs", ""),
    (_l("Requests"), "matching.requests", "requests"),
    (_l("Volunteers"), "volunteers.people", ""),
    (_l("Check-ins"), "engagement.checkins", "silent"),
    (_l("Escalations"), "engagement.escalations", ""),
    (_l("Reports"), "metrics.reports", ""),
    (_l("Outbox"), "accounts.outbox", ""),
)
ADMIN: tuple[Entry, ...] = (
    (_l("People"), "accounts.people", ""),
    (_l("Programmes"), "accounts.programme_settings", ""),
    (_l("Requirements"), "volunteers.requirements", ""),
    (_l("Audit"), "accounts.audit_log", ""),
    (_l("Own decisions"), "desk.own_decisions", ""),
    (_l("Outbox"), "accounts.outbox", ""),
)
VOLUNTEER: tuple[Entry, ...] = (  # the third is the icon
    (_l("Home"), "desk.my_home", "home"),
    (_l("Opportunities"), "matching.opportunities", "find"),
    (_l("My cases"), "casework.my_cases", "case"),
    (_l("Profile"), "volunteers.profile", "me"),
)
FIRM: tuple[Entry, ...] = (  # the third is the icon
    (_l("Firm"), "matching.firm_home", "home"),
    (_l("Matters"), "matching.firm_opportunities", "find"),
)
FUNDER: tuple[Entry, ...] = ((_l("Impact"), "metrics.impact", ""),)
EVERYONE: tuple[Entry, ...] = (
    (_l("Find help"), "clients.ask", ""),
    (_l("Volunteer"), "volunteers.apply", ""),
    (_l("Open matters"), "matching.open_opportunities", ""),
)
AT_WORK = ("/my/", "/opportunities", "/offer/")


@dataclass(frozen=True)
class Place:
    """One place of a reader."""

    label: Any
    url: str
    current: bool
    count: int = 0
    icon: str = ""


class Lazily:
    """A list that is made when a page first asks for it, so that pages without it pay nothing."""

    def __init__(self, make: Callable[[], list[Place]]) -> None:
        self._make = make
        self._made: list[Place] | None = None

    def _list(self) -> list[Place]:
        if self._made is None:
            self._made = self._make()
        return self._made

    def __iter__(self) -> Iterator[Place]:
        return iter(self._list())

    def __len__(self) -> int:
        return len(self._list())


def is_known(endpoint: str) -> bool:
    """Is there such a page?"""
    return endpoint in current_app.view_functions


def address(endpoint: str, **values: Any) -> str:
    """The address of a page, or nothing where there is none."""
    return url_for(endpoint, **values) if is_known(endpoint) else ""


def is_staff(user: User | None) -> bool:
    """Does the person work for a programme?"""
    return user is not None and bool(user.role_names & set(STAFF))


def places_of(user: User | None) -> list[Place]:
    """The places of a reader, by what they may do and which part of the site they are in."""
    if user is None:
        return [_place(entry) for entry in EVERYONE if is_known(entry[1])]
    roles = user.role_names
    if Role.FIRM_COORDINATOR in roles and (_in_firms_part() or roles == {Role.FIRM_COORDINATOR}):
        return _with_icons(FIRM, (_l("My own cases"), "desk.my_home", "me") if Role.VOLUNTEER in roles else None)
    if Role.VOLUNTEER in roles and (_in_volunteers_part() or not roles - {Role.VOLUNTEER, Role.FIRM_COORDINATOR}):
        return _with_icons(VOLUNTEER, FIRM[0] if Role.FIRM_COORDINATOR in roles else None)
    return _at_the_desk(user)


def _with_icons(entries: tuple[Entry, ...], other: Entry | None) -> list[Place]:
    """The places of a part of the site, and the way to the reader's other part."""
    entries = entries if other is None else (*entries, other)
    return [_place((label, endpoint, ""), icon=icon) for label, endpoint, icon in entries if is_known(endpoint)]


def _in_firms_part() -> bool:
    return request.path == "/firm" or request.path.startswith("/firm/")


def _in_volunteers_part() -> bool:
    return request.path == "/my" or request.path.startswith(AT_WORK)


def _at_the_desk(user: User) -> list[Place]:
    entries: list[Entry] = [*DESK] if is_staff(user) else []
    if Role.ADMIN in user.role_names:
        entries += [entry for entry in ADMIN if entry not in entries]
    if Role.FUNDER in user.role_names:
        entries += FUNDER
    if Role.VOLUNTEER in user.role_names:
        entries.append((_l("My own cases"), "desk.my_home", ""))
    if Role.FIRM_COORDINATOR in user.role_names:
        entries.append((_l("Firm"), "matching.firm_home", ""))
    numbers = counts(user) if is_staff(user) else {}
    return [_place(entry, numbers.get(entry[2], 0)) for entry in entries if is_known(entry[1])]


def _place(entry: Entry, count: int = 0, icon: str = "") -> Place:
    label, endpoint, _name = entry
    url = url_for(endpoint)
    return Place(label, url, request.path == url or _is_below(url), count, icon)


def _is_below(url: str) -> bool:
    return url not in ("/my", "/firm", "/opportunities/open") and request.path.startswith(f"{url}/")


def home_of(user: User | None) -> str:
    """Where a reader starts."""
    if user is None:
        return url_for("desk.landing")
    for is_one, endpoint in (
        (is_staff(user), "desk.today"),
        (user.role_names == {Role.FIRM_COORDINATOR}, "matching.firm_home"),
        (Role.VOLUNTEER in user.role_names, "desk.my_home"),
        (Role.VOLUNTEER in user.role_names, "matching.opportunities"),
        (Role.FUNDER in user.role_names, "metrics.impact"),
        (Role.ADMIN in user.role_names, "accounts.people"),
    ):
        if is_one and is_known(endpoint):
            return url_for(endpoint)
    return url_for("accounts.account")


def programme_name(user: User | None) -> str:
    """The programme a member of staff works in, or how many."""
    names = {g.programme.name for g in user.grants if g.programme is not None and g.role in STAFF} if user else set()
    if len(names) > 1:
        return _("%(number)s programmes", number=len(names))
    return next(iter(names), "")
