"""Sealing anew, under the newest key, what an older key sealed, so that the older one can be thrown away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, LargeBinary, MetaData, Table, bindparam, func, or_, select, type_coerce, update

from . import sealed
from .db import session, transaction

BATCH = 100


class NoKey(Exception):
    """A value cannot be opened: its key is not among those given, or it is damaged."""

    def __init__(self, column: Column[Any], row_id: int, key_id: str) -> None:
        super().__init__(f"{column}, row {row_id}: cannot be opened with the key “{key_id}” of DATA_KEY.")


def sealed_columns(metadata: MetaData) -> dict[Table, list[Column[Any]]]:
    """Every table that keeps sealed values, with the columns that do."""
    kinds = (sealed.Sealed, sealed.SealedJSON)
    found = {table: [c for c in table.columns if isinstance(c.type, kinds)] for table in metadata.sorted_tables}
    return {table: columns for table, columns in found.items() if columns}


def count_old(table: Table, columns: list[Column[Any]]) -> int:
    """How many rows hold a value that the newest key did not seal."""
    found = session.execute(select(func.count()).select_from(table).where(_is_old(columns))).scalar_one()
    session.rollback()
    return found


def reseal(table: Table, columns: list[Column[Any]]) -> Iterator[int]:
    """Seal a table's old values anew, a batch in each transaction, saying how many rows each batch held.

    What is done stays done: stopped and begun again, it goes on with what is left.

    :raises NoKey: a value's key is not among those given
    """
    last = 0
    while True:
        with transaction():
            rows = session.execute(_next_old(table, columns, after=last)).all()
            if rows:
                last = rows[-1].id
                session.connection().execute(_put_back(table, columns), [_fresh(row, columns) for row in rows])
        if not rows:
            return
        yield len(rows)


def _raw(column: Column[Any]) -> Any:
    return type_coerce(column, LargeBinary)


def _is_old(columns: list[Column[Any]]) -> Any:
    mark = sealed.ring().keys[0][0].encode() + b":"
    starts = [func.substr(_raw(column), 1, len(mark), type_=LargeBinary) for column in columns]
    return or_(*(start != mark for start in starts))


def _next_old(table: Table, columns: list[Column[Any]], *, after: int) -> Any:
    wanted = select(table.c.id, *(_raw(column).label(column.name) for column in columns))
    due = wanted.where(table.c.id > after, _is_old(columns)).order_by(table.c.id).limit(BATCH)
    return due.with_for_update(of=table)


def _put_back(table: Table, columns: list[Column[Any]]) -> Any:
    values: dict[str, Any] = {c.name: bindparam(f"new_{c.name}", type_=LargeBinary) for c in columns}
    if "changed_at" in table.c:
        values["changed_at"] = table.c.changed_at  # nobody changed the row: what it says stays as it was
    return update(table).where(table.c.id == bindparam("row_id")).values(values)


def _fresh(row: Any, columns: list[Column[Any]]) -> dict[str, Any]:
    found = {f"new_{c.name}": _resealed(c, row.id, getattr(row, c.name)) for c in columns}
    return {"row_id": row.id, **found}


def _resealed(column: Column[Any], row_id: int, value: bytes | None) -> bytes | None:
    if value is None:
        return None
    label = column.type.label  # type: ignore[attr-defined]
    try:
        return sealed.seal(sealed.unseal(bytes(value), label), label)
    except Exception as error:
        key_id = bytes(value).partition(b":")[0][:20].decode(errors="replace")
        raise NoKey(column, row_id, key_id) from error
