"""What holds for every page: the policy headers, CSRF, a health address."""

from __future__ import annotations

from typing import Any, cast

from flask import Flask, Response, abort, request
from flask_wtf import CSRFProtect

from .access import public

csrf = CSRFProtect()

READ_RAW = ("bounce_hook",)  # for machines: signed, and read by themselves

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def init_app(app: Flask) -> None:
    """Send the policy with every answer, and read only what a browser's form can say."""
    app.before_request_funcs.setdefault(None, []).insert(0, _refuse_what_no_form_says)
    csrf.init_app(app)
    app.after_request(_headers)
    public(cast(Any, app.view_functions["static"]))


def _refuse_what_no_form_says() -> None:
    """No page takes JSON or files, no database keeps null characters; reading first also refuses what is too long."""
    if request.endpoint in READ_RAW:
        return
    typed = (*request.args.items(multi=True), *request.form.items(multi=True))
    if request.is_json or request.files or any("\0" in name or "\0" in value for name, value in typed):
        abort(400)


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if response.mimetype == "text/html":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
