"""A programme's public page, for everybody: figures, a picture to embed, open data."""

from __future__ import annotations

from flask import Response, json, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.access import public
from app.core.errors import NotFound
from app.core.i18n import bilingual

from .. import open_data, operations_public, publishing, stories
from ..figures import period_name
from ..models import PublishedPeriod
from ..models_public import PublicPage
from ..publishing_page import page_of_period
from . import bp

KEPT = "public, max-age=3600"


def _shown(slug: str) -> tuple[PublicPage, list[PublishedPeriod]]:
    """The page and its periods, or nothing to be found."""
    page = operations_public.find_public(slug)
    periods = [p for p in publishing.published_periods(page.grant) if p.public] if page else []
    if page is None or not periods:
        raise NotFound
    return page, periods


def _chosen(periods: list[PublishedPeriod]) -> PublishedPeriod:
    found = publishing.live_one(periods, request.args.get("period"))
    if found is None:
        raise NotFound
    return found


@bp.get("/impact/<slug>")
@public
@bilingual
def public_impact(slug: str) -> ResponseReturnValue:
    """What a programme achieved, for everybody."""
    switched_on, periods = _shown(slug)
    chosen = _chosen(periods)
    return render_template(
        "metrics/public_impact.html",
        switched_on=switched_on,
        page=page_of_period(chosen, periods, public=True),
        chosen=chosen,
        periods=periods,
        period_name=period_name,
        stories=stories.shown_to_everybody(switched_on.grant),
    )


@bp.get("/impact/<slug>/picture.svg")
@public
@bilingual
def public_picture(slug: str) -> ResponseReturnValue:
    """The main figures as a picture that other sites may show."""
    switched_on, periods = _shown(slug)
    page = page_of_period(_chosen(periods), periods, public=True)
    picture = render_template("metrics/picture.svg", switched_on=switched_on, page=page)
    answer = Response(picture, mimetype="image/svg+xml")
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    return _kept(answer)


@bp.get("/impact/<slug>/figures.csv")
@public
@bilingual
def public_figures(slug: str) -> ResponseReturnValue:
    """Every published figure as a file."""
    _switched_on, periods = _shown(slug)
    return _kept(Response(open_data.as_csv(periods), mimetype="text/csv"))


@bp.get("/impact/<slug>/datapackage.json")
@public
@bilingual
def public_datapackage(slug: str) -> ResponseReturnValue:
    """What the file holds."""
    switched_on, periods = _shown(slug)
    home = url_for(".public_impact", slug=slug, _external=True)
    described = open_data.describe(switched_on, periods, data="figures.csv", home=home)
    return _kept(Response(json.dumps(described, indent=1), mimetype="application/json"))


def _kept(answer: Response) -> Response:
    """Caches may keep it for an hour; it differs by language alone."""
    answer.headers["Cache-Control"] = KEPT
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Vary"] = "Accept-Language, Cookie"
    return answer
