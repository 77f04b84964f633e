"""Writing a programme's own words to clients: checked when saved, so that no mail can say what mail must not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.models import Programme
from app.core import audit, clock
from app.core.db import insert_unless_exists
from app.core.errors import BadInput, NotAllowed, Stale, refuse_if

from . import never_in_mail, policy, texts
from .lookalikes import strange_word
from .models import MessageText

if TYPE_CHECKING:
    from app.accounts.models import User

LONGEST, LONGEST_SUBJECT, SHORTEST = 1_600, 70, 40
AMOUNT = re.compile(r"[$€£]\s*\d[\d.,]*|\b\d[\d.,]*\s*(?:dollars?|d[oó]lares|usd|euros?)\b", re.IGNORECASE)
ELSEWHERE = re.compile(
    r"\w+://\S*|www\.\S+|[^\s@]+@[^\s@]+|\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,24}/\S*|"
    r"\b[\w.-]+\.(?:com|org|net|gov|edu|us|info|co|io|app|link|biz|ly|dev|site|online|mx|xyz)\b",
    re.IGNORECASE,
)
KINDS: dict[str, Any] = {
    "lawyer": _l("that there is a lawyer"),
    "court": _l("that there is a court"),
    "matter": _l("what kind of problem it is"),
    "other_side": _l("who the other side is"),
}


class TextRefused(BadInput):
    """The words may not be sent like this; the details say each thing that is wrong."""

    message = _l("These words cannot be saved yet.")


def wrong_with(occasion: str, words: texts.Words) -> list[tuple[str, str]]:
    """(field, sentence) of everything that speaks against these words."""
    subject = [("subject", said) for said in (*_about_subject(words.subject), *_banned(words.subject))]
    text = [("text", said) for said in (*_about_text(occasion, words.text), *_banned(words.text))]
    return [*subject, *text]


def _about_subject(subject: str) -> list[str]:
    if not 3 <= len(subject.strip()) <= LONGEST_SUBJECT:
        return [_("Write a subject of 3 to %(most)s characters.", most=LONGEST_SUBJECT)]
    if "{" in subject or "}" in subject:
        return [_("Nothing is filled into a subject: it is read by whoever looks at the screen.")]
    return [_("A subject is one line.")] if "\n" in subject or "\r" in subject else []


def _about_text(occasion: str, text: str) -> list[str]:
    if not SHORTEST <= len(text.strip()) <= LONGEST:
        return [_("Write %(least)s to %(most)s characters.", least=SHORTEST, most=LONGEST)]
    known, used = texts.names_of(occasion), texts.PLACEHOLDER.findall(text)
    names = ", ".join(f"{{{name}}}" for name in known)
    said = [
        _("“{%(name)s}” is not known here. Known are: %(names)s.", name=name, names=names)
        for name in dict.fromkeys(used) if name not in known
    ]  # fmt: skip
    if re.search(r"[{}]", texts.PLACEHOLDER.sub("", text)):
        said.append(_("A brace is open or closed by itself. Known are: %(names)s.", names=names))
    missing = [name for name in texts.REQUIRED if name not in used]
    said += [
        _("“{%(name)s}” is missing: %(what)s must be in every message.", name=name, what=texts.NAMES[name])
        for name in missing
    ]
    return said


def _banned(text: str) -> list[str]:
    """What must not be in a mail that somebody else may read, each word named."""
    said = [
        _("“%(word)s” tells %(what)s. Whoever reads along must not learn it.", word=word, what=KINDS[kind])
        for kind, word in never_in_mail.found_in(texts.PLACEHOLDER.sub(" ", text))
    ]
    strange = strange_word(text)
    if strange:
        said.append(_("“%(word)s” holds a letter of another alphabet, or a character that cannot be seen. "
                      "Type the word anew.", word=strange))  # fmt: skip
    amount, place = AMOUNT.search(text), ELSEWHERE.search(text)
    if amount:
        said.append(_("“%(word)s” is an amount. Say amounts by voice.", word=amount[0]))
    if place:
        said.append(_("“%(word)s” leads elsewhere. The only address in a message is {link}.", word=place[0]))
    return said


def save_text(
    programme: Programme, occasion: str, language: str, words: texts.Words, *, seen_number: int, actor: User
) -> MessageText:
    """Let a programme's own words be in force from the next message on.

    :raises NotAllowed: not a coordinator of the programme nor an administrator
    :raises TextRefused: they hold what a message must not, or lack what it must
    :raises Stale: somebody else saved a version meanwhile
    """
    refuse_if(not policy.may_edit_rules(actor, programme.id), NotAllowed)
    clean = texts.Words(words.subject.strip(), _tidy(words.text))
    wrong = wrong_with(occasion, clean)
    refuse_if(wrong, TextRefused(details=wrong))
    return _save(programme, occasion, language, clean, seen_number, actor)


def back_to_default(
    programme: Programme, occasion: str, language: str, *, seen_number: int, actor: User
) -> MessageText:
    """Use the desk's own words again from the next message on.

    :raises NotAllowed: not a coordinator of the programme nor an administrator
    :raises Stale: somebody else saved a version meanwhile
    """
    refuse_if(not policy.may_edit_rules(actor, programme.id), NotAllowed)
    return _save(programme, occasion, language, None, seen_number, actor)


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return "\n".join(lines).strip("\n") + "\n"


def _save(
    programme: Programme, occasion: str, language: str, words: texts.Words | None, seen_number: int, actor: User
) -> MessageText:
    current = texts.newest(programme.id, occasion, language)
    refuse_if((current.number if current else 0) != seen_number, Stale)
    made = insert_unless_exists(
        MessageText, programme_id=programme.id, occasion=occasion, language=language, number=seen_number + 1,
        subject=words.subject if words else None, text=words.text if words else None, made_by_id=actor.id,
        made_at=clock.now(),
    )  # fmt: skip
    if made is None:
        raise Stale
    action = "message_text.save" if words else "message_text.default"
    after = {"occasion": occasion, "language": language, "number": made.number}
    audit.record(action, made, actor=actor, after=after)
    return made
