"""The days on which a client is heard in person: nothing but their own reminder leaves then."""

from __future__ import annotations

from datetime import date

from .models import Case


def is_hearing(kind: str) -> bool:
    """Is a critical date of this kind one at which the client has to be there? Deadlines are none."""
    return kind.endswith("hearing")


def hearing_days(case: Case | None) -> frozenset[date]:
    """The days on which a case is heard; none where a mail is about no case."""
    dates = case.critical_dates if case is not None else ()
    return frozenset(each.on_day for each in dates if each.on_day and is_hearing(each.kind))
