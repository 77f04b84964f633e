"""What a message to a client says: the desk's own words, or a programme's, in which only known names are filled in."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from flask_babel import force_locale
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from app.accounts.models import Programme
from app.core.db import session
from app.core.i18n import when_day
from app.core.mail import compose

from .models import Case, MessageText
from .never_in_mail import must_be_said

PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")
WIDTH = 68
NAMES: dict[str, Any] = {
    "link": _l("the client's own page"),
    "phone": _l("the office's phone number"),
    "office": _l("the name the office signs with"),
    "day": _l("the day it is about; a line that names it is left out where there is none"),
    "time": _l("the hour it is about; a line that names it is left out where there is none"),
    "help": _l("other help, as staff wrote it"),
}
REQUIRED = ("link", "phone")
WITH_DAY = ("received", "looking", "still_looking", "found", "appointment", "hand_over", "new_lawyer", "not_placed")
WITH_HELP = ("rejected", "not_placed")
SAID_BY_VOICE_TOO = WITH_HELP  # names other help: where that tells too much, a neutral line only
HELP = {
    "en": "Call 211 or look at lawhelp.org: they know who else can help.",
    "es": "Llame al 211 o vea lawhelp.org: saben quién más puede ayudar.",
}
OCCASION_WORDS: dict[str, Any] = {
    "received": _l("We have the request"),
    "missing": _l("Something is missing"),
    "accepted": _l("We take it on"),
    "looking": _l("We are looking"),
    "still_looking": _l("We are still looking"),
    "found": _l("We found somebody"),
    "appointment": _l("A time is arranged"),
    "hand_over": _l("Somebody cannot go on"),
    "new_lawyer": _l("Somebody else goes on"),
    "closing": _l("The work is nearly done"),
    "closed": _l("The work is finished"),
    "rejected": _l("We cannot take it on"),
    "kept": _l("Our own staff helps"),
    "not_placed": _l("We found nobody"),
    "withdrawn": _l("We stopped working on it"),
}
SAFETY = {  # cannot be written away
    "en": "You get this because you told us that it is safe to write to you\nhere. If it is not safe any more, "
    "open the link or call us.",
    "es": "Recibe este mensaje porque nos dijo que es seguro escribirle aquí.\nSi ya no es seguro, abra el enlace "
    "o llámenos.",
}

LINK = "{link}"
PAGE = {"en": "your own page", "es": "su propia página"}
SENTENCES = re.compile(r"(?<=[.!?])\s+")
LEADS_THERE = re.compile(r":\s*\{link\}")
ABOUT_LINK = re.compile(r":\s*\{link\}\W*$|^\W*\{link\}\W*$|(?<!\{)\b(?:link|enlace|PIN)\b(?!\})", re.IGNORECASE)
LEAST_ON_PAPER = 40  # characters: less is a greeting, and no letter
PAPER = {  # what every letter ends with
    "en": "You get this letter because you told us that it is safe to write to you by post. If it is not safe any "
    "more, or something has changed, call us: {phone}.",
    "es": "Recibe esta carta porque nos dijo que es seguro escribirle por correo postal. Si ya no es seguro, o si "
    "algo cambió, llámenos: {phone}.",
}


@dataclass(frozen=True)
class Words:
    """The subject and text of a message, with names in braces still to be filled in."""

    subject: str
    text: str


def names_of(occasion: str) -> tuple[str, ...]:
    """What may be filled into a message for an occasion."""
    day = ("day",) if occasion in WITH_DAY else ()
    hour = ("time",) if occasion == "appointment" else ()
    return ("link", "phone", "office", *day, *hour, *(("help",) if occasion in WITH_HELP else ()))


def newest(programme_id: int, occasion: str, language: str) -> MessageText | None:
    """The version in force of a programme's own words, if it ever wrote any."""
    return session.scalars(versions(programme_id, occasion, language).limit(1)).first()


def versions(programme_id: int, occasion: str, language: str) -> Select[MessageText]:
    """Every version of a programme's words for an occasion, newest first."""
    mine = select(MessageText).where(MessageText.programme_id == programme_id, MessageText.occasion == occasion)
    return mine.where(MessageText.language == language).order_by(MessageText.number.desc())


def is_for_the_ear(case: Case, occasion: str, facts: dict[str, Any]) -> bool:
    """Is other help said by voice: a device is watched, or its name would tell what it is about?"""
    help_ = facts.get("other_help") or ""
    return occasion in SAID_BY_VOICE_TOO and (case.client.watched_device or must_be_said(help_))


def written(case: Case, occasion: str, *, url: str, facts: dict[str, Any]) -> tuple[str, str]:
    """The subject and text of a message about a case."""
    by_voice, language = is_for_the_ear(case, occasion, facts), case.language
    watched, own = by_voice or case.client.watched_device, None
    if not by_voice:
        own = newest(case.programme_id, occasion, language)
    if own is None or own.subject is None or own.text is None:
        return compose(f"clients/mails/{occasion}", language, programme=case.programme, watched=watched, url=url,
                       facts=facts)  # fmt: skip
    return filled(Words(own.subject, own.text), case.programme, language, url=url, facts=facts)


def on_paper(case: Case, occasion: str, *, neutral: bool, facts: dict[str, Any]) -> tuple[str, str]:
    """The heading and text of a letter: as the mail says it, with the client's own page named and no link.

    Where a programme's own words say next to nothing without what only leads to it, the letter is in the desk's.
    """
    language, own = case.language, None
    if not (neutral and occasion in SAID_BY_VOICE_TOO):
        own = newest(case.programme_id, occasion, language)
    ends = PAPER[language].format(phone=case.programme.phone)
    if own is not None and own.subject is not None and own.text is not None:
        words = Words(own.subject, own.text)
        subject, text = filled(words, case.programme, language, url=LINK, facts=facts)
        if len(said := _said_on_paper(text, language)) >= LEAST_ON_PAPER:
            return subject, f"{said}\n\n{ends}"
    subject, text = compose(f"clients/mails/{occasion}", language, programme=case.programme, watched=neutral,
                            url=LINK, facts=facts)  # fmt: skip
    kept = [_unwrapped(each) for each in _paragraphs(text, language) if LINK not in each]
    return subject, "\n\n".join((*kept, ends))


def spoken(text: str, language: str) -> str:
    """What a mail says, with its day and other help, as somebody says it by voice: one block without its link."""
    return "\n".join(_unwrapped(each) for each in _paragraphs(text, language) if "://" not in each)


def _paragraphs(text: str, language: str) -> list[str]:
    return text.partition(SAFETY[language].split("\n")[0])[0].strip().split("\n\n")


def _said_on_paper(text: str, language: str) -> str:
    """A programme's own words without what leads to a link or speaks of one; where they go on, the page is named."""
    said = [_named(_unwrapped(each), language) if LINK in each else _unwrapped(each)
            for each in _paragraphs(text, language)]  # fmt: skip
    return "\n\n".join(each for each in said if each)


def _named(paragraph: str, language: str) -> str:
    lines = LEADS_THERE.sub(": " + LINK, paragraph).splitlines()
    kept = (
        " ".join(each for each in SENTENCES.split(line) if not ABOUT_LINK.search(each)).replace(LINK, PAGE[language])
        for line in lines
    )
    return "\n".join(line for line in kept if line.strip())


def _unwrapped(paragraph: str) -> str:
    """Lines that were broken for a mail, as one; a short line ends where it was meant to."""
    lines: list[str] = []
    before = ""
    for line in paragraph.splitlines():
        goes_on = len(before) > WIDTH - 22 and _indent(line) == _indent(before) and line.lstrip()[:1] not in "-*•"
        if lines and goes_on:
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line.strip())
        before = line
    return "\n".join(lines)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def filled(words: Words, programme: Programme, language: str, *, url: str, facts: dict[str, Any]) -> tuple[str, str]:
    """A programme's own words with their names filled in, and the lines that nobody can write away."""
    with force_locale(language):
        day = when_day(facts["by"]) if facts.get("by") else None
    values = {
        "link": url, "phone": programme.phone, "office": programme.sender_name, "day": day, "time": facts.get("at"),
        "help": facts.get("other_help") or HELP[language],
    }  # fmt: skip
    lines = [_line(line, values) for line in words.text.splitlines()]
    body = "\n".join(line for line in lines if line is not None).strip()
    return words.subject, re.sub(r"\n{3,}", "\n\n", f"{body}\n\n{SAFETY[language]}\n\n{programme.sender_name}\n")


def _line(line: str, values: dict[str, Any]) -> str | None:
    names = PLACEHOLDER.findall(line)
    if any(values.get(name) is None for name in names):
        return None
    said = PLACEHOLDER.sub(lambda found: str(values[found[1]]), line).rstrip()
    if "://" in said or len(said) <= WIDTH:
        return said
    indent = " " * (len(said) - len(said.lstrip()))
    return textwrap.fill(said.strip(), WIDTH, initial_indent=indent, subsequent_indent=indent)


@lru_cache
def default_words(occasion: str, language: str) -> Words:
    """The desk's own words to begin from: neutral, with names in braces, without the lines that always follow."""
    asked = SimpleNamespace(phone="{phone}", sender_name="{office}")
    subject, text = compose(
        f"clients/mails/{occasion}", language, programme=asked, watched=occasion not in SAID_BY_VOICE_TOO,
        url="{link}", facts={"other_help": "{help}", "at": "{time}"},
    )  # fmt: skip
    return Words(subject, text.partition(SAFETY[language].split("\n")[0])[0].strip() + "\n")
