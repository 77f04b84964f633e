"""A closing report as staff read it: before they approve it, and on the case page."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.accounts import calendars
from app.clients.models import Case
from app.clients.vocabulary import DATE_KINDS
from app.core import i18n

from .closing import closing_codes, main_benefits, outcomes
from .models import ClosingReport


def dates_ahead(case: Case) -> list[tuple[Any, date]]:
    """The critical dates of a case that are still to come, in words, the next first."""
    today = calendars.today(case.programme)
    open_ones = [(row.kind, row.on_day) for row in case.critical_dates if row.done_at is None]
    ahead = [(DATE_KINDS.get(kind, kind), day) for kind, day in open_ones if day is not None and day >= today]
    return sorted(ahead, key=lambda one: one[1])


def in_words(report: ClosingReport, hundredths: int) -> dict[str, Any]:
    """What was reported, beside everybody's time on the case in hundredths of an hour."""
    code = closing_codes().get(report.closing_code)
    benefits = main_benefits(report.case.problem_code or "")
    return {
        "report": report, "code": f"{report.closing_code}: {code.label}" if code else report.closing_code,
        "benefit": benefits.get(report.main_benefit or "", report.main_benefit), "hours": i18n.hours(hundredths),
        "outcome": outcomes().get(report.outcome or "", report.outcome), "waits": report.status == "reported",
    }  # fmt: skip
