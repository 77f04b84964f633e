"""What a closing code asks of the report, from the Case Service Report handbook's rules."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from flask_babel import gettext as _

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class ClosingCode:
    """One closing code and what it needs."""

    code: str
    label: str
    service_level: str
    definition: str
    constraint: str
    needs_counsel_of_record: bool
    needs_settlement_papers: bool
    not_self_represented: bool
    needs_decision: bool


@dataclass(frozen=True)
class Closing:
    """What a volunteer reports when the work is done; hours in hundredths."""

    closing_code: str
    main_benefit: str | None
    outcome: str | None
    decision: str | None
    decided_on: date | None
    counsel_of_record: bool
    settlement_documented: bool
    work_ended_on: date
    hours: int


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row.get("selectable", "Y") == "Y"]


@lru_cache
def closing_codes() -> dict[str, ClosingCode]:
    """The codes that may be chosen today."""
    return {row["code"]: _closing_code(row) for row in _rows("closing_codes.csv")}


def _closing_code(row: dict[str, str]) -> ClosingCode:
    return ClosingCode(
        code=row["code"],
        label=row["label"],
        service_level=row["service_level"],
        definition=row["definition"],
        constraint=row["constraint"],
        needs_counsel_of_record=row["needs_counsel_of_record"] == "Y",
        needs_settlement_papers=row["needs_settlement_papers"] == "Y",
        not_self_represented=row["not_self_represented"] == "Y",
        needs_decision=row["needs_decision"] == "Y",
    )


def in_words(code: ClosingCode) -> str:
    """What a code means and when it does not fit, without the handbook's own spelling of it."""
    rule = re.sub(r"(^|; )handbook writes \S+", "", code.constraint)
    return ". ".join(part for part in (code.definition, rule[:1].upper() + rule[1:]) if part) + "."


@lru_cache
def outcomes() -> dict[str, str]:
    """How a proceeding can end, code to words."""
    return {row["code"]: row["label"] for row in _rows("outcomes.csv")}


@lru_cache
def main_benefits(problem_code: str) -> dict[str, str]:
    """The main benefits that go with a problem's category, the problem's own first."""
    digit = problem_code[:1]
    fitting = [r for r in _rows("main_benefits.csv") if r["code"] in ("0000", "9901") or r["problem_code"][:1] == digit]
    fitting.sort(key=lambda r: (r["problem_code"] != problem_code[:2], r["code"] == "0000", r["code"]))
    return {r["code"]: r["label"] for r in fitting}


def problems_with(
    report: Closing, *, represents_self: bool, today: date, asked_on: date | None = None
) -> list[tuple[str, str]]:
    """What speaks against a report, as (field, sentence); empty when it may be sent."""
    code = closing_codes().get(report.closing_code)
    if code is None:
        return [("closing_code", _("Choose a closing code from the list."))]
    return [*_against_code(report, code, represents_self), *_against_dates(report, code, today, asked_on or date.min)]


def _against_code(report: Closing, code: ClosingCode, represents_self: bool) -> Iterator[tuple[str, str]]:
    if code.needs_counsel_of_record and not report.counsel_of_record:
        yield (
            "counsel_of_record",
            _("Code %(code)s needs counsel of record. Choose L if you did not appear.", code=code.code),
        )
    if code.needs_settlement_papers and not report.settlement_documented:
        yield "settlement_documented", _("Code %(code)s needs the settlement on paper in the file.", code=code.code)
    if code.not_self_represented and represents_self:
        yield (
            "closing_code",
            _("Code %(code)s does not fit a client who represented themselves. See B or L.", code=code.code),
        )
    if code.service_level == "extended" and not report.main_benefit:
        yield "main_benefit", _("Choose the main benefit; extended service always has one, even if it is none.")
    if report.hours <= 0:
        yield "hours", _("Write the hours you spent. One total is enough.")


def _against_dates(report: Closing, code: ClosingCode, today: date, asked_on: date) -> Iterator[tuple[str, str]]:
    if code.needs_decision and not (report.decision and report.decided_on):
        yield "decided_on", _("Code %(code)s needs the decision and its date.", code=code.code)
    if report.decided_on and report.decided_on > today:
        yield "decided_on", _("The decision cannot lie in the future.")
    if report.work_ended_on > today:
        yield "work_ended_on", _("The work cannot have ended in the future.")
    if report.work_ended_on < asked_on:
        yield "work_ended_on", _("The work cannot have ended before the client asked for help.")
