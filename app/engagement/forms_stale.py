"""Two people change the same: what one typed beside what the other saved, so that nothing is lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flask_babel import gettext as _
from wtforms import BooleanField, FieldList, FormField, HiddenField

NOT_COMPARED = ("seen", "reason", "csrf_token")

Told = tuple[str, str]


def rows(yours: Iterable[Told], theirs: Iterable[Told]) -> list[dict[str, str]]:
    """Where two versions differ: what it is, and how each reads."""
    mine, saved = dict(yours), dict(theirs)
    return [
        {"label": label, "yours": mine.get(label, ""), "theirs": saved.get(label, "")}
        for label in dict.fromkeys([*mine, *saved]) if mine.get(label, "") != saved.get(label, "")
    ]  # fmt: skip


def told(form: Any, before: str = "") -> Iterator[Told]:
    """Every field of a form with what it says, in words."""
    for field in form:
        if isinstance(field, FieldList):
            for number, entry in enumerate(field.entries, start=1):
                yield from told(entry.form, _("Level %(number)s", number=number) + ": ")
        elif not isinstance(field, (HiddenField, FormField)) and field.name not in NOT_COMPARED:
            yield f"{before}{field.label.text}", _said(field)


def _said(field: Any) -> str:
    if isinstance(field, BooleanField):
        return str(_("yes") if field.data else _("no"))
    chosen = {str(value): str(label) for value, label, *_more in getattr(field, "choices", None) or ()}
    value = "" if field.data is None else str(field.data)
    return chosen.get(value, value)


def told_questions(asked: Iterable[dict[str, Any]], kinds: dict[str, Any], meanings: dict[str, Any]) -> Iterator[Told]:
    """Every question of a set with its words, answers and what they mean."""
    for number, each in enumerate(asked, start=1):
        lines = [each.get("en", ""), each.get("es", ""), str(kinds.get(str(each.get("kind")), ""))]
        for option in each.get("options", ()):
            means = meanings.get(option.get("value")) if option.get("value") else None
            lines.append(f"• {option.get('en', '')} / {option.get('es', '')}" + (f" ({means})" if means else ""))
        yield str(_("Question %(number)s", number=number)), "\n".join(lines)
