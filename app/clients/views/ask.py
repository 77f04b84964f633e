"""Asking for help: one question a page, kept as it is typed, without an account."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts.models import Programme
from app.core import db, i18n, limits
from app.core.access import public
from app.core.db import transaction
from app.core.errors import NotFound, Refusal
from app.core.limits import limiter

from .. import mails
from .. import operations_intake as operations
from ..forms_intake import DeviceForm
from ..forms_summary import form_for, kept, summary
from ..intake.steps import NAMES, applies, step_after, step_before, step_named, unanswered
from ..models import Case, IntakeDraft
from . import bp

COOKIE = "request"  # the browser's secret of its unfinished request
STEP = f"/help/<any({', '.join(NAMES)}):step>"
AWAY = "https://www.weather.gov/"


class RequestClosed(Refusal):
    """The browser no longer knows which request it was filling in."""

    status = 410
    message = _l("This page was closed in another window, or it was open for too long.")


@bp.before_request
def keep_language() -> None:
    """A language once chosen stays."""
    asked = request.args.get("lang")
    if asked in i18n.LANGUAGES:
        session["language"] = asked


def find_draft() -> IntakeDraft | None:
    """The request this browser is filling in."""
    token = session.get(COOKIE)
    if not token:
        return None
    found = select(IntakeDraft).where(IntakeDraft.token_hash == operations.hashed(token))
    return db.session.execute(found).scalar_one_or_none()


def get_draft() -> IntakeDraft:
    """The request this browser is filling in.

    :raises RequestClosed: it holds none (any more)
    """
    draft = find_draft()
    if draft is None:
        raise RequestClosed(cure=(_l("Go on with the code and PIN you wrote down"), url_for(".resume")))
    return draft


def frame(draft: IntakeDraft | None) -> dict[str, Any]:
    """What the page around the question needs to know."""
    programme = db.session.get(Programme, draft.programme_id) if draft and draft.programme_id else None
    g.time_zone = programme.time_zone if programme else None
    around: dict[str, Any] = {
        "draft": draft,
        "watched": bool(draft and draft.watched_device),
        "exit_url": url_for(".leave"),
    }
    if programme:
        around |= {
            "neutral_name": programme.sender_name,
            "contact_line": _l("Questions? Call %(phone)s.", phone=programme.phone),
        }
    return around


@bp.get("/help")
@public
def ask() -> ResponseReturnValue:
    """Where asking for help begins."""
    return _door(DeviceForm())


def _door(form: DeviceForm) -> str:
    programmes = db.session.execute(select(Programme).order_by(Programme.name)).scalars().all()
    return render_template("clients/ask.html", form=form, programmes=programmes, **frame(find_draft()))


@bp.post("/help")
@public
@limiter.limit(limits.FORM_STEP)
def begin() -> ResponseReturnValue:
    """Begin a request, or go on with the one this browser holds."""
    form = DeviceForm()
    if not form.validate() or db.session.execute(select(Programme.id).limit(1)).first() is None:
        return _door(form), 422
    watched = form.watched.data != "no"
    with transaction():
        draft = find_draft()
        if draft is None or draft.sent_at is not None:
            draft, token = operations.begin_request(language=i18n.language(), watched=watched, actor=None)
            session[COOKIE] = token
        elif draft.watched_device != watched:
            operations.say_who_watches(draft, watched, actor=None)
    return redirect(url_for(".ask_step", step=NAMES[0]), 303)


@bp.get(STEP)
@public
def ask_step(step: str) -> ResponseReturnValue:
    """One question."""
    draft = find_draft()
    if draft is None:
        return redirect(url_for(".ask"))
    if draft.sent_at is not None:
        return redirect(url_for(".sent"))
    form = form_for(step, draft.answers, typed=False)
    if step == "language" and not form.spoken.data:
        form.spoken.data = i18n.language()
    return _question(draft, step, form)


@bp.post(STEP)
@public
@limiter.limit(limits.FORM_STEP)
def answer(step: str) -> ResponseReturnValue:
    """Keep the answers of one page and show the next."""
    form = form_for(step, get_draft().answers, typed=True)
    if not form.validate():
        if _stops() and not _typed():
            return redirect(url_for(".stopping"), 303)
        return _question(get_draft(), step, form), 422
    with transaction():
        draft = get_draft()
        operations.save_answers(draft, step, kept(form), actor=None, language=i18n.language())
        onward = _onward(step, draft)
    return redirect(onward, 303)


def _stops() -> bool:
    return "stop" in request.form


def _typed() -> bool:
    return any("".join(texts).strip() for name, texts in request.form.lists() if name not in ("csrf_token", "stop"))


def _onward(step: str, draft: IntakeDraft) -> str:
    if _stops():
        return url_for(".stopping")
    if request.args.get("from") == "check":
        left = unanswered(draft.answers)
        return url_for(".ask_step", step=left[0].name) + "?from=check" if left else url_for(".check")
    following = step_after(step, draft.answers)
    return url_for(".ask_step", step=following) if following else url_for(".check")


def _question(draft: IntakeDraft, name: str, form: Any) -> str:
    step = step_named(name)
    if step is None:
        raise NotFound
    asked = [each for each in NAMES if applies(each, draft.answers) or each == name]
    number, back = asked.index(name) + 1, step_before(name, draft.answers)
    from_check = request.args.get("from") == "check"
    before = url_for(".check") if from_check else url_for(".ask_step", step=back) if back else url_for(".ask")
    around = frame(draft)
    return render_template(
        "clients/ask_step.html", form=form, step=step, number=number, of=len(asked) + 1, back=before,
        minutes=max(1, round((len(asked) - number) * 0.6)), saved=_saved_at(draft), stopping=_stops(), **around,
    )  # fmt: skip


def _saved_at(draft: IntakeDraft) -> str:
    return i18n.when_at(draft.saved_at).rpartition(", ")[2] if draft.answers else ""


@bp.get("/help/check")
@public
def check() -> ResponseReturnValue:
    """Everything that was answered, before it is sent."""
    draft = find_draft()
    if draft is None:
        return redirect(url_for(".ask"))
    if draft.sent_at is not None:
        return redirect(url_for(".sent"))
    around = frame(draft)
    return render_template(
        "clients/ask_check.html", summary=summary(draft.answers), missing=unanswered(draft.answers),
        saved=_saved_at(draft), **around,
    )  # fmt: skip


@bp.post("/help/check")
@public
@limiter.limit(limits.PUBLIC_FORM)
def send() -> ResponseReturnValue:
    """Send the request; sending twice has one effect."""
    with transaction():
        operations.send_request(get_draft(), actor=None)
    return redirect(url_for(".sent"), 303)


@bp.get("/help/sent")
@public
def sent() -> ResponseReturnValue:
    """The reference number, and what happens next."""
    draft = find_draft()
    if draft is None:
        return redirect(url_for(".ask"))
    if draft.sent_at is None:
        return redirect(url_for(".check"))
    case = db.session.get_one(Case, draft.case_id)
    around = frame(draft)
    return render_template(
        "clients/ask_sent.html", number=operations.reference(case), pin=draft.answers.get("sent", {}).get("pin"),
        by=operations.answer_by(case), programme=case.programme, writes_to=mails.mail_reaches(case.client),
        sender=current_app.extensions["settings"].mail_sender, may_tell=may_tell(draft), **around,
    )  # fmt: skip


def may_tell(draft: IntakeDraft) -> bool:
    """As long as the last page of the request can be seen whole in this browser."""
    return draft.sent_at is not None and draft.pin_hash != ""


@bp.get("/leave")
@public
def leave() -> ResponseReturnValue:
    """Out, fast; this browser forgets what was open."""
    session.clear()
    answer = redirect(AWAY, 303)
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "no-store"
    return answer
