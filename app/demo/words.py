"""Invented names and matters for the demo programme; nobody in them is real."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path


def _rows(name: str) -> list[dict[str, str]]:
    with (Path(__file__).parent / "data" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _names(part: str) -> list[str]:
    return [row["name"] for row in _rows("names.csv") if row["part"] == part]


GIVEN = _names("given")
FAMILY = _names("family")
FIRMS = (
    "Alder & Finch LLP", "Birchwood Counsel", "Cedar Street Law Group", "Dunmore Hale LLP", "Eastlake Partners",
    "Fenwick Rowe PC", "Granite Bay Legal", "Harborlight Law", "Ironwood & Vale LLP", "Juniper Legal Collective",
)  # fmt: skip
OTHER_SIDES = (
    "Cottonwood Row Holdings", "Prairie Gate Properties", "Larchmont Rentals", "Blue Heron Management",
    "Summit Ridge Credit", "Fairwind Collections", "Millbrook Auto Finance", "Oakhaven Care Center",
)  # fmt: skip


@dataclass(frozen=True)
class Matter:
    """A kind of matter of the demo: what the client picks, what the listing says, what it takes."""

    picked: str
    code: str
    title: str
    text: str
    story: str
    level: str
    hours: int  # hundredths
    harm: str
    date_kind: str
    closings: tuple[str, ...]
    benefit: str
    organisation: bool
    weight: int  # how often it comes, after the case mix of LSC's 2010 and 2023 tables


def _matter(row: dict[str, str]) -> Matter:
    texts = ("picked", "code", "title", "text", "story", "level", "harm", "date_kind", "benefit")
    return Matter(
        **{name: row[name] for name in texts},
        hours=int(row["hours"]),
        closings=tuple(row["closings"].split(";")),
        organisation=row["organisation"] == "Y",
        weight=int(row["weight"]),
    )


MATTERS = tuple(_matter(row) for row in _rows("matters.csv"))

NOTES = (
    "Spoke for twenty minutes. Papers will be brought on Thursday.",
    "Left a message that names nothing. Will try again in the evening.",
    "Letter to the other side is out. Answer expected within two weeks.",
    "Prepared for the hearing; the photographs are in order.",
    "Other side offers to settle. Client wants to think about it until Monday.",
    "Filed. The clerk gave a date.",
)
OTHER_HELP = "State bar referral line, 800-555-0142. County law library help desk, weekdays 9 to 4."
