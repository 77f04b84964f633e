"""Where a mail provider reports what came back: signed, recent, and harmless to send twice.

The signature is `t=<seconds>,v1=<hex>`: HMAC-SHA256 of `<seconds>.<body>` under the shared secret.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import Any

from flask import Flask, Response, current_app, jsonify, request
from flask_babel import lazy_gettext as _l

from . import clock
from .access import public
from .bounces import Kind, Report, hear
from .db import transaction
from .errors import BadInput, NotFound, Refusal, refuse_if
from .web import csrf

HEADER = "X-Desk-Signature"
OLDEST = 300  # seconds
MOST = 500  # reports in one request


class BadSignature(Refusal):
    """It was not signed with our secret, or too long ago."""

    status = 403
    message = _l("The signature does not fit.")


class BadReport(BadInput):
    """It cannot be read."""

    message = _l("Send a JSON object with message_id and kind, or a list of them: hard, soft or complaint.")


def init_app(app: Flask) -> None:
    """Open the address."""
    app.add_url_rule("/hooks/bounces", "bounce_hook", csrf.exempt(public(take_reports)), methods=["POST"])


def take_reports() -> Response:
    """Take reports of mails that came back; what is about none of ours is ignored."""
    secret = current_app.extensions["settings"].bounce_secret
    refuse_if(not secret, NotFound)
    body = request.get_data()
    refuse_if(not _fits(secret, body, request.headers.get(HEADER, "")), BadSignature)
    heard = 0
    for report in _reports(body):
        with transaction():
            heard += hear(report, source="webhook")
    return jsonify(heard=heard)


def sign(secret: str, body: bytes, at: int) -> str:
    """The header of a body sent at a moment."""
    return f"t={at},v1={_digest(secret, body, at)}"


def _digest(secret: str, body: bytes, at: int) -> str:
    return hmac.digest(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hex()


def _fits(secret: str, body: bytes, header: str) -> bool:
    found = re.fullmatch(r"t=(\d{1,12}),v1=([0-9a-f]{64})", header.strip())
    if found is None or abs(clock.now().timestamp() - int(found[1])) > OLDEST:
        return False
    return hmac.compare_digest(_digest(secret, body, int(found[1])), found[2])


def _reports(body: bytes) -> list[Report]:
    try:
        sent = json.loads(body)
    except ValueError:
        raise BadReport from None
    each = sent if isinstance(sent, list) else [sent]
    refuse_if(len(each) > MOST, BadReport)
    return [_report(one) for one in each]


def _report(one: Any) -> Report:
    kinds = [kind.value for kind in Kind]
    if not isinstance(one, dict) or one.get("kind") not in kinds or not isinstance(one.get("message_id"), str):
        raise BadReport
    address = one.get("address")
    refuse_if(address is not None and not isinstance(address, str), BadReport)
    return Report(one["message_id"], Kind(one["kind"]), address or None)
