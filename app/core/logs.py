"""What the desk writes about itself: ids and path templates, never a name, an address, a token or a client's words."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from typing import Any

import structlog
from flask import Flask, Response, g, request
from flask.signals import got_request_exception, request_started
from flask_login import current_user
from structlog.stdlib import ProcessorFormatter
from structlog.types import EventDict, WrappedLogger

log = structlog.get_logger()


def set_up_logs() -> None:
    """Send everything to standard error: lines for a terminal, JSON for a machine."""
    shared: list[Any] = [structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.add_log_level]
    to_terminal = sys.stderr.isatty()
    render = structlog.dev.ConsoleRenderer() if to_terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*shared, drop_words, render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    chain = [ProcessorFormatter.remove_processors_meta, drop_words, render]
    handler.setFormatter(ProcessorFormatter(processors=chain, foreign_pre_chain=[*shared, name_logger]))
    handler.addFilter(leave_out_words)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def leave_out_words(record: logging.LogRecord) -> bool:
    """A library's message may hold what a client typed: keep its pattern and where it broke, drop the rest."""
    if record.exc_info and isinstance(record.exc_info, tuple) and record.exc_info[1] is not None:
        error = record.exc_info[1]
        record.msg = f"{record.msg} [{type(error).__name__} at {where_it_broke(error)}]".replace("%", "")
        record.args, record.exc_info, record.exc_text = (), None, None
    return True


def name_logger(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Say which library speaks."""
    record = event.get("_record")
    if record is not None:
        event["logger"] = record.name
    return event


def drop_words(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Never print a traceback: its last line quotes values."""
    event.pop("exc_info", None)
    event.pop("exception", None)
    return event


def where_it_broke(error: BaseException) -> str:
    """The innermost places of an error in our own code: file, line, function; no values."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/app/" in f.filename] or []
    return " < ".join(f"{f.filename.rpartition('/app/')[2]}:{f.lineno} {f.name}" for f in reversed(frames[-4:]))


def init_app(app: Flask) -> None:
    """Write a line for each request and each error."""
    request_started.connect(_start, app)
    app.after_request(_finish)
    got_request_exception.connect(_broke, app)
    app.log_exception = lambda exc_info: None  # type: ignore[method-assign,assignment]  # its line quotes the path


def _start(sender: Flask, **extra: Any) -> None:
    g.started = time.perf_counter()


def _finish(response: Response) -> Response:
    if request.endpoint != "static":
        log.info(
            "request",
            method=request.method,
            page=request.url_rule.rule if request.url_rule else "unknown",
            status=response.status_code,
            ms=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
            user=_user_id(),
        )
    return response


def _user_id() -> int | None:
    try:
        return current_user.id if current_user.is_authenticated else None
    except Exception:  # the line matters more than the id
        return None


def _broke(sender: Flask, exception: BaseException, **extra: Any) -> None:
    page = request.url_rule.rule if request.url_rule else "unknown"
    log.error("request.failed", page=page, error=type(exception).__name__, where=where_it_broke(exception))
