"""Somebody who opens what every number of a page leads to, and compares."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from html import unescape
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from flask.testing import FlaskClient

from app.accounts.models import Grant, Programme
from app.metrics.measures import within_days
from app.metrics.models_reports import ReportKind

LINK = re.compile(r'<a href="(/reports/[^"]*)">([^<]+)<span class="vh"> ([^<]*)</span></a>')
CELL = re.compile(r'<td[^>]* class="r[^"]*"(?: data-l="([^"]*)")?[^>]*>(.*?)</td>', re.DOTALL)
NOT_RECORDS = ("An hour counts for", "Value", "Target")  # a rate, what hours times it are, and what was set
HEADING = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)


class Link(NamedTuple):
    """A number of a page, what it is of, and where it leads."""

    address: str
    shown: str
    of: str


def links(page: str) -> list[Link]:
    return [Link(unescape(href), shown, unescape(of)) for href, shown, of in LINK.findall(page)]


def whole(shown: str) -> int:
    return int(re.sub(r"[^0-9]", "", shown))


def money(shown: str) -> float:
    return float(shown.replace("$", "").replace(",", ""))


class Reader:
    """Somebody of the staff who follows every link once."""

    def __init__(self, desk: FlaskClient) -> None:
        self.desk, self.followed = desk, Counter[str]()
        self.pages: dict[str, str] = {}

    def get(self, address: str) -> str:
        if address not in self.pages:
            answer = self.desk.get(address)
            assert answer.status_code == 200, address
            self.pages[address] = answer.get_data(as_text=True)
        return self.pages[address]

    def heading(self, address: str) -> str:
        found = HEADING.search(self.get(address))
        assert found is not None, address
        return unescape(found[1]).strip()

    def rows(self, address: str) -> list[dict[str, str]]:
        body = self.get(f"{address}&format=csv")
        return list(csv.DictReader(io.StringIO(body.lstrip("\ufeff"))))

    def listed(self, address: str) -> list[str]:
        """The rows of the list on all its pages, tags taken out."""
        found: list[str] = []
        following: str | None = address
        while following:
            page = self.get(following)
            body = page.partition('<tbody role="rowgroup">')[2].partition("</tbody>")[0]
            found += [re.sub(r"<[^>]*>", " ", row) for row in re.findall(r'<tr role="row">(.*?)</tr>', body, re.DOTALL)]
            more = re.search(r'rel="next" href="([^"]*)"', page)
            following = unescape(more[1]) if more else None
        return found

    def follow(self, page: str) -> None:
        """Open what every number of a page leads to, and compare; none leads nowhere."""
        found = links(self.get(page))
        assert found, page
        for row in re.findall(r"<tr.*?</tr>", self.get(page), re.DOTALL):
            cells = CELL.findall(row)
            named = len(cells) == 1 and "<a href" in row  # a bar: its name leads there
            for column, cell in cells:
                is_number = re.search("[1-9]", re.sub(r"<[^>]*>", "", cell))
                assert not is_number or named or "<a href" in cell or column in NOT_RECORDS, (page, column, cell)
        for link in found:
            path = urlsplit(link.address).path
            kind = next((kind for kind in CHECKS if re.fullmatch(kind, path)), None)
            assert kind is not None, link
            CHECKS[kind](self, link)
            self.followed[kind] += 1


def _figure(reader: Reader, link: Link) -> None:
    """A figure of the registry; a stage's days are those of its cases."""
    if link.of.endswith(("Half took at most", "Half, period before", "90 of 100")):
        days = Counter(int(n) for row in reader.listed(link.address) for n in re.findall(r"after (\d+) day", row))
        assert whole(link.shown) == within_days(days, {}, 0.9 if link.of.endswith("90 of 100") else 0.5), link
        return
    assert f": {link.shown}" in reader.heading(link.address).replace("\n", " "), link
    if "format=csv" in reader.get(link.address) and re.fullmatch(r"[\d,]+", link.shown):
        assert sum(float(row["amount"]) for row in reader.rows(link.address)) == whole(link.shown), link


def _shifts(reader: Reader, link: Link) -> None:
    """Clinics and advice shifts: as many rows as the figure says, or as many hours."""
    rows = reader.rows(link.address)
    assert reader.heading(link.address).endswith(f": {link.shown}"), link
    assert len(rows) == len(reader.listed(link.address)) > 0, link
    told = sum(float(row["hours"]) for row in rows) if "/shift_hours/" in link.address else len(rows)
    assert round(told, 2) == float(link.shown.replace(",", "")), link


def _closed(reader: Reader, link: Link) -> None:
    assert reader.heading(link.address).endswith(f": {link.shown}"), link
    rows, asked = reader.rows(link.address), parse_qs(urlsplit(link.address).query)
    assert len(rows) == len(reader.listed(link.address)) == whole(link.shown) > 0, link
    assert all(row["case"] in shown for row, shown in zip(rows, reader.listed(link.address), strict=True))
    assert {bool(row["lead volunteer"]) for row in rows} <= {"pai": {True}, "staff": {False}}.get(
        asked.get("who", ["all"])[0], {True, False}
    )
    for name, column in (("code", "closing code"), ("problem", "problem code"), ("category", "kind of matter")):
        wanted = asked.get(name, [""])[0]
        assert not wanted or {row[column] for row in rows} == {"" if wanted == "unknown" else wanted}, link


def _money(reader: Reader, link: Link) -> None:
    rows, column = reader.rows(link.address), link.of.rpartition(", ")[2]
    assert len(rows) == len(reader.listed(link.address)) > 0, link
    sums = {name: round(sum(float(row[name] or 0) for row in rows), 2) for name in ("amount", "over these months")}
    assert reader.heading(link.address).endswith(f": {_dollars(sums['amount'])}"), link
    page = reader.get(link.address)
    if column == "Amounts":
        assert len(rows) == whole(link.shown), link
        assert re.search(rf"\b{len(rows)} amounts?\b", page), link
    else:
        assert money(link.shown) == sums["amount" if column == "Sum" else "over these months"], link
        assert link.shown in page, link


def _dollars(value: float) -> str:
    return f"${value:,.2f}".removesuffix(".00")


def _places(reader: Reader, link: Link) -> None:
    rows = reader.rows(link.address)
    assert reader.heading(link.address).endswith(f": {link.shown}"), link
    assert sum(int(row["free"]) for row in rows) == whole(link.shown), link
    assert all(int(row["free"]) == int(row["capacity"]) - int(row["taken"]) > 0 for row in rows)
    assert len(rows) == len(reader.listed(link.address))


def _wanted(reader: Reader, link: Link) -> None:
    assert reader.heading(link.address).startswith(f"{link.shown} case"), link
    assert len(reader.rows(link.address)) == len(reader.listed(link.address)) == whole(link.shown) > 0, link


def _standing(reader: Reader, link: Link) -> None:
    """The cases of a stage, or the days that they have been there."""
    days = [int(row["days"]) for row in reader.rows(link.address)]
    assert days == sorted(days, reverse=True)
    assert len(days) == len(reader.listed(link.address)), link
    assert reader.heading(link.address).startswith(f"{len(days)} case"), link
    told = {"Longest": max(days, default=None), "Half of them for": within_days(Counter(days), {}, 0.5)}
    assert told.get(link.of.rpartition(", ")[2], len(days)) == whole(link.shown), link


CHECKS = {
    r"/reports/closed-cases": _closed,
    r"/reports/money": _money,
    r"/reports/gaps/places": _places,
    r"/reports/gaps/wanted": _wanted,
    r"/reports/waits/\w+": _standing,
    r"/reports/(shifts|shift_hours)/cases": _shifts,
    r"/reports/\w+/cases": _figure,
}


def pages_of(programme: Programme, grants: list[Grant], first: date, last: date) -> Iterator[str]:
    """The reports with and without their grants, hours and money, gaps and waits."""
    mine = f"programme={programme.slug}&from={first}&to={last}"
    yield f"/reports/files/lsc?{mine}"
    yield f"/reports/files/board?{mine}"
    yield f"/reports/hours?{mine}"
    for grant in grants:
        for kind in ReportKind:
            yield f"/reports/files/{kind.value}?{mine}&grant={grant.public_id}"
    for dimension in ("category", "county", "language"):
        yield f"/reports/gaps?programme={programme.slug}&by={dimension}"
    for kept in ("", "&by=category&member=Housing", "&by=county&member=55025", "&by=priority&member=normal"):
        yield f"/reports/waits?{mine}{kept}"
