"""The choices a person picks from, in plain words, with the code that each one stands for."""

from __future__ import annotations

from typing import Any

from babel import Locale
from flask_babel import lazy_gettext as _l

from app.core.i18n import LANGUAGES, language

from ..problems import languages as spoken

Choices = list[tuple[str, Any]]

# key, problem code of the federal list, what a person would say
PROBLEMS: list[tuple[str, str | None, Any]] = [
    ("landlord", "63", _l("Trouble with my landlord, or I may have to move out")),
    ("subsidised", "61", _l("Trouble with public housing or a housing voucher")),
    ("own_home", "67", _l("I may lose the home that I own")),
    ("hurt", "37", _l("Somebody close to me hurts, threatens or controls me")),
    ("divorce", "32", _l("Divorce or separation")),
    ("children", "31", _l("Where my children live, or when I see them")),
    ("support", "38", _l("Child support or support from a spouse")),
    ("guardian_child", "44", _l("I take care of a child who is not mine")),
    ("guardian_adult", "33", _l("Decisions for an adult who cannot decide alone")),
    ("debt", "02", _l("Somebody says that I owe money, or takes it from my pay")),
    ("bankruptcy", "01", _l("I have more debts than I can ever pay")),
    ("utilities", "07", _l("Water, power, gas or telephone")),
    ("wages", "22", _l("My employer did not pay me what I earned")),
    ("unemployment", "76", _l("Money after I lost my job")),
    ("food", "73", _l("Food stamps")),
    ("disability_money", "75", _l("Money for people with a disability (SSI)")),
    ("health", "51", _l("Medicaid or medical bills")),
    ("veteran", "77", _l("Benefits for veterans")),
    ("immigration", "81", _l("Immigration papers or staying in this country")),
    ("school", "12", _l("School: my child was sent home, expelled or not let in")),
    ("special_school", "13", _l("School: help for a child with a disability")),
    ("fairness", "84", _l("Treated unfairly because of a disability")),
    ("record", "87", _l("Clearing an old criminal record")),
    ("licence", "93", _l("A driver's licence or another licence")),
    ("will", "95", _l("A will, or what somebody left behind")),
    ("else", None, _l("Something else, or I do not know")),
]

EMERGENCIES: Choices = [
    ("lockout", _l("I am locked out, or my landlord cut off water, power or heat")),
    ("protective_order", _l("Somebody hurts or threatens me or my family")),
    ("detained_removal", _l("I am, or somebody in my family is, held by immigration officers")),
    ("benefits_window", _l("A letter says that money or benefits I live on will stop")),
    ("utility_shutoff", _l("Water, power or gas will be shut off in the next days")),
    ("utility_medical", _l("Somebody here needs power for a medical device, and it may be shut off")),
    ("child_taken", _l("My child was taken, or may be taken from me")),
]

HARMS: Choices = [
    ("home", _l("My home")),
    ("safety", _l("My safety or my family's safety")),
    ("liberty", _l("My freedom")),
    ("income", _l("The money I live on")),
    ("custody", _l("My children")),
    ("status", _l("My right to stay in this country")),
    ("debt", _l("Money I would have to pay")),
]

CIRCUMSTANCES: Choices = [
    ("child_at_home", _l("A child lives with me")),
    ("over_60", _l("I am 60 or older")),
    ("disability", _l("I have a disability or a long illness")),
    ("homeless", _l("I have no home, or sleep at other people's places")),
    ("veteran", _l("I served in the military")),
    ("abuse", _l("Somebody hurts, threatens or controls me")),
    ("limited_english", _l("English is hard for me")),
    ("cannot_act_alone", _l("I cannot deal with papers and offices alone")),
    ("no_other_help", _l("I asked elsewhere, and nobody could help")),
]

ACCESS: Choices = [
    ("step_free", _l("A place without steps")),
    ("large_print", _l("Large print")),
    ("reading", _l("Somebody reads papers to me")),
    ("sign", _l("Sign language")),
    ("quiet", _l("A quiet place, or more time")),
    ("no_travel", _l("I cannot travel")),
]

DATE_KINDS: Choices = [
    ("hearing", _l("A hearing or another day in court")),
    ("answer_due", _l("The last day to answer a paper")),
    ("set_out", _l("The day I must leave my home")),
    ("appeal_due", _l("The last day to say that a decision is wrong")),
    ("benefits_continue", _l("The last day to keep money or benefits running")),
    ("shutoff", _l("The day water, power or gas is shut off")),
    ("protective_order_hearing", _l("A hearing about protection from somebody")),
    ("removal_hearing", _l("An immigration hearing")),
    ("parental_rights_hearing", _l("A hearing about my rights as a parent")),
    ("other", _l("Another date")),
]

PERIODS: list[tuple[str, int, Any]] = [
    ("week", 52, _l("a week")),
    ("two_weeks", 26, _l("every two weeks")),
    ("half_month", 24, _l("twice a month")),
    ("month", 12, _l("a month")),
    ("year", 1, _l("a year")),
]

OTHER_KINDS: Choices = [
    ("person", _l("A person")),
    ("organisation", _l("A company, a landlord's firm, an office or another organisation")),
    ("unknown", _l("I don't know the other side's name")),
    ("none", _l("There is no other side")),
]

YES_NO: Choices = [("yes", _l("Yes")), ("no", _l("No"))]
YES_NO_UNSURE: Choices = [*YES_NO, ("unsure", _l("I am not sure"))]

OTHER_LANGUAGES = {"ase": _l("American Sign Language"), "mul": _l("Another language")}

MAY_SAY: Choices = [
    ("neutral", _l("Only a first name and a number to call back")),
    ("open", _l("You may say who you are and why you call")),
]


def problem_code(key: str | None) -> str | None:
    """The problem code behind a choice, or None for something else."""
    return next((code for name, code, _label in PROBLEMS if name == key), None)


def yearly(cents: int, period: str) -> int:
    """An income per period as whole cents a year."""
    return cents * next(times for name, times, _label in PERIODS if name == period)


def label(choices: Choices, key: str | None) -> str:
    """What a key means to the reader."""
    return next((str(text) for name, text in choices if name == key), "")


def labels(choices: Choices, keys: list[str] | None) -> str:
    """What several keys mean to the reader, joined."""
    return "; ".join(str(text) for name, text in choices if name in (keys or []))


def languages() -> Choices:
    """The languages people speak here, named in the reader's language, most spoken first."""
    here = Locale(language()).languages
    return [
        (code, _first_capital(str(OTHER_LANGUAGES[code]) if code in OTHER_LANGUAGES else here.get(code, name)))
        for code, name in spoken().items()
    ]


def language_name(code: str) -> str:
    """A language in the reader's words."""
    return LANGUAGES.get(code) or label(languages(), code) or code


def _first_capital(name: str) -> str:
    return name[:1].upper() + name[1:]
