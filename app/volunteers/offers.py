"""What somebody offers, as they said it: the application and the parts of a profile."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from .models import CredentialKind


@dataclass(frozen=True)
class Offer:
    """Which work, where, in which languages and how much of it."""

    areas: dict[str, str] = field(default_factory=dict)  # category or code: level
    languages: list[str] = field(default_factory=lambda: ["en"])
    counties: list[str] = field(default_factory=list)
    remote: bool = True
    capacity: int = 1
    largest_case: int | None = None  # hundredths of an hour
    available_from: date | None = None
    declines: list[str] = field(default_factory=list)
    mentor_ok: bool = False
    mentors_others: bool = False


@dataclass(frozen=True)
class Licence:
    """A licence as its holder states it."""

    state: str
    number: str
    kind: CredentialKind = CredentialKind.FULL_LICENCE


@dataclass(frozen=True)
class Application:
    """Everything the public application asks for."""

    given_name: str
    family_name: str
    email: str
    roles: list[str]
    attested: list[str]
    offer: Offer = field(default_factory=Offer)
    phone: str | None = None
    licences: list[Licence] = field(default_factory=list)
    organisation: str = ""
    organisation_kind: str = "firm"
    cover: str = "unsure"  # own, programme, unsure
    cover_until: date | None = None
    supervisor: str = ""
    about: str = ""
