"""What closings and hours say: how cases ended, for whom, what money they brought, and who worked how long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Row, select

from app.casework.closing import closing_codes
from app.casework.models import AmountKind, ClosingAmount, ClosingReport, ClosingStatus, TimeEntry
from app.clients.models import Case, CaseRole, Client, EligibilityDecision
from app.core.db import session
from app.matching.models import Assignment

from .window import Fact, Window, in_blocks

UNKNOWN = "unknown"
ONCE = ("clients_helped", "people_helped", "children_helped")  # a client counts once a period, however many cases


@dataclass
class Homes:
    """Who lives with the clients of some cases, and what these were about."""

    sizes: dict[int, int] = field(default_factory=dict)
    children: dict[int, int] = field(default_factory=dict)
    codes: dict[int, str | None] = field(default_factory=dict)

    def people(self, case_id: int) -> tuple[int, int, int]:
        """Client, household and children: what counts once for each client, in the order of `ONCE`."""
        return 1, self.sizes.get(case_id, 1), self.children.get(case_id, 0)


def closings(window: Window) -> Iterator[Fact]:
    """Cases whose closing report counts, on the day staff approved it."""
    columns = (
        ClosingReport.case_id, ClosingReport.closing_code, ClosingReport.main_benefit, ClosingReport.outcome,
        ClosingReport.approved_at, Client.identity_id,
    )  # fmt: skip
    counted = (
        select(*columns)
        .join(Client, Client.case_id == ClosingReport.case_id)
        .where(ClosingReport.status == ClosingStatus.APPROVED, ClosingReport.superseded_at.is_(None))
        .where(*window.moments(ClosingReport.approved_at))
    )
    for some in in_blocks(window.read(counted, ClosingReport.case_id)):
        ids = [row.case_id for row in some]
        homes, leads = homes_of(ids), leads_of(ids)
        for row in some:
            yield from _closing(homes, row, window.day(row.approved_at), window.firm(leads.get(row.case_id)))


def homes_of(ids: Sequence[int]) -> Homes:
    """Who lives with the clients of some cases, as judged last and told at intake."""
    found, run = Homes(), session.execute
    columns = (EligibilityDecision.case_id, EligibilityDecision.household_size)
    for case_id, size in run(
        select(*columns).where(EligibilityDecision.case_id.in_(ids)).order_by(EligibilityDecision.id)
    ):
        found.sizes[case_id] = size
    for case_id, code, told in run(select(Case.id, Case.problem_code, Case.at_intake).where(Case.id.in_(ids))):
        found.codes[case_id] = code
        children = (told or {}).get("children")
        if isinstance(children, int) and children > 0:
            found.children[case_id] = children
    return found


def leads_of(ids: Sequence[int]) -> dict[int, int]:
    """Who led each of some cases last."""
    leads = select(Assignment.case_id, Assignment.volunteer_id).where(
        Assignment.case_id.in_(ids), Assignment.role == CaseRole.LEAD
    )
    return {case_id: who for case_id, who in session.execute(leads.order_by(Assignment.started_at, Assignment.id))}  # noqa: C416


def _closing(homes: Homes, row: Row[Any], day: date, firm: str) -> Iterator[Fact]:
    case_id, code, by = row.case_id, row.closing_code, (("firm", firm),)
    coded = (("closing_code", code), *by)
    pair = ("problem_closing", f"{(homes.codes.get(case_id) or '??')[:2]}:{code}")
    extra = (*coded, pair, ("outcome", row.outcome or UNKNOWN))
    yield Fact(case_id, day, "closed", extra=extra)
    known = closing_codes().get(code)
    if known is not None and known.service_level == "extended":
        benefit = ("main_benefit", row.main_benefit or UNKNOWN)
        yield Fact(case_id, day, "closed_extended", extra=(*coded, benefit))
    else:
        yield Fact(case_id, day, "closed_limited", extra=coded)
    for measure, people in zip(ONCE, homes.people(case_id), strict=True):
        if people:
            yield Fact(case_id, day, measure, people, extra=by, person_id=row.identity_id)


def amounts(window: Window) -> Iterator[Fact]:
    """Money by its kind, on the day the closing was approved."""
    columns = (
        ClosingReport.case_id, ClosingReport.approved_at, ClosingAmount.kind, ClosingAmount.cents, ClosingAmount.months,
    )  # fmt: skip
    counted = (
        select(*columns)
        .select_from(ClosingAmount)
        .join(ClosingReport, ClosingReport.id == ClosingAmount.report_id)
        .where(ClosingReport.status == ClosingStatus.APPROVED, ClosingReport.superseded_at.is_(None))
        .where(*window.moments(ClosingReport.approved_at))
    )
    for some in in_blocks(window.read(counted, ClosingReport.case_id)):
        leads = leads_of([row.case_id for row in some])
        for case_id, at, kind, cents, months in some:
            day, by = window.day(at), (("firm", window.firm(leads.get(case_id))),)
            yield Fact(case_id, day, f"money_{AmountKind(kind).value}", cents, extra=by)
            if kind is AmountKind.MONTHLY:
                yield Fact(case_id, day, "money_monthly_over", cents * months, extra=by)


def hours(window: Window) -> Iterator[Fact]:
    """Hours of volunteers, on the day they worked."""
    columns = (TimeEntry.case_id, TimeEntry.on_day, TimeEntry.hundredths, TimeEntry.role, TimeEntry.volunteer_id)
    counted = select(*columns).where(TimeEntry.removed_at.is_(None), TimeEntry.volunteer_id.is_not(None))
    for case_id, day, hundredths, role, who in window.read(
        counted.where(*window.days(TimeEntry.on_day)), TimeEntry.case_id
    ):
        yield Fact(case_id, day, "hours", hundredths, extra=(("role", role), ("firm", window.firm(who))))
