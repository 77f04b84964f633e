"""Published figures as open data: a file with its description, as a Frictionless data package."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from .models import PublishedPeriod
from .models_public import PublicPage
from .publishing_lines import HEADER, HIDDEN, lines

LICENCE = {
    "name": "CC0-1.0",
    "path": "https://creativecommons.org/publicdomain/zero/1.0/",
    "title": "Creative Commons Zero 1.0",
}
FIELDS = (
    ("table", "string", "Which table of the page the figure stands in"),
    ("member", "string", "Key of the row within its table"),
    ("label", "string", "The row in words"),
    (
        "value",
        "number",
        "The figure, or in the table of goals the target; “hidden” where it is hidden to protect people, empty where "
        "there is nothing that a share or a median could be of. What is not listed is zero.",
    ),
    ("from", "date", "First day of the period"),
    ("to", "date", "Last day of the period, included"),
)


def rows(periods: Iterable[PublishedPeriod]) -> Iterator[tuple[Any, ...]]:
    """Every published figure of every period, hidden ones as the word; a goal that several tell of stands once."""
    seen = set()
    for period in periods:
        for table, member, label, value, first, last in lines(period.public or {}, period.starts_on, period.ends_on):
            if (table, member, first, last) not in seen:
                seen.add((table, member, first, last))
                yield table, member, label, value, first, last


def as_csv(periods: Iterable[PublishedPeriod]) -> str:
    """The file: UTF-8, no mark at its start, as the description says."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows(rows(periods))
    return text.getvalue()


def describe(page: PublicPage, periods: list[PublishedPeriod], *, data: str, home: str) -> dict[str, Any]:
    """What the file holds, from whom, and under which licence."""
    fields = [{"name": name, "type": kind, "description": words} for name, kind, words in FIELDS]
    return {
        "profile": "tabular-data-package",
        "name": f"impact-{page.programme.slug}",
        "title": f"{page.programme.name}: published figures",
        "description": f"Totals a legal aid programme signed off. Counts below {_limits(periods)}, and whatever would "
        "give them away, are missing values.",
        "homepage": home,
        "created": max(p.signed_off_at for p in periods).isoformat(),
        "licenses": [LICENCE],
        "sources": [{"title": page.programme.name, "path": home}],
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": "figures",
                "path": data,
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": {"fields": fields, "missingValues": ["", HIDDEN], "primaryKey": [*PRIMARY]},
            }
        ],
    }


def _limits(periods: Iterable[PublishedPeriod]) -> str:
    """Below which number counts are missing: that of the day on which each period was signed off."""
    limits = sorted({(period.public or {})["floors"][1] for period in periods})
    return str(limits[0]) if len(limits) == 1 else f"{limits[0]} to {limits[-1]} (the limit at each sign-off)"


PRIMARY = ("table", "member", "from", "to")
