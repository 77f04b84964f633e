"""Measures worked out from counts, from people in the records, or from how things stand now."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from .definitions import CASE_DIMENSIONS, DIMENSIONS, Measure
from .registry import COUNTS

M = Measure
Keys = tuple[str, ...]
LEFT_THE_LIST = ("listed_placed", "listed_not_placed", "listed_returned", "listed_withdrawn")
NOT_PLACED_YET = (*LEFT_THE_LIST[1:], "listed_waiting")
PLACEMENT = _l("Days from listing to placement in the programme’s time zone; half were placed within this many. "
               "Waiting cases count with the days they have waited (Kaplan–Meier).")  # fmt: skip

COUNTED_BY = {count.key: count.dimensions for count in COUNTS}


def _together(*keys: str) -> tuple[str, ...]:
    """The dimensions by which all of some counts are known."""
    return tuple(d for d in DIMENSIONS if all(d in COUNTED_BY[key] for key in keys))


def _share(key: str, name: Any, words: Any, source: str, group: str, part: Keys, whole: Keys) -> Measure:
    return M(key, name, words, "share", _together(*part, *whole), "share", source, group, part, whole,
             higher_is_better=True)  # fmt: skip


def _days(key: str, name: Any, words: Any, source: str, part: Keys, whole: Keys, quantile: float = 0.5) -> Measure:
    return M(key, name, words, "days", _together(*part, *whole), "days", source, "requests", part, whole, quantile,
             higher_is_better=False)  # fmt: skip


SHARES = (
    _share("placement_rate", _l("Placement rate"),
      _l("Placed, divided by placed, not placed, kept with staff and withdrawn before, of the cases listed in the "
         "period; cases still waiting are shown apart."), "cases", "requests", ("listed_placed",), LEFT_THE_LIST),
    _share("on_time_placement", _l("Placed on time, share"),
      _l("Placed at least 5 business days, or half the notice, before the first critical date, divided by all "
         "listed with one."), "critical_dates", "requests", ("dated_on_time",), ("listed_dated",)),
    _share("clocks_met_rate", _l("Referral clocks met, share"),
      _l("Left the list before the referral clock had run out, divided by all that left or ran out."), "tasks",
      "promises", ("clocks_met",), ("clocks_run",)),
    _share("requests_in_time_rate", _l("Volunteers’ requests answered in time, share"),
      _l("Requests of volunteers answered by the time they were due, divided by all due."), "tasks", "promises",
      ("requests_in_time",), ("requests_due",)),
    _share("escalations_in_time_rate", _l("Escalations answered in time, share"),
      _l("Escalations taken on in the first time, divided by all taken on or run out."), "escalations", "promises",
      ("escalations_in_time",), ("escalations_due",)),
    _share("answer_rate", _l("Share of check-ins answered"), _l("Check-ins answered, divided by those asked."),
      "checkins", "engagement", ("checkins_answered",), ("checkins_sent",)),
    _share("answered_in_time_rate", _l("Share of check-ins answered in time"),
      _l("Check-ins answered before a person had to ask, divided by those asked."), "checkins", "engagement",
      ("checkins_in_time",), ("checkins_sent",)),
    _share("reached_rate", _l("Clients reached in 7 days, share"),
      _l("Leads who reached the client within 7 days, divided by all who became lead in the period."), "assignments",
      "engagement", ("leads_reached",), ("leads_started",)),
    _share("response_rate", _l("Surveys answered, share"),
      _l("Surveys answered, divided by those sent in the period."), "surveys", "engagement", ("surveys_answered",),
      ("surveys_asked",)),
    _share("satisfied_rate", _l("Satisfaction, 4 or 5 of 5"), _l("Marks of 4 or 5, divided by all marks given."),
      "surveys", "engagement", ("survey_good",), ("survey_marks",)),
    _share("checked_rate", _l("Conflicts checked before placement, share"),
      _l("First placed with a conflict search decided clear before, divided by all first placed."),
      "conflict_searches", "compliance", ("placed_checked",), ("placed",)),
    _share("consent_rate", _l("Consent before transfer, share"),
      _l("Transfers the client had agreed to, divided by all."), "transfers", "compliance", ("transfers_consented",),
      ("transfers_done",)),
    _share("letters_rate", _l("Engagement letters in time, share"),
      _l("Letters signed by the day they were due (10 business days), divided by all that fell due."), "assignments",
      "compliance", ("letters_in_time",), ("letters_due",)),
    _share("approved_rate", _l("Closings approved, share"),
      _l("Closings with a report that staff approved, divided by all cases first closed."), "closing_reports",
      "compliance", ("closings_approved",), ("closings",)),
)  # fmt: skip
MEANS = (
    M("satisfaction", _l("Satisfaction, mean"), _l("Points given, divided by the questions answered; 5 is best."),
      "points", _together("survey_points", "survey_marks"), "mean", "surveys", "engagement", ("survey_points",),
      ("survey_marks",), higher_is_better=True),
)  # fmt: skip
DAYS = (
    _days("days_to_placement", _l("Days to placement"), PLACEMENT, "cases", ("listed_placed",), NOT_PLACED_YET),
    _days("days_to_placement_90", _l("Days to placement, 90th of 100"),
      _l("Days within which 90 of 100 listed cases were placed, reckoned the same way."), "cases", ("listed_placed",),
      NOT_PLACED_YET, 0.9),
    _days("days_to_resolution", _l("Days to resolution"),
      _l("Days from the first placement to closing; half were closed within this many. Open cases count with the "
         "days so far."), "case_moves", ("placed_closed",), ("placed_ended", "placed_working")),
    _days("days_to_resolution_90", _l("Days to resolution, 90th of 100"),
      _l("Days within which 90 of 100 placed cases were closed, reckoned the same way."), "case_moves",
      ("placed_closed",), ("placed_ended", "placed_working"), 0.9),
)  # fmt: skip
BY_FIRM = ("all", "firm")
PEOPLE = (
    M("volunteers_active", _l("Active volunteers"),
      _l("Different volunteers who took a part on a case, or a clinic or advice shift, in the 12 months up to the last "
         "day."), "people", BY_FIRM, "people", "assignments", "volunteers", higher_is_better=True),
    M("volunteers_new", _l("New volunteers"), _l("Volunteers welcome here who were approved in the period."),
      "people", BY_FIRM, "people", "volunteers", "volunteers", higher_is_better=True),
    M("volunteers_returning", _l("Returning volunteers"),
      _l("Different volunteers who took a part on a case, or a clinic or advice shift, in the period and had taken one "
         "before it."), "people", BY_FIRM, "people", "assignments", "volunteers", higher_is_better=True),
    M("volunteers_lapsing", _l("Lapsing volunteers"),
      _l("Different volunteers who took a part on a case, or a clinic or advice shift, 12 to 24 months before the last "
         "day, and none since."), "people", BY_FIRM, "people", "assignments", "volunteers", higher_is_better=False),
    M("shifts", _l("Clinics and advice shifts"),
      _l("Days on which a volunteer staffed a clinic or an advice shift of the programme, each volunteer’s counted."),
      "shifts", BY_FIRM, "people", "shifts", "volunteers", higher_is_better=True),
    M("shift_hours", _l("Hours at clinics and on advice shifts"),
      _l("Hours of those shifts. They belong to no case, so they stand apart from the hours given on cases."), "hours",
      BY_FIRM, "people", "shifts", "volunteers", higher_is_better=True),
)  # fmt: skip
NOW = (
    M("volunteers_approved", _l("Approved volunteers"), _l("Volunteers welcome here who are approved now."),
      "people", BY_FIRM, "now", "volunteers", "volunteers", higher_is_better=True),
    M("capacity_offered", _l("Capacity offered"), _l("Cases that those volunteers would take at one time, now."),
      "places", BY_FIRM, "now", "volunteers", "volunteers", higher_is_better=True),
    M("capacity_used", _l("Capacity used"), _l("Cases of this programme that use one of their places now."),
      "places", BY_FIRM, "now", "assignments", "volunteers"),
    M("waiting_now", _l("Waiting now"), _l("Cases on the list now that wait for a volunteer."), "cases",
      CASE_DIMENSIONS, "now", "cases", "requests", higher_is_better=False),
)  # fmt: skip

DERIVED: tuple[Measure, ...] = (*SHARES, *MEANS, *DAYS, *PEOPLE, *NOW)
