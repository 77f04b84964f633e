"""The database: typed bases, one transaction at the edge, locks that hold on SQLite and PostgreSQL."""

from __future__ import annotations

import enum
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar
from weakref import WeakSet

from flask import Flask
from flask.globals import app_ctx
from sqlalchemy import (
    JSON,
    CheckConstraint,
    DateTime,
    Engine,
    Enum,
    Index,
    MetaData,
    Select,
    String,
    bindparam,
    create_engine,
    event,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    declared_attr,
    mapped_column,
    scoped_session,
    sessionmaker,
)
from sqlalchemy.orm.interfaces import ORMOption
from sqlalchemy.orm.state import InstanceState
from sqlalchemy.pool import QueuePool
from sqlalchemy.types import TypeDecorator

from . import clock


class UTCDateTime(TypeDecorator[datetime]):
    """A moment, kept in UTC; refuses one without a zone."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A stored moment needs its time zone.")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def choice(members: type[enum.StrEnum], name: str) -> Enum:
    """A column of one enum's values; `check_choices` lets the database hold it to them."""
    return Enum(
        members,
        name=name,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=lambda kind: [member.value for member in kind],
    )


def check_choices(metadata: MetaData) -> None:
    """Give every column of choices a named CHECK, so that no other value can be stored."""
    for table in metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, Enum):
                values = ", ".join(f"'{value}'" for value in column.type.enums)
                table.append_constraint(CheckConstraint(f"{column.name} IN ({values})", name=column.name))


def new_public_id() -> str:
    """A random id that may leave the house."""
    return secrets.token_hex(8)


NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table: an integer key and when the row was made."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: UTCDateTime(), dict[str, Any]: JSON, list[str]: JSON, list[Any]: JSON}

    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


@event.listens_for(Base, "expire", raw=True, propagate=True)
def _keep_id(state: InstanceState[Any], attributes: Iterable[str] | None) -> None:
    """A row whose values must be read again still knows its own key, which never changes."""
    if state.key is not None and "id" in state.expired_attributes:
        state.dict["id"] = state.key[1][0]
        state.expired_attributes.discard("id")


class Public:
    """A row whose id leaves the house as a random text."""

    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)


class Editable:
    """A row people edit: a stale writer is refused instead of overwriting."""

    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now, index=True)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805
        return {"version_id_col": cls.version}


def live_unique(name: str, *columns: str, where: str) -> Index:
    """A unique index over the live rows only, on both databases."""
    return Index(name, *columns, unique=True, sqlite_where=text(where), postgresql_where=text(where))


AWAY = ("08", "57P")  # PostgreSQL: connection exceptions; shut down, starting up
SQLITE_AWAY = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR)
CONNECT_WITHIN = 5  # seconds
GIVE_WAY = ("40001", "40P01", "55P03", "53300")  # PostgreSQL: serialization, deadlock, lock, too many connections


class AppSession(Session):
    """A session on the database of the app at work."""

    def get_bind(self, *args: Any, **kwargs: Any) -> Engine:
        """Every table lives in the one database."""
        return engine()


def _scope() -> int:
    return id(app_ctx._get_current_object())  # type: ignore[attr-defined]


session: scoped_session[Session] = scoped_session(sessionmaker(class_=AppSession), scopefunc=_scope)


def init_app(app: Flask, url: str) -> None:
    """Bind the sessions of an app to its database."""
    engine = make_engine(url)
    app.extensions["engine"] = engine
    app.teardown_appcontext(_close)


def _close(exc: BaseException | None) -> None:
    """Give the connection back, also where its other end went away meanwhile."""
    try:
        session.remove()
    except DBAPIError:
        session.registry.clear()


def engine() -> Engine:
    """The engine of the app at work."""
    return app_ctx.app.extensions["engine"]


def make_engine(url: str) -> Engine:
    """An engine that behaves alike on both databases."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=8, max_overflow=8, pool_pre_ping=True, hide_parameters=True,
                             connect_args={"connect_timeout": CONNECT_WITHIN})  # fmt: skip
    asked = {"isolation_level": None, "timeout": 30, "factory": _Connection}
    made = create_engine(url, poolclass=QueuePool, connect_args=asked, hide_parameters=True)
    made.dialect.statement_compiler = _Compiler
    event.listen(made, "connect", _set_up_sqlite)
    event.listen(made, "begin", _begin_sqlite)
    event.listen(made, "reset", _stop_reading)
    return made


class _Compiler(SQLiteCompiler):
    """Writes the index that a statement asks for with `with_hint(table, "INDEXED BY ...", "sqlite")`."""

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
        return text


class _Connection(sqlite3.Connection):
    """A connection that knows who still reads through it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.readers: WeakSet[sqlite3.Cursor] = WeakSet()

    def cursor(self, *args: Any, **kwargs: Any) -> sqlite3.Cursor:  # type: ignore[override]
        made = super().cursor(*args, **kwargs)
        self.readers.add(made)
        return made


def _stop_reading(connection: _Connection, record: Any, state: Any) -> None:
    """End every read: SQLite keeps its old view past a rollback as long as one is unfinished."""
    for reader in list(connection.readers):
        reader.close()


def _set_up_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=30000",
        "foreign_keys=ON",
        "cache_size=-32000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def is_overload(error: BaseException) -> bool:
    """Could the database not be had in time, or only by giving way to another: would trying again help?"""
    if isinstance(error, PoolTimeout):
        return True
    origin = getattr(error, "orig", None)
    if isinstance(origin, sqlite3.Error):
        return getattr(origin, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return getattr(origin, "sqlstate", None) in GIVE_WAY


def is_away(error: BaseException) -> bool:
    """Can the database not be reached: is it stopped, starting, or was the way to it lost?"""
    if not isinstance(error, DBAPIError):
        return False
    origin = error.orig
    if isinstance(origin, sqlite3.Error):
        return getattr(origin, "sqlite_errorcode", 0) & 0xFF in SQLITE_AWAY
    state = getattr(origin, "sqlstate", "")  # of a connection that was refused or cut: none
    return state.startswith(AWAY) if state else state is None and isinstance(error, OperationalError)


def is_in_doubt(error: BaseException) -> bool:
    """Was the way to the database lost while it was told to save: may it have saved or not?"""
    return bool(getattr(error, "in_doubt", False))


def _commit() -> None:
    try:
        session.commit()
    except DBAPIError as error:
        error.in_doubt = is_away(error)  # type: ignore[attr-defined]
        raise


@contextmanager
def transaction() -> Iterator[Session]:
    """One change, whole or not at all, from a fresh view of the data; it does not nest."""
    if session.info.get("writing"):
        raise RuntimeError("transaction() does not nest.")
    session.rollback()
    session.info["writing"] = True
    try:
        session.connection(execution_options={"writing": True})
        yield session()
        session.flush()  # what fails before the word to save was certainly not saved
        _commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("writing", None)


Row = TypeVar("Row", bound=Base)


def lock(row: Row, *along: ORMOption) -> Row:
    """Read a row afresh, with rows named along, and keep others from changing it until the transaction ends.

    Its key stays what it is, so that whoever only writes a row that points to it need not wait.
    """
    found = _locking(type(row))
    return session.execute(found.options(*along) if along else found, {"row_id": row.id}).scalar_one()


def lock_in_order(*rows: Row | None) -> None:
    """Lock rows of one kind in the order of their ids, whoever is named first; none stands for nobody."""
    for row in sorted({row for row in rows if row is not None}, key=lambda one: one.id):
        lock(row)


@lru_cache(maxsize=128)
def _locking(kind: type[Row]) -> Select[Row]:
    found = select(kind).where(kind.id == bindparam("row_id")).with_for_update(of=kind, key_share=True)
    return found.execution_options(populate_existing=True)


def insert_unless_exists(kind: type[Row], /, **values: Any) -> Row | None:
    """Insert a row, or None where a unique index says that there is one already."""
    session.flush()
    made = _insert(kind, session.get_bind().dialect.name, tuple(values))
    return session.execute(made, {f"its_{name}": value for name, value in values.items()}).scalars().one_or_none()


@lru_cache(maxsize=64)
def _insert(kind: type[Base], dialect: str, names: tuple[str, ...]) -> Any:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    values = {name: bindparam(f"its_{name}", type_=getattr(kind, name).type) for name in names}
    return insert(kind).values(values).on_conflict_do_nothing().returning(kind)
