"""Columns that say nothing to whoever steals the disk."""

from __future__ import annotations

import base64
import hmac
import json
import os
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

NONCE_BYTES = 12
NOT_IN_WORDS = re.compile("[^a-z0-9]+")


@dataclass(frozen=True)
class KeyRing:
    """The keys that open sealed columns: the first seals, all open; `index` makes equality hashes."""

    keys: tuple[tuple[str, bytes], ...]
    index: bytes

    @classmethod
    def from_settings(cls, data_key: str, index_key: str) -> KeyRing:
        """Read `id:base64` pairs, newest first, and the base64 index key.

        :raises ValueError: a key is not 32 bytes of base64 or has no id
        """
        pairs = tuple(_pair(part) for part in data_key.split(",") if part)
        if not pairs:
            raise ValueError("DATA_KEY names no key.")
        return cls(pairs, _key(index_key))


def _pair(text: str) -> tuple[str, bytes]:
    key_id, found, key = text.strip().partition(":")
    if not found or not key_id:
        raise ValueError("each data key is written id:base64")
    return key_id, _key(key)


def _key(text: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(text.strip())
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise ValueError("a key is 32 bytes of base64")
    return raw


_ring: KeyRing | None = None


def use_keys(ring: KeyRing) -> None:
    """Hand the process its keys; done once by `create_app`."""
    global _ring
    _ring = ring


def ring() -> KeyRing:
    """The keys in use."""
    if _ring is None:
        raise RuntimeError("The data key was not loaded.")
    return _ring


def seal(text: str, label: str) -> bytes:
    """Encrypt a text for one column; the label keeps values from being moved to another."""
    key_id, key = ring().keys[0]
    nonce = os.urandom(NONCE_BYTES)
    return key_id.encode() + b":" + nonce + AESGCM(key).encrypt(nonce, text.encode(), label.encode())


def unseal(value: bytes, label: str) -> str:
    """Decrypt what `seal` made."""
    key_id, _, rest = value.partition(b":")
    key = dict(ring().keys)[key_id.decode()]
    return AESGCM(key).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], label.encode()).decode()


class Sealed(TypeDecorator[str]):
    """A text column encrypted at rest."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, label: str = "text") -> None:
        self.label = label
        super().__init__()

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else seal(value, self.label)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else unseal(bytes(value), self.label)


class SealedJSON(TypeDecorator[Any]):
    """A JSON column encrypted at rest."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, label: str = "json") -> None:
        self.label = label
        super().__init__()

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else seal(json.dumps(value, ensure_ascii=False), self.label)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(unseal(bytes(value), self.label))


def fold(text: str) -> str:
    """Lower case, without accents or marks, single spaces: how names are compared."""
    if text.isascii():
        return " ".join(NOT_IN_WORDS.sub(" ", text.lower()).split())
    plain = unicodedata.normalize("NFKD", text)
    kept = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(kept.casefold().split())


def keyed_hash(text: str, purpose: str) -> str:
    """A hash that tells equality only to who has the index key."""
    return hmac.digest(ring().index, f"{purpose}\0{text}".encode(), "sha256").hex()[:40]


def word_hashes(name: str) -> list[str]:
    """The keyed hashes of a name's whole folded words, for staff's search by name."""
    return [keyed_hash(word, "word") for word in dict.fromkeys(fold(name).split())]


def new_key() -> str:
    """A fresh 32-byte key as base64."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()
