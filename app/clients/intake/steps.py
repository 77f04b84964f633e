"""The questions of a request for help in their order, and the shape of the answers.

The answers of a draft are one sealed dictionary, `{step: {field: value}}`; a step is there once its page
was saved. Values are text, whole numbers (cents for money, with what was typed beside them), lists of
codes, true or false, and days as `2026-11-24`:

    names          given_name, family_name, other_names (a line each), born_on
    other_side     other_kind (person, organisation, unknown, none), other_name, other_aliases, other_more,
                   other_lawyer (yes, no, unsure)
    place          county (`fips:programme`), address
    reach          phone, email, trusted_name, trusted_phone, no_way
    safe           call_safe, call_hours, call_say, text_safe, voicemail_safe, voicemail_say, email_safe,
                   post_safe, trusted_safe, trusted_say (safe: yes, no, unsure; say: neutral, open)
    language       spoken, interpreter (yes, no; not needed of whoever speaks English)
    household      adults, children
    income         income, income_typed, income_period
    assets         assets, assets_typed
    circumstances  circumstances
    problem        problem (a key of `choices.PROBLEMS`)
    story          story
    urgent         emergencies, harms
    dates          has_dates (yes, no, unsure), date1_kind, date1_on, date1_unknown, … date3_unknown
    access         access, access_note
    consent        share_names (yes, no)

    stopped        pin (the digits shown after “save and stop”)

After sending, the answers are gone from the draft: what stays is `{"sent": {number, pin}}`, until it is forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l

Answers = Mapping[str, Mapping[str, Any]]

DATES = ("date1", "date2", "date3")
SAFE_FOR = {
    "call_safe": "phone", "call_hours": "phone", "call_say": "phone", "text_safe": "phone", "voicemail_safe": "phone",
    "voicemail_say": "phone", "email_safe": "email", "post_safe": "address", "trusted_safe": "trusted_phone",
    "trusted_say": "trusted_phone",
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One page of the request."""

    name: str
    title: Any
    needed: tuple[str, ...] = ()


STEPS = (
    Step("names", _l("Your name"), ("given_name", "family_name")),
    Step("other_side", _l("The other side"), ("other_kind",)),
    Step("place", _l("Where it is"), ("county",)),
    Step("reach", _l("How to reach you")),
    Step("safe", _l("What is safe")),
    Step("language", _l("Language"), ("spoken",)),
    Step("household", _l("Your household"), ("adults", "children")),
    Step("income", _l("Money that comes in"), ("income", "income_period")),
    Step("assets", _l("Savings"), ("assets",)),
    Step("circumstances", _l("About you")),
    Step("problem", _l("What it is about"), ("problem",)),
    Step("story", _l("What happened")),
    Step("urgent", _l("What cannot wait")),
    Step("dates", _l("Dates"), ("has_dates",)),
    Step("access", _l("What you need")),
    Step("consent", _l("Sharing names"), ("share_names",)),
)
NAMES = tuple(step.name for step in STEPS)


def step_named(name: str) -> Step | None:
    """The step of a page."""
    return next((step for step in STEPS if step.name == name), None)


def is_answered(step: Step, answers: Answers) -> bool:
    """Was the page saved with all that is needed?"""
    values = answers.get(step.name)
    needed = [*step.needed, *_needed_besides(step, answers)]
    return values is not None and all(values.get(field) not in (None, "") for field in needed)


def _needed_besides(step: Step, answers: Answers) -> list[str]:
    """What is needed because of what was answered: safety for each way, an interpreter's word but for English."""
    if step.name == "safe":
        return _safety_needed(answers)
    speaks_english = answers.get("language", {}).get("spoken") == "en"
    return ["interpreter"] if step.name == "language" and not speaks_english else []


def _safety_needed(answers: Answers) -> list[str]:
    given = ways(answers)
    return [field for field, way in SAFE_FOR.items() if field.endswith("_safe") and given[way]]


def without_stale_safety(before: Answers, after: Answers) -> dict[str, Any]:
    """The answers after a change: what was said about a number or address does not hold for a new one."""
    old, new = ways(before), ways(after)
    safe = {name: value for name, value in after.get("safe", {}).items() if old[SAFE_FOR[name]] == new[SAFE_FOR[name]]}
    return {**after, **({"safe": safe} if "safe" in before and before.get("safe") == after.get("safe") else {})}


def unanswered(answers: Answers) -> list[Step]:
    """What must still be answered before the request can be sent, in order."""
    return [step for step in STEPS if applies(step.name, answers) and not is_answered(step, answers)]


def applies(name: str, answers: Answers) -> bool:
    """Is this page asked of this person? What is safe is asked only where there is a way to reach them."""
    return name != "safe" or any(ways(answers).values())


def ways(answers: Answers) -> dict[str, str]:
    """The ways given to reach the person, empty where not given."""
    reach, place = answers.get("reach", {}), answers.get("place", {})
    given = {name: reach.get(name) or "" for name in ("phone", "email", "trusted_phone")}
    return {**given, "address": place.get("address") or ""}


def step_after(name: str, answers: Answers) -> str | None:
    """The next page that is asked, or None after the last."""
    later = NAMES[NAMES.index(name) + 1 :]
    return next((each for each in later if applies(each, answers)), None)


def step_before(name: str, answers: Answers) -> str | None:
    """The page before, or None before the first."""
    earlier = NAMES[: NAMES.index(name)]
    return next((each for each in reversed(earlier) if applies(each, answers)), None)


def packed(data: Mapping[str, Any], typed: Mapping[str, str]) -> dict[str, Any]:
    """A form's values as they are kept: days as text, texts trimmed, amounts with what was typed."""
    kept = {name: _packed(value) for name, value in data.items() if name != "csrf_token"}
    return {**kept, **{f"{name}_typed": text for name, text in typed.items()}}


def _packed(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return value.strip() if isinstance(value, str) else value


def unpacked(values: Mapping[str, Any], days: tuple[str, ...]) -> dict[str, Any]:
    """Kept values as a form takes them."""
    return {name: date.fromisoformat(value) if name in days and value else value for name, value in values.items()}


def lines(text: str | None) -> list[str]:
    """The names in a text, one for each line."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]
