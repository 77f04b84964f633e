"""Signing off what a funder would see; stories and the public page."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts.models import Grant
from app.core.access import Role, open_to, signed_in
from app.core.db import session, transaction
from app.core.errors import BadInput, NotFound
from app.engagement import queries_surveys

from .. import operations_public, publishing, publishing_beside, stories
from ..figures import kind_of, period_name
from ..models_public import Story
from ..publishing_figures import as_published
from ..publishing_page import page_of
from ..publishing_why import why_hidden
from . import bp
from .staff import the_programme, the_programmes


def _grant(public_id: str) -> Grant:
    mine = signed_in().programme_ids(Role.COORDINATOR)
    found = select(Grant).where(Grant.public_id == public_id, Grant.programme_id.in_(mine))
    grant = session.execute(found).scalar_one_or_none()
    if grant is None:
        raise NotFound
    return grant


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(_("Write the first day of the period as a day of the calendar.")) from None


@bp.get("/reports/publish")
@open_to(Role.COORDINATOR)
def publications() -> ResponseReturnValue:
    """What is published for whom, what waits, the stories, and the public page."""
    programme = the_programme()
    grants = session.scalars(select(Grant).where(Grant.programme_id == programme.id).order_by(Grant.name)).all()
    return render_template(
        "metrics/publications.html", programme=programme, programmes=the_programmes(), period_name=period_name,
        grants=[(g, publishing.unpublished_periods(g), publishing.published_periods(g)) for g in grants],
        page=operations_public.find_page(programme), stories=stories.told_by(programme),
        words=stories.released_words(programme), kind_of=kind_of,
    )  # fmt: skip


@bp.get("/reports/publish/<grant_id>")
@open_to(Role.COORDINATOR)
def preview(grant_id: str) -> ResponseReturnValue:
    """Exactly what the funder would see of a period, and what stays hidden."""
    grant, restate = _grant(grant_id), request.args.get("restate") == "1"
    kind = request.args.get("kind") or grant.reports_every
    first = _day(request.args.get("first", ""))
    draft = publishing.draft_of(grant, first, kind, actor=signed_in(), restate=restate)
    version = draft.versions[0]
    would_be = {v.span: as_published(v, frozenset(draft.hidden[v]), grant, draft.floors) for v in draft.versions}
    others = {(p.starts_on, p.ends_on): p.figures for p in publishing.published_periods(grant)} | would_be
    shown = others.pop(version.span)
    page = page_of(shown, version.span, [(*span, figures) for span, figures in others.items()])
    return render_template(
        "metrics/publish.html", grant=grant, page=page, draft=draft, restate=restate,
        kind=kind, first=first, period_name=period_name, corrected=[v.span for v in draft.old],
        hidden=why_hidden(draft, version), seen=publishing.mark_of(draft),
        beside=publishing_beside.read_beside(grant),
    )  # fmt: skip


@bp.post("/reports/publish/<grant_id>")
@open_to(Role.COORDINATOR)
def publish(grant_id: str) -> ResponseReturnValue:
    """Sign a period off, so that its funder reads it."""
    first, kind = _day(request.form.get("first", "")), request.form.get("kind") or None
    note, restate = request.form.get("note", "")[:200], request.form.get("restate") == "1"
    seen = request.form.get("seen")
    with transaction():
        grant = _grant(grant_id)
        publishing.sign_off(grant, first, actor=signed_in(), restate=restate, kind=kind, note=note, seen=seen)
        name, slug = grant.name, grant.programme.slug
    flash(_("Published for %(grant)s. Its funder reads it from now on.", grant=name), "ok")
    return redirect(url_for(".publications", programme=slug), 303)


@bp.post("/reports/publish/<grant_id>/public-page")
@open_to(Role.COORDINATOR)
def switch_public_page(grant_id: str) -> ResponseReturnValue:
    """Switch the programme's public page on for a grant, or off."""
    with transaction():
        grant = _grant(grant_id)
        page = operations_public.find_page(grant.programme)
        if request.form.get("off") and page is not None:
            operations_public.switch_off(page, actor=signed_in())
        elif request.form.get("sure"):
            operations_public.switch_on(grant, actor=signed_in())
        else:
            flash(_("Tick that everybody may read it, and switch it on again."))
        slug = grant.programme.slug
    return redirect(url_for(".publications", programme=slug, _anchor="public"), 303)


@bp.post("/reports/stories/<public_id>")
@open_to(Role.COORDINATOR)
def tell_story(public_id: str) -> ResponseReturnValue:
    """Tell words of a survey as a story."""
    with transaction():
        survey = queries_surveys.get_survey(public_id, viewer=signed_in())
        words, everybody = request.form.get("words", ""), bool(request.form.get("everybody"))
        story = stories.tell_story(survey, words, for_everybody=everybody, actor=signed_in())
        slug = story.programme.slug
    flash(_("Told. Funders of the case read it from now on."), "ok")
    return redirect(url_for(".publications", programme=slug, _anchor="stories"), 303)


@bp.post("/reports/stories/<public_id>/take-back")
@open_to(Role.COORDINATOR)
def take_story_back(public_id: str) -> ResponseReturnValue:
    """Tell a story no more."""
    with transaction():
        mine = signed_in().programme_ids(Role.COORDINATOR)
        found = select(Story).where(Story.public_id == public_id, Story.programme_id.in_(mine))
        story = session.execute(found).scalar_one_or_none()
        if story is None:
            raise NotFound
        stories.take_back(story, actor=signed_in())
        slug = story.programme.slug
    flash(_("Taken back. It is told no more."), "ok")
    return redirect(url_for(".publications", programme=slug, _anchor="stories"), 303)
