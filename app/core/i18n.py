"""Words, dates and numbers as the reader writes them: English and Spanish."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g, has_request_context, request, session, url_for
from flask_babel import Babel, get_locale, get_translations, ngettext
from flask_babel import gettext as _
from flask_login import current_user

from . import clock
from .access import View, declared

LANGUAGES = {"en": "English", "es": "Español"}
THEMES = ("light", "dark")
MONTHS = {
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    "es": ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"],
}
DAYS = {
    "en": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    "es": ["lun", "mar", "mié", "jue", "vie", "sáb", "dom"],
}


def choose_language() -> str:
    """The language asked for in the address, the client's own, the one chosen before, or best accepted."""
    if not has_request_context() or not _has_choice():
        return "en"
    for asked in (request.args.get("lang"), getattr(g, "language", None), session.get("language")):
        if asked in LANGUAGES:
            return str(asked)
    return request.accept_languages.best_match(list(LANGUAGES)) or "en"


def _has_choice() -> bool:
    """Pages behind the sign-in, and those for volunteers, are written in English alone; half a page helps nobody."""
    if request.endpoint is None or request.blueprint is None:
        return True
    view = current_app.view_functions[request.endpoint]
    views = current_app.blueprints[request.blueprint].root_path
    return (_is_translated(views) or hasattr(view, "bilingual")) and not declared(view)


def bilingual(view: View) -> View:
    """Declare a page written in both languages although its package is not."""
    view.bilingual = True  # type: ignore[attr-defined]
    return view


@lru_cache
def _is_translated(views: str) -> bool:
    return (Path(views).parent / "translations").is_dir()


def language() -> str:
    """The language of the page or mail being written, as a two-letter code."""
    found = get_locale()
    return found.language if found and found.language in LANGUAGES else "en"


def when_day(day: date | None) -> str:
    """`Tue, Nov 24`, with the year where it is another one."""
    if day is None:
        return ""
    lang = language()
    month, weekday = MONTHS[lang][day.month - 1], DAYS[lang][day.weekday()]
    year = f", {day.year}" if abs(day.year - clock.now().year) >= 1 else ""
    return f"{weekday} {day.day} {month}{year}" if lang == "es" else f"{weekday}, {month} {day.day}{year}"


def zone() -> str:
    """The time zone pages are written in: the programme's at work, else the deployment's first."""
    return str(getattr(g, "time_zone", None) or "America/Chicago")


def today() -> date:
    """Today where the reader's programme is."""
    return clock.today_in(zone())


def day_of(moment: datetime) -> date:
    """The day of a moment where the reader's programme is."""
    return moment.astimezone(ZoneInfo(zone())).date()


def in_days(day: date | None) -> str:
    """`in 6 days`, `today`, `2 days ago`."""
    if day is None:
        return ""
    days = (day - today()).days
    if days == 0:
        return _("today")
    if days == 1:
        return _("tomorrow")
    if days == -1:
        return _("yesterday")
    if days > 0:
        return ngettext("in %(num)s day", "in %(num)s days", days)
    return ngettext("%(num)s day ago", "%(num)s days ago", -days)


def when_at(moment: datetime | None, in_zone: str | None = None) -> str:
    """`Nov 3, 9:02 am` in the programme's time zone; midnight is told as the end of the day before."""
    if moment is None:
        return ""
    local = moment.astimezone(ZoneInfo(in_zone or zone()))
    if local.time() == time.min:
        local -= timedelta(minutes=1)
    lang = language()
    month = MONTHS[lang][local.month - 1]
    day = f"{local.day} {month}" if lang == "es" else f"{month} {local.day}"
    if local.year != clock.now().year:
        day += f", {local.year}"
    return f"{day}, {local.hour % 12 or 12}:{local.minute:02} {'am' if local.hour < 12 else 'pm'}"


def money(cents: int | None) -> str:
    """`$1,200` or `$1,200.50`."""
    return "" if cents is None else f"${cents / 100:,.2f}".removesuffix(".00")


def number(value: float | None) -> str:
    """`1,234`."""
    return "" if value is None else f"{value:,}"


def hours(hundredths: int | None) -> str:
    """Hundredths of an hour as `4.5`."""
    return "" if hundredths is None else f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")


def asset(name: str) -> str:
    """The address of a static file."""
    return url_for("static", filename=name)


def init_app(app: Flask) -> None:
    """Give templates the words, dates and numbers."""
    Babel(app, locale_selector=choose_language)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda word: _catalogue().ugettext(word),
        ngettext=lambda one, many, count: _catalogue().ungettext(one, many, count),
        newstyle=True,
    )
    app.jinja_env.globals.update(
        when_day=when_day, in_days=in_days, when_at=when_at, day_of=day_of, money=money, number=number, hours=hours,
        asset=asset, today=today, timedelta=timedelta,
    )  # fmt: skip
    app.context_processor(_context)


def _catalogue() -> Any:
    """The translations in force, found once for each language of a request: a page asks for a hundred words."""
    here = getattr(g, "_flask_babel", None)
    known = getattr(here, "catalogue", None)
    if known is None or known[0] is not getattr(here, "babel_locale", None):
        found = get_translations()
        known = (get_locale(), found)
        if here is not None:
            here.catalogue = known
    return known[1]


def _context() -> dict[str, Any]:
    if not has_request_context():  # a mail, written by a worker
        return {"lang": language(), "languages": LANGUAGES, "theme": "", "signed_in": None}
    theme = request.cookies.get("theme", "")
    return {
        "lang": language(),
        "languages": LANGUAGES if _has_choice() else {},
        "theme": theme if theme in THEMES else "",
        "signed_in": current_user._get_current_object() if current_user.is_authenticated else None,
    }
