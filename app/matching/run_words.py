"""What the pages about runs say: terms, rules passed, reasons and findings in words."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.clients import problems
from app.clients.vocabulary import CREDENTIALS

from . import words
from .models import Proposal
from .queries_runs import Answers
from .rules import SETTINGS

TERMS: dict[str, tuple[Any, int]] = {
    "expertise": (_l("expertise"), SETTINGS.expertise_equal),
    "area": (_l("area"), SETTINGS.area_code),
    "language": (_l("language"), SETTINGS.language),
    "place": (_l("place"), SETTINGS.place_county),
    "slack": (_l("slack"), SETTINGS.slack_most),
    "rotation": (_l("rotation"), SETTINGS.rotation_most),
}

ALL = _l("All volunteers")

PRIORITIES: dict[str, Any] = {
    "critical": _l("Critical"),
    "high": _l("High"),
    "normal": _l("Normal"),
    "low": _l("Low"),
}

LEFT_AFTER: dict[str, Any] = {
    "not_approved": _l("Approved today"),
    "wrong_role": _l("In the role it asks for"),
    "no_licence": _l("Licensed for it"),
    "no_credential": _l("Registered with its court"),
    "no_area": _l("List the field"),
    "below_level": _l("Have the level, or a mentor"),
    "opted_out": _l("Take this kind"),
    "no_language": _l("Speak the language, or interpreter"),
    "too_far": _l("Within reach"),
    "too_long": _l("Take a case this long"),
    "not_available": _l("Available now"),
    "no_training": _l("Have the training"),
    "barred": _l("Not barred, not asked before"),
    "asked_too_often": _l("Not asked too often lately"),
}

BINDING: dict[str, Any] = {
    "not_approved": _l("approval"),
    "wrong_role": _l("role"),
    "no_licence": _l("licence"),
    "no_credential": _l("registration"),
    "no_area": _l("field of law"),
    "below_level": _l("level"),
    "opted_out": _l("what volunteers would rather not take"),
    "no_language": _l("language"),
    "too_far": _l("distance"),
    "too_long": _l("length"),
    "not_available": _l("availability"),
    "no_training": _l("training"),
    "barred": _l("bars and earlier answers"),
    "asked_too_often": _l("how often people may be asked"),
}

RUN_STATUSES: dict[str, Any] = {
    "waiting": _l("Waiting for a worker"),
    "running": _l("At work"),
    "done": _l("Done"),
    "failed": _l("Broke off"),
    "cancelled": _l("Stopped"),
}

STAGES: dict[str, Any] = {
    "read": _l("reading the docket"),
    "candidates": _l("finding who may take what"),
    "coverage": _l("placing the most urgent first"),
    "fit": _l("finding the best fit"),
    "certificate": _l("proving it"),
    "explain": _l("writing down why"),
}

DECIDED: dict[str, Any] = {
    "accepted": _l("Offer sent"),
    "dismissed": _l("Dismissed"),
    "refused": _l("Could not be sent"),
}


def bars_of(terms: dict[str, int]) -> list[dict[str, Any]]:
    """The terms as small bars, in their order; fatigue takes away and has none."""
    return [{"label": label, "value": terms.get(name, 0), "most": most} for name, (label, most) in TERMS.items()]


def why_this_one(proposal: Proposal) -> str:
    """One sentence or two about a proposal's fit."""
    terms = proposal.terms
    said = [_level(terms["expertise"])]
    said.append(_("lists this very problem") if terms["area"] == SETTINGS.area_code else _("lists the field"))
    if not terms["language"]:
        said.append(_("works through an interpreter"))
    said.append(_place(terms["place"]))
    if terms["rotation"] == SETTINGS.rotation_most:
        said.append(_("not asked for ten weeks or more"))
    if terms["fatigue"]:
        said.append(_("asked lately"))
    text = ", ".join(part for part in said if part)
    text = text[:1].upper() + text[1:] + "."
    if proposal.rank > 1:
        text += " " + _("Those who fit better are full or needed elsewhere.")
    return text


def _level(points: int) -> str:
    return {
        SETTINGS.expertise_equal: _("at the level it asks for"),
        SETTINGS.expertise_above: _("one level above what it asks for"),
        SETTINGS.expertise_far_above: _("well above the level it asks for"),
        SETTINGS.expertise_mentored: _("one level below, with a mentor"),
    }.get(points, "")


def _place(points: int) -> str:
    return {
        SETTINGS.place_county: _("same county"),
        SETTINGS.place_state: _("covers the state"),
        SETTINGS.place_remote: _("works remotely"),
    }.get(points, "")


def rank(proposal: Proposal) -> str:
    """`best of 7` or `number 3 of 7`."""
    if proposal.able == 1:
        return _("the only one who can")
    if proposal.rank == 1:
        return _("best of %(able)s", able=proposal.able)
    return _("number %(rank)s of %(able)s", rank=proposal.rank, able=proposal.able)


def answers(given: Answers | None) -> str:
    """`said yes to 2 of 5 offers`, or that nobody has asked them yet; it never counts against anyone."""
    if given is None:
        return _("no offer answered in a year")
    return ngettext(
        "said yes to %(yes)s of %(num)s offer", "said yes to %(yes)s of %(num)s offers", given.asked, yes=given.said_yes
    )


def profile(want: dict[str, Any]) -> str:
    """A wanted volunteer in one line."""
    said = [want["area"], str(words.LEVELS.get(want["level"], want["level"]))]
    if want["language"] not in ("", "en"):
        said.append(problems.language_name(want["language"]))
    if want["licence"]:
        said.append(_("any licence") if want["licence"] == "any" else _("licence %(state)s", state=want["licence"]))
    if want["role"] != "attorney":
        said.append(want["role"].partition("@")[0].replace("_", " ").replace("|", _(" or ")))
    said += [str(CREDENTIALS.get(each, each)) for each in want["credentials"].split(";") if each]
    said += [each for each in want["trainings"].split(";") if each]
    county = problems.county_name(want["county"])
    said.append(_("%(county)s or remote", county=county) if want["remote"] == "yes" else county)
    return ", ".join(said)


def finding(report: dict[str, Any]) -> str:
    """The heading of a run."""
    if not report["cases"]:
        return _("No case waits for a volunteer")
    return ngettext(
        "%(placed)s of %(num)s case can be placed", "%(placed)s of %(num)s cases can be placed", report["cases"],
        placed=report["placed"],
    )  # fmt: skip


OUTSIDE: dict[str, Any] = {
    "asked": lambda n: ngettext(
        "for one somebody is asked, holds it or waits in line",
        "for %(num)s somebody is asked, holds it or waits in line", n,
    ),
    "overdue": lambda n: ngettext(
        "the last day of one package is over", "the last day of %(num)s packages is over", n
    ),
    "later": lambda n: ngettext(
        "one was listed or became free after the run", "%(num)s were listed or became free after the run", n
    ),
}  # fmt: skip


def outside(counted: dict[str, int]) -> str:
    """Why listed matters of the reader are not in a run; nothing where all are."""
    said = [OUTSIDE[why](counted[why]) for why in OUTSIDE if counted.get(why)]
    if not said:
        return ""
    number = sum(counted.values())
    begun = ngettext(
        "One more of yours is listed and not in this run: ",
        "%(num)s more of yours are listed and not in this run: ",
        number,
    )
    return begun + "; ".join(said) + "."


def took(seconds: float) -> str:
    """`2.4 seconds`."""
    return _("%(seconds)s seconds", seconds=f"{seconds:.1f}") if seconds >= 0.05 else _("less than a tenth of a second")


def some_of(some: int, every: int) -> str:
    """`4 of 4`."""
    return _("%(some)s of %(all)s", some=some, all=every)
