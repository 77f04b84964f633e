"""Pages on which a programme reads, tries and changes its words to clients."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select

from app.accounts import calendars
from app.accounts.models import Programme
from app.core import plain_language
from app.core.access import Role, open_to, signed_in
from app.core.db import session, transaction
from app.core.errors import NotFound, Stale
from app.core.i18n import LANGUAGES
from app.core.mail import outside_url

from .. import choices, operations_texts, policy, texts
from ..forms_texts import TextForm
from ..models import MessageText
from . import bp
from .priorities import rules_programme

SAMPLE = "sample"
READERS = (Role.COORDINATOR, Role.SUPERVISING_ATTORNEY, Role.ADMIN)


@bp.get("/words")
@open_to(*READERS)
def words() -> ResponseReturnValue:
    """The programmes whose words the reader may read; the only one opens at once."""
    reader = signed_in()
    found = select(Programme).order_by(Programme.name)
    if not reader.has(Role.ADMIN):
        found = found.where(Programme.id.in_(reader.programme_ids(Role.COORDINATOR, Role.SUPERVISING_ATTORNEY)))
    programmes = session.scalars(found).all()
    if len(programmes) == 1:
        return redirect(url_for(".programme_words", slug=programmes[0].slug))
    return render_template("clients/words_list.html", programmes=programmes)


@bp.get("/words/<slug>")
@open_to(*READERS)
def programme_words(slug: str) -> ResponseReturnValue:
    """Every message to clients, and which of them the programme says in its own words."""
    programme = rules_programme(slug)
    return render_template(
        "clients/words.html", programme=programme, occasions=texts.OCCASION_WORDS, own=_own(programme),
        languages=LANGUAGES,
    )  # fmt: skip


def _own(programme: Programme) -> dict[tuple[str, str], MessageText]:
    """The versions in force that are the programme's own."""
    mine = MessageText.programme_id == programme.id
    last = select(func.max(MessageText.id)).where(mine).group_by(MessageText.occasion, MessageText.language)
    rows = session.scalars(select(MessageText).where(MessageText.id.in_(last)))
    return {(row.occasion, row.language): row for row in rows if row.text is not None}


@bp.route("/words/<slug>/<occasion>/<language>", methods=["GET", "POST"])
@open_to(*READERS)
def message_words(slug: str, occasion: str, language: str) -> ResponseReturnValue:
    """Read, try and change the words of one message in one language."""
    programme = _asked(slug, occasion, language)
    form = TextForm()
    if not form.is_submitted():
        return _page(programme, occasion, language, _shown(programme, occasion, language))
    said = texts.Words(form.subject.data or "", form.text.data or "")
    if not form.validate():
        return _page(programme, occasion, language, form, 422)
    if request.form.get("act") == "try":
        wrong = operations_texts.wrong_with(occasion, said)
        _say_wrong(form, wrong)
        return _page(programme, occasion, language, form, 422 if wrong else 200)
    return _save(slug, occasion, language, form, said)


def _asked(slug: str, occasion: str, language: str) -> Programme:
    if occasion not in texts.OCCASION_WORDS or language not in LANGUAGES:
        raise NotFound
    return rules_programme(slug)


def _shown(programme: Programme, occasion: str, language: str) -> TextForm:
    """The form with the words in force."""
    current = texts.newest(programme.id, occasion, language)
    now = texts.default_words(occasion, language)
    if current is not None and current.text is not None and current.subject is not None:
        now = texts.Words(current.subject, current.text)
    return TextForm(formdata=None, subject=now.subject, text=now.text, seen=str(current.number if current else 0))


def _say_wrong(form: TextForm, wrong: list[tuple[str, str]]) -> None:
    for name in ("subject", "text"):
        form[name].errors = [said for field, said in wrong if field == name]


def _save(slug: str, occasion: str, language: str, form: TextForm, said: texts.Words) -> ResponseReturnValue:
    try:
        with transaction():
            operations_texts.save_text(
                rules_programme(slug), occasion, language, said, seen_number=_number(form.seen.data), actor=signed_in()
            )
    except operations_texts.TextRefused as no:
        _say_wrong(form, no.details)
        return _page(rules_programme(slug), occasion, language, form, 422)
    except Stale:
        kept = _shown(rules_programme(slug), occasion, language)
        if any(typed.split() != (kept[name].data or "").split() for name, typed in said.__dict__.items()):
            return _both(rules_programme(slug), occasion, language, form)
    flash(_("Saved. The next message says it like this."), "ok")
    return redirect(url_for(".message_words", slug=slug, occasion=occasion, language=language), 303)


def _number(seen: str | None) -> int:
    """The version that the reader saw; what is no number is no version."""
    return int(seen) if seen and seen.isdecimal() and len(seen) < 9 else -1


def _both(programme: Programme, occasion: str, language: str, form: TextForm) -> ResponseReturnValue:
    """What was typed beside what somebody else saved meanwhile."""
    theirs = _shown(programme, occasion, language)
    rows = [
        {"label": each.label.text, "yours": each.data, "theirs": theirs[each.name].data}
        for each in (form.subject, form.text) if each.data != theirs[each.name].data
    ]  # fmt: skip
    form.seen.data = theirs.seen.data
    return _page(programme, occasion, language, form, 409, rows=rows)


@bp.post("/words/<slug>/<occasion>/<language>/default")
@open_to(*READERS)
def default_words(slug: str, occasion: str, language: str) -> ResponseReturnValue:
    """Use the desk's own words again."""
    _asked(slug, occasion, language)
    with transaction():
        operations_texts.back_to_default(
            rules_programme(slug), occasion, language, seen_number=_number(request.form.get("seen")), actor=signed_in()
        )
    flash(_("The desk's own words are used again."), "ok")
    return redirect(url_for(".message_words", slug=slug, occasion=occasion, language=language), 303)


def _page(
    programme: Programme, occasion: str, language: str, form: Any, status: int = 200, rows: Any = ()
) -> ResponseReturnValue:
    history = session.scalars(texts.versions(programme.id, occasion, language)).all()
    said = texts.Words(form.subject.data or "", form.text.data or "")
    page = render_template(
        "clients/words_edit.html", programme=programme, occasion=occasion, language=language, form=form, rows=rows,
        title=texts.OCCASION_WORDS[occasion], names={name: texts.NAMES[name] for name in texts.names_of(occasion)},
        required=texts.REQUIRED, history=history, preview=_preview(programme, occasion, language, said),
        may_edit=policy.may_edit_rules(signed_in(), programme.id), languages=LANGUAGES,
        age=_reading_age(said, language), wanted=plain_language.WANTED, too_hard=plain_language.TOO_HARD,
    )  # fmt: skip
    return page, status


def _reading_age(said: texts.Words, language: str) -> int:
    """The age at which somebody reads a text, whatever is filled into it."""
    plain = texts.PLACEHOLDER.sub("", said.text)
    return plain_language.reading_age(plain_language.sentences_of(plain), language)


def _preview(programme: Programme, occasion: str, language: str, said: texts.Words) -> dict[str, str] | None:
    """The message about a sample case, where the words can be sent at all."""
    if operations_texts.wrong_with(occasion, said):
        return None
    day = calendars.business_day_on_or_after(calendars.today(programme) + timedelta(days=7), programme)
    facts = {"by": day if occasion in texts.WITH_DAY else None, "at": "10:30"}
    url = outside_url("clients.status_door", token=SAMPLE)
    subject, text = texts.filled(said, programme, language, url=url, facts=facts)
    foot = choices.FOOT[language].format(url=outside_url("clients.mail_choices", token=SAMPLE))
    return {"subject": subject, "text": f"{text}\n{foot}", "sender": programme.sender_name}
