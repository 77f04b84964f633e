"""Pages made of every part with invented data, served only to the tests of the look."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask, flash, render_template, request
from flask_login import LoginManager
from flask_wtf.csrf import generate_csrf
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    FieldList,
    FileField,
    FormField,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.widgets import CheckboxInput, ListWidget

from app.core import i18n
from app.core.errors import LinkGone, Refusal
from app.core.forms import DayField, Form, MoneyField, Required

APP = Path(__file__).resolve().parents[2] / "app"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
VOLUNTEER_PLACES = ("Home home 2", "Opportunities find 0", "My_cases save 0", "Profile me 0")
DESK_PLACES = (
    "Today clock 14", "Intake talk 6", "Docket find 83", "Matching ok 0", "Volunteers me 0",
    "Check-ins date 3", "Reports home 0", "Outbox talk 0",
)  # fmt: skip
PUBLIC_PLACES = ("Find_help talk 0", "Volunteer me 0", "Opportunities find 0", "Impact home 0")
PAGES = (
    "public_landing", "public_sign_in", "client_question", "client_errors", "volunteer_home", "volunteer_board",
    "desk_today", "desk_docket", "desk_case", "desk_run", "desk_states", "desk_form", "funder_impact",
)  # fmt: skip
ERRORS = ("400", "403", "404", "413", "429", "500", "link_gone", "refusal")


def choices(**labels: str) -> list[SelectChoice]:
    """Values and the words beside them."""
    return [SelectChoice(value, label) for value, label in labels.items()]


class QuestionForm(Form):
    """One question of an intake, with what follows from the answer."""

    seen_version = HiddenField(default="3")
    has_date = RadioField(
        "Is there a court date or a deadline?",
        choices=choices(yes="Yes, I have a date", no="No date that I know of", unsure="I am not sure"),
        description="Look on your papers for words like “hearing” or “answer by”.",
        validators=[Required("Choose one of the three")],
    )
    hearing_on = DayField("What is the date?", validators=[Required("Write the date")])
    found = SelectField(
        "Where did you find it?",
        choices=[SelectChoice("", "Choose one"), *choices(court="A paper from the court", told="Someone told me")],
        validators=[Required("Choose where you found the date")],
    )


class CaseForm(Form):
    """Every kind of field."""

    title = StringField(
        "Title of the listing", validators=[Required("Write a title")], description="Seen by volunteers."
    )
    income = MoneyField("Monthly income")
    story = TextAreaField("What happened")
    areas = SelectMultipleField(
        "Areas of law",
        choices=choices(housing="Housing", family="Family"),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        validators=[Required("Choose at least one area")],
    )
    remote = BooleanField("The work can be done remotely")
    paper = FileField("Paper from the court")


class PersonForm(Form):
    """One person of a list."""

    name = StringField("Name", validators=[Required("Write the name")])


class PeopleForm(Form):
    """Several people at once."""

    people = FieldList(FormField(PersonForm), "People in this matter", min_entries=2)


def _places(rows: tuple[str, ...], current: int) -> list[SimpleNamespace]:
    found = []
    for n, row in enumerate(rows):
        label, icon, count = row.split()
        found.append(
            SimpleNamespace(
                label=label.replace("_", " "), url=f"/at/{n}", icon=icon, count=int(count), current=n == current
            )
        )
    return found


def _shell(page: str) -> dict[str, Any]:
    rows = {"desk": DESK_PLACES, "volunteer": VOLUNTEER_PLACES}.get(page.split("_")[0], PUBLIC_PLACES)
    return {
        "places": _places(rows, 2 if page == "desk_docket" else 0),
        "signed_in": None if page.startswith(("public", "client")) else SimpleNamespace(name="Inés Calloway"),
        "programme_name": "High Mesa Legal Aid",
        "home_url": "/",
        "search_url": "/search",
        "sign_in_url": "/sign-in",
        "sign_out_url": "/sign-out",
        "account_url": "/me",
        "appearance_url": "/appearance",
        "contact_line": "Questions? Call 505-555-0142, Mon to Fri, 9 to 5.",
        "data_as_of": datetime(2026, 11, 18, 16, 4, tzinfo=UTC),
    }


def bound(kind: type[Form], **typed: Any) -> Form:
    """A form as it comes back after it was sent."""
    form = kind(formdata=MultiDict(typed))
    form.validate()
    return form


def forms_of(page: str) -> dict[str, Any]:
    """The form of a page, sound or with its errors."""
    if page == "client_question":
        return {"form": QuestionForm(formdata=None, data={"has_date": "yes", "hearing_on": date(2026, 11, 24)})}
    if page == "client_errors":
        typed = {
            "has_date": "yes",
            "hearing_on-month": "24",
            "hearing_on-day": "11",
            "hearing_on-year": "2026",
            "found": "",
        }
        return {"form": bound(QuestionForm, **typed)}
    if page == "desk_form":
        return {"form": bound(CaseForm, income="a lot", story="A long story that must not be lost.")}
    return {}


def create_gallery(translations: Path | None = None) -> Flask:
    """The shells and macros on a bare application, under the policy of the real one."""
    app = Flask("gallery", template_folder=str(APP / "templates"), static_folder=str(APP / "static"))
    app.config.update(SECRET_KEY="only for tests", WTF_CSRF_ENABLED=False, TESTING=True)
    here = str(Path(__file__).parent / "templates")
    app.jinja_loader.searchpath.append(here)  # type: ignore[union-attr]
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(translations or APP / "translations")
    LoginManager(app).user_loader(lambda _id: None)
    i18n.init_app(app)
    app.jinja_env.globals["csrf_token"] = generate_csrf

    @app.get("/favicon.ico")
    def icon() -> tuple[str, int]:
        return "", 204

    @app.get("/<page>")
    def show(page: str) -> str:
        if page == "desk_states":
            flash("Saved at 9:04 am. The client will be told by text after 3 pm.", "ok")
        return render_template(f"{page}.html", **{**_shell(page), **forms_of(page)})

    @app.route("/watched/<page>", methods=["GET", "POST"])
    def watched(page: str) -> str:
        return render_template(f"{page}.html", **{**_shell(page), **forms_of(page), "watched": True})

    @app.route("/errors/<name>", methods=["GET", "POST"])
    def error(name: str) -> str:
        refusal = LinkGone() if name == "link_gone" else Refusal(
            "This case cannot be listed yet", cure=("Run the conflict check again", "/check"),
            details=["A party was added on Nov 17, after the last conflict check."],
        )  # fmt: skip
        who = {"signed_in": None} if "anonymous" in request.args else {}
        return render_template(f"errors/{name}.html", **{**_shell("desk"), **who, "refusal": refusal})

    @app.get("/appearance")
    def appearance() -> str:
        return render_template("shell/appearance.html", **_shell("public"))

    @app.after_request
    def guard(response: Any) -> Any:
        response.headers["Content-Security-Policy"] = CSP
        return response

    return app
