"""Lists: sort, page and export, with their state in the address."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request, url_for
from sqlalchemy import ColumnElement, Select, func, select

from .db import session


@dataclass(frozen=True)
class Page:
    """One page of a list: its rows and where it stands."""

    rows: Sequence[Any]
    number: int
    size: int
    total: int

    @property
    def first(self) -> int:
        """The position of the first row, from 1; 0 when empty."""
        return (self.number - 1) * self.size + 1 if self.total else 0

    @property
    def last(self) -> int:
        """The position of the last row."""
        return min(self.number * self.size, self.total)

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))

    @property
    def previous_url(self) -> str | None:
        """The address of the page before."""
        return here(page=self.number - 1) if self.number > 1 else None

    @property
    def next_url(self) -> str | None:
        """The address of the page after."""
        return here(page=self.number + 1) if self.last < self.total else None


def here(**changes: Any) -> str:
    """This page's address with some of its state changed; None removes."""
    asked = {name: told for name, told in request.args.to_dict(flat=False).items() if name != "page"}
    args: dict[str, Any] = {**asked, **(request.view_args or {}), **changes}
    return url_for(request.endpoint or "", **{k: v for k, v in args.items() if v not in (None, "", [""])})


def whole(name: str, default: int, low: int = 1, high: int = 1_000_000) -> int:
    """A whole number from the address, kept within bounds; nonsense counts as the default."""
    try:
        return min(max(int(request.args.get(name, default)), low), high)
    except ValueError:
        return default


def sort_by(columns: Mapping[str, Sequence[ColumnElement[Any]]], default: str) -> Sequence[ColumnElement[Any]]:
    """The ordering the address asks for; `-name` turns the first column round."""
    asked = request.args.get("sort", default)
    name = asked.removeprefix("-")
    chosen = columns.get(name) or columns[default]
    if not asked.startswith("-"):
        return chosen
    return [column.desc() if i == 0 else column for i, column in enumerate(chosen)]


def page_of(stmt: Select[Any], *, size: int = 50, total: int | None = None, scalars: bool = False) -> Page:
    """Fetch one page of a select: one query, and one more to count where no total is given."""
    if total is None:
        counted = stmt.order_by(None).with_only_columns(func.count(), maintain_column_froms=True)
        total = session.execute(counted).scalar_one()
    number = min(whole("page", 1), max(1, -(-total // size)))
    result = session.execute(stmt.limit(size).offset((number - 1) * size))
    return Page(result.scalars().all() if scalars else result.all(), number, size, total)


def csv_download(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """A spreadsheet file: UTF-8 with BOM, and no cell that a spreadsheet would run."""
    read = list(rows)  # now: the body is written after the request is over, and rows may still ask the database
    response = Response(_csv(header, read), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    yield "\ufeff"
    for row in (header, *rows):
        line = io.StringIO()
        csv.writer(line).writerow([_harmless(cell) for cell in row])
        yield line.getvalue()


def _harmless(cell: Any) -> Any:
    if isinstance(cell, str) and cell.lstrip(" \u200b\ufeff")[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + cell
    return "" if cell is None else cell


def exists(stmt: Select[Any]) -> bool:
    """Is there at least one row?"""
    return session.execute(select(stmt.exists())).scalar_one()
