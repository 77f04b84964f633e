"""The docket: every case of one's programmes in a table, with views, filters and export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from app.accounts.models import User
from app.clients import problems
from app.core.access import STAFF, open_to, signed_in
from app.core.i18n import language
from app.core.lists import csv_download, here

from .. import docket as find_docket
from .. import docket_rows
from ..counts import counts
from ..docket_views import URGENT, VIEWS, Wish, categories
from ..places import address
from . import bp

MOST_EXPORTED = 10_000
AT_ONCE = 500


@bp.get("/docket")
@open_to(*STAFF)
def docket() -> ResponseReturnValue:
    """Cases in a table, the most urgent first."""
    wish, viewer = Wish.read(), signed_in()
    if request.args.get("format") == "csv":
        return csv_download("docket", EXPORTED, list(_exported(wish, viewer)))
    numbers, found, staff = counts(viewer), find_docket.find(wish, viewer), find_docket.staff(viewer)
    rows = find_docket.rows_of(found.ids)
    priorities, tries = find_docket.priorities_of(found.ids), find_docket.tries_of(found.ids)
    lines = docket_rows.lines(rows, priorities, tries, staff, of_silence=wish.view == "quiet")
    total = _total(wish, found, numbers)
    return render_template(
        "desk/docket.html", wish=wish, lines=lines, found=found, total=total, numbers=numbers, size=find_docket.SIZE,
        heads=_heads(wish), chips=_chips(wish, numbers), filters=_filters(wish, viewer, staff),
        **_addresses(wish, found, total),
    )  # fmt: skip


def _total(wish: Wish, found: find_docket.Found, numbers: Any) -> int:
    """How many there are: counted for a whole view, else as far as the list was read."""
    if not wish.is_filtered and wish.chosen.count:
        return numbers[wish.chosen.count]
    return found.total


def _addresses(wish: Wish, found: find_docket.Found, total: int) -> dict[str, Any]:
    override = address("clients.priority", public_id="0")
    has_next = found.is_more or found.number * find_docket.SIZE < max(found.total, total)
    return {
        "cases_url": docket_rows.address_of_cases(),
        "override_url": _around(override),
        "export_url": here(format="csv"),
        "clear_url": url_for(".docket", view=wish.view),
        "enter_url": address("clients.enter_request"),
        "previous_url": here(page=found.number - 1) if found.number > 1 else "",
        "next_url": here(page=found.number + 1) if has_next and found.ids else "",
    }


def _around(url: str) -> tuple[str, str] | None:
    """What stands before and after the id in an address that was asked for with a nought."""
    before, found, after = url.partition("/0/")
    return (f"{before}/", f"/{after}") if found else None


def _chips(wish: Wish, numbers: Any) -> list[dict[str, Any]]:
    return [
        {"label": view.label, "url": url_for(".docket", view=key), "current": key == wish.view,
         "count": numbers[view.count] if view.count else None}
        for key, view in VIEWS.items()
    ]  # fmt: skip


def _heads(wish: Wish) -> dict[str, tuple[str, str]]:
    """The address that sorts by each column and the way it is sorted now."""
    now, found = wish.sort, {}
    for name in find_docket.ORDERS:
        falls = name in ("priority", "number")
        way = "" if name != now.removeprefix("-") else "descending" if falls != now.startswith("-") else "ascending"
        found[name] = (here(sort=f"-{name}" if now == name else name), way)
    return found


def _filters(wish: Wish, viewer: User, staff: Any) -> list[dict[str, Any]]:
    """The selects above the table: name, label, options as value and word."""
    programmes = {grant.programme for grant in viewer.grants if grant.programme is not None and grant.role in STAFF}
    counties = sorted({fips for programme in programmes for fips in programme.counties} | ({wish.county} - {""}))
    level_words, status_words = docket_rows.said(language())
    levels = [(level.value, word) for level, word in level_words.items()]
    selects: list[tuple[str, str, Sequence[tuple[str, Any]]]] = [
        ("priority", _("Priority"), [(URGENT, _("Critical and high")), *levels]),
        ("category", _("Category"), [(name, name) for name in sorted(categories())]),
        ("county", _("County"), [(fips, problems.county_name(fips)) for fips in counties]),
        ("language", _("Language"), _languages()),
        ("owner", _("Owner"), [(row.public_id, row.name) for row in staff]),
    ]
    if len(wish.chosen.statuses) > 1:
        selects.append(("status", _("Status"), [(s.value, status_words[s]) for s in wish.chosen.statuses]))
    return [
        {"name": name, "label": label, "options": _options(tuple(options), getattr(wish, name), language()),
         "chosen": dict(options).get(getattr(wish, name), "")}
        for name, label, options in selects
    ]  # fmt: skip


@lru_cache
def _languages() -> tuple[tuple[str, str], ...]:
    """Languages by name; a long name would push the other filters away."""
    short = ((code, name.partition(" (")[0][:24]) for code, name in problems.languages().items())
    return tuple(sorted(short, key=lambda pair: pair[1]))


@lru_cache(maxsize=512)
def _options(options: tuple[tuple[str, Any], ...], now: str, lang: str) -> Markup:
    """Options as markup; the same few lists come back all day."""
    chosen = Markup(" selected")
    rows = (Markup('<option value="{}"{}>{}</option>').format(v, chosen if v == now else "", w) for v, w in options)
    return Markup("").join(rows)


EXPORTED = (
    "case", "status", "priority", "points", "category", "problem_code", "county", "language", "interpreter",
    "in_person", "next_date", "received_on", "listed_on", "clock_ends_on", "placed_on", "closed_on",
)  # fmt: skip


def _exported(wish: Wish, viewer: User) -> Iterator[tuple[Any, ...]]:
    """The list as it is filtered and sorted, without anybody's name."""
    ids = find_docket.find(wish, viewer, size=MOST_EXPORTED, ahead=0).ids
    for at in range(0, len(ids), AT_ONCE):
        for row in find_docket.rows_of(ids[at : at + AT_ONCE]):
            moments = (row.received_at, row.listed_at, row.clock_ends_at, row.placed_at, row.closed_at)
            yield (
                row.number, row.status.value, row.priority_level.value, row.points, problems.category(row.problem_code),
                row.problem_code, problems.county_name(row.county), problems.language_name(row.language),
                row.interpreter, row.in_person, row.next_critical_on,
                *(moment.date() if moment else None for moment in moments),
            )  # fmt: skip
