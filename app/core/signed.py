"""Signed addresses in mails: they name what they are for, need no sign-in, and hold as long as the key does."""

from __future__ import annotations

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from .errors import LinkGone


def sign(purpose: str, subject: str) -> str:
    """A text that only this desk can have written about the subject, for one purpose."""
    return str(_serializer(purpose).dumps(subject))


def read(purpose: str, token: str) -> str:
    """The subject of a signed text.

    :raises LinkGone: it was altered, or signed for something else
    """
    try:
        subject = _serializer(purpose).loads(token)
    except BadSignature:
        raise LinkGone from None
    if not isinstance(subject, str):
        raise LinkGone
    return subject


def _serializer(purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.extensions["settings"].secret_key, salt=f"mail/{purpose}")
