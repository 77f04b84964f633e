"""Measures worked out from counts, from people in the records, or from how things stand now."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from .definitions import CASE_DIMENSIONS, MATTER_DIMENSIONS, Measure

M = Measure
LEFT_THE_LIST = ("listed_placed", "listed_not_placed", "listed_returned", "listed_withdrawn")
NOT_PLACED_YET = (*LEFT_THE_LIST[1:], "listed_waiting")
PLACEMENT = _l("Days from listing to placement in the programme’s time zone; half were placed within this many. "
               "Waiting cases count with the days they have waited (Kaplan–Meier).")  # fmt: skip

SHARES = (
    M("placement_rate", _l("Placement rate"),
      _l("Placed, divided by placed, not placed, kept with staff and withdrawn before, of the cases listed in the "
         "period; cases still waiting are shown apart."), "share", CASE_DIMENSIONS, "share", "cases", "requests",
      ("listed_placed",), LEFT_THE_LIST, higher_is_better=True),
    M("on_time_placement", _l("Placed on time, share"),
      _l("Placed at least 5 business days, or half the notice, before the first critical date, divided by all "
         "listed with one."), "share", MATTER_DIMENSIONS, "share", "critical_dates", "requests",
      ("dated_on_time",), ("listed_dated",), higher_is_better=True),
    M("clocks_met_rate", _l("Referral clocks met, share"),
      _l("Left the list before the referral clock had run out, divided by all that left or ran out."), "share",
      MATTER_DIMENSIONS, "share", "tasks", "promises", ("clocks_met",), ("clocks_run",), higher_is_better=True),
    M("requests_in_time_rate", _l("Volunteers’ requests answered in time, share"),
      _l("Requests of volunteers answered by the time they were due, divided by all due."), "share", ("all",),
      "share", "tasks", "promises", ("requests_in_time",), ("requests_due",), higher_is_better=True),
    M("escalations_in_time_rate", _l("Escalations answered in time, share"),
      _l("Escalations taken on in the first time, divided by all taken on or run out."), "share", ("all", "cause"),
      "share", "escalations", "promises", ("escalations_in_time",), ("escalations_due",), higher_is_better=True),
    M("answer_rate", _l("Share of check-ins answered"), _l("Check-ins answered, divided by those asked."), "share",
      ("all", "audience"), "share", "checkins", "engagement", ("checkins_answered",), ("checkins_sent",),
      higher_is_better=True),
    M("answered_in_time_rate", _l("Share of check-ins answered in time"),
      _l("Check-ins answered before a person had to ask, divided by those asked."), "share", ("all", "audience"),
      "share", "checkins", "engagement", ("checkins_in_time",), ("checkins_sent",), higher_is_better=True),
    M("reached_rate", _l("Clients reached in 7 days, share"),
      _l("Leads who reached the client within 7 days, divided by all who became lead in the period."), "share",
      ("all", "category", "firm"), "share", "assignments", "engagement", ("leads_reached",), ("leads_started",),
      higher_is_better=True),
    M("response_rate", _l("Surveys answered, share"), _l("Surveys answered, divided by those sent in the period."),
      "share", ("all", "audience"), "share", "surveys", "engagement", ("surveys_answered",), ("surveys_asked",),
      higher_is_better=True),
    M("satisfied_rate", _l("Satisfaction, 4 or 5 of 5"), _l("Marks of 4 or 5, divided by all marks given."), "share",
      ("all", "audience", "item"), "share", "surveys", "engagement", ("survey_good",), ("survey_marks",),
      higher_is_better=True),
    M("checked_rate", _l("Conflicts checked before placement, share"),
      _l("First placed with a conflict search decided clear before, divided by all first placed."), "share",
      MATTER_DIMENSIONS, "share", "conflict_searches", "compliance", ("placed_checked",), ("placed",),
      higher_is_better=True),
    M("consent_rate", _l("Consent before transfer, share"), _l("Transfers the client had agreed to, divided by all."),
      "share", ("all",), "share", "transfers", "compliance", ("transfers_consented",), ("transfers_done",),
      higher_is_better=True),
    M("letters_rate", _l("Engagement letters in time, share"),
      _l("Letters signed by the day they were due (10 business days), divided by all that fell due."), "share",
      ("all",), "share", "assignments", "compliance", ("letters_in_time",), ("letters_due",), higher_is_better=True),
    M("approved_rate", _l("Closings approved, share"),
      _l("Closings with a report that staff approved, divided by all cases first closed."), "share", ("all",),
      "share", "closing_reports", "compliance", ("closings_approved",), ("closings",), higher_is_better=True),
)  # fmt: skip
MEANS = (
    M("satisfaction", _l("Satisfaction, mean"), _l("Points given, divided by the questions answered; 5 is best."),
      "points", ("all", "audience", "item"), "mean", "surveys", "engagement", ("survey_points",), ("survey_marks",),
      higher_is_better=True),
)  # fmt: skip
DAYS = (
    M("days_to_placement", _l("Days to placement"), PLACEMENT, "days", CASE_DIMENSIONS, "days", "cases", "requests",
      ("listed_placed",), NOT_PLACED_YET, higher_is_better=False),
    M("days_to_placement_90", _l("Days to placement, 90th of 100"),
      _l("Days within which 90 of 100 listed cases were placed, reckoned the same way."), "days", CASE_DIMENSIONS,
      "days", "cases", "requests", ("listed_placed",), NOT_PLACED_YET, 0.9, higher_is_better=False),
    M("days_to_resolution", _l("Days to resolution"),
      _l("Days from the first placement to closing; half were closed within this many. Open cases count with the "
         "days so far."), "days", MATTER_DIMENSIONS, "days", "case_moves", "requests", ("placed_closed",),
      ("placed_ended", "placed_working"), higher_is_better=False),
    M("days_to_resolution_90", _l("Days to resolution, 90th of 100"),
      _l("Days within which 90 of 100 placed cases were closed, reckoned the same way."), "days", MATTER_DIMENSIONS,
      "days", "case_moves", "requests", ("placed_closed",), ("placed_ended", "placed_working"), 0.9,
      higher_is_better=False),
)  # fmt: skip
PEOPLE = (
    M("volunteers_active", _l("Active volunteers"),
      _l("Different volunteers who took a part on a case in the 12 months up to the last day."), "people", ("all",),
      "people", "assignments", "volunteers", higher_is_better=True),
    M("volunteers_new", _l("New volunteers"), _l("Volunteers welcome here who were approved in the period."),
      "people", ("all",), "people", "volunteers", "volunteers", higher_is_better=True),
    M("volunteers_returning", _l("Returning volunteers"),
      _l("Different volunteers who took a part on a case in the period and had taken one before it."), "people",
      ("all",), "people", "assignments", "volunteers", higher_is_better=True),
    M("volunteers_lapsing", _l("Lapsing volunteers"),
      _l("Different volunteers who took a part 12 to 24 months before the last day, and none since."), "people",
      ("all",), "people", "assignments", "volunteers", higher_is_better=False),
)  # fmt: skip
NOW = (
    M("volunteers_approved", _l("Approved volunteers"), _l("Volunteers welcome here who are approved now."),
      "people", ("all",), "now", "volunteers", "volunteers", higher_is_better=True),
    M("capacity_offered", _l("Capacity offered"), _l("Cases that those volunteers would take at one time, now."),
      "places", ("all",), "now", "volunteers", "volunteers", higher_is_better=True),
    M("capacity_used", _l("Capacity used"), _l("Cases of this programme that use one of their places now."),
      "places", ("all",), "now", "assignments", "volunteers"),
    M("waiting_now", _l("Waiting now"), _l("Cases on the list now that wait for a volunteer."), "cases",
      ("all", "category", "county", "language"), "now", "cases", "requests", higher_is_better=False),
)  # fmt: skip

DERIVED: tuple[Measure, ...] = (*SHARES, *MEANS, *DAYS, *PEOPLE, *NOW)
