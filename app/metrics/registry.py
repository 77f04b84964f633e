"""The one list of counts: what every dashboard, report, file and goal reads."""

from __future__ import annotations

from functools import partial

from flask_babel import lazy_gettext as _l

from .definitions import CASE_DIMENSIONS, SERVICE_DIMENSIONS, Measure

M = Measure
S = partial(Measure, dimensions=SERVICE_DIMENSIONS)
ASKED = (*SERVICE_DIMENSIONS, "audience")
MARKS = (*ASKED, "item")
ESCALATED = (*SERVICE_DIMENSIONS, "cause")
CODED = (*SERVICE_DIMENSIONS, "closing_code")
REQUESTS = (
    M("requests", _l("Requests"), _l("Requests for help received in the period."),
      dimensions=(*CASE_DIMENSIONS, "problem")),
    M("accepted", _l("Accepted"), _l("Requests decided in the period and accepted."), source="case_moves"),
    M("rejected", _l("Turned away"), _l("Requests turned away in the period, with other help named."),
      source="case_moves"),
)  # fmt: skip
LISTING = (
    M("listed", _l("Listed"), _l("Cases first listed for volunteers in the period.")),
    M("listed_placed", _l("Placed"), _l("Listed in the period and placed with a volunteer since.")),
    M("listed_not_placed", _l("Not placed"), _l("Listed in the period; the client was told no, with other help.")),
    M("listed_returned", _l("Kept with staff"), _l("Listed in the period and taken back by staff.")),
    M("listed_withdrawn", _l("Withdrawn before"), _l("Listed in the period and withdrawn before a placement.")),
    M("listed_waiting", _l("Still waiting"), _l("Listed in the period and waiting for a volunteer now.")),
    M("listed_dated", _l("Listed with a date"),
      _l("Listed in the period with a critical date on or after the day of listing."), source="critical_dates"),
    M("dated_on_time", _l("Placed on time"),
      _l("Of those listed with a date: placed at least 5 business days before the first one, or half the notice "
         "before it, whichever is less."), source="critical_dates"),
    M("clocks_run", _l("Referral clocks"),
      _l("Listed in the period; has left the list, or the referral clock has run out on it."), source="tasks"),
    M("clocks_met", _l("Referral clocks met"),
      _l("Of those: left the list before the referral clock had run out."), source="tasks"),
)  # fmt: skip
SERVICE = (
    S("placed", _l("First placed"), _l("Cases first placed with a volunteer in the period."), source="case_moves"),
    S("placed_closed", _l("Placed and closed"), _l("First placed in the period and closed since."),
      source="case_moves"),
    S("placed_ended", _l("Placed and ended otherwise"),
      _l("First placed in the period and since withdrawn, closed without a report or kept by staff."),
      source="case_moves"),
    S("placed_working", _l("Placed and still open"), _l("First placed in the period and open now."),
      source="case_moves"),
    S("placed_checked", _l("Conflicts checked before"),
      _l("First placed in the period with a conflict search decided clear before."), source="conflict_searches"),
    S("leads_started", _l("Leads begun"), _l("Volunteers who became lead of a case in the period."),
      source="assignments"),
    S("leads_reached", _l("Client reached in 7 days"),
      _l("Of those: the client was reached within 7 days."), source="assignments"),
    S("letters_due", _l("Engagement letters due"),
      _l("Engagement letters that fell due in the period, up to today; waived ones are left out."),
      source="assignments"),
    S("letters_in_time", _l("Letters signed in time"), _l("Of those: signed by the day they were due."),
      source="assignments"),
    S("transfers_done", _l("Transfers"), _l("Cases handed to another volunteer in the period."), source="transfers"),
    S("transfers_consented", _l("Transfers with consent"), _l("Of those: the client had agreed before."),
      source="transfers"),
)  # fmt: skip
OUTCOMES = (
    M("closed", _l("Closed"), _l("Cases whose closing report was approved in the period."), source="closing_reports",
      dimensions=(*CODED, "problem", "problem_closing", "outcome")),
    M("closed_limited", _l("Closed, limited service"), _l("Closed in the period after advice or limited action."),
      source="closing_reports", dimensions=CODED),
    M("closed_extended", _l("Closed, extended service"), _l("Closed in the period after extended service."),
      source="closing_reports", dimensions=(*CODED, "main_benefit")),
    S("closings", _l("Closings"), _l("Cases first closed in the period."), source="case_moves"),
    S("closings_approved", _l("Closings approved"), _l("Of those: with a closing report that staff approved."),
      source="closing_reports"),
    S("clients_helped", _l("Clients helped"), _l("Different people whose case was closed in the period."), "people",
      source="clients"),
    S("people_helped", _l("People helped"),
      _l("People in the households of the clients whose case was closed in the period: each client’s household once, "
         "at its largest. Broken down, it stands with the case closed last."), "people",
      source="eligibility_decisions"),
    S("children_helped", _l("Children helped"),
      _l("Children in the households of the clients whose case was closed in the period, as told at intake: each "
         "client’s once, at most as many as were told of one case."), "people"),
)  # fmt: skip
MONEY = tuple(
    S(f"money_{kind}", name, words, "money", source="closing_amounts", group="money")
    for kind, name, words in (
        ("lump_sum", _l("Lump sums"), _l("Single payments won for clients, of cases closed in the period.")),
        ("monthly", _l("Each month"), _l("Monthly payments won for clients, for one month, of cases closed in the "
                                         "period.")),
        ("monthly_over", _l("Each month, over the months agreed"),
         _l("The same monthly payments times the months agreed for each.")),
        ("avoided", _l("Avoided"), _l("Payments that clients were spared, of cases closed in the period.")),
        ("awarded", _l("Awarded"), _l("Judgments for clients, collected or not, of cases closed in the period.")),
        ("debt_reduced", _l("Debt reduced"), _l("Debts forgiven or lowered, of cases closed in the period.")),
    )
)  # fmt: skip
HOURS = (
    M("hours", _l("Hours given"),
      _l("Hours that volunteers logged on cases, for days in the period; clinics and advice shifts are not in it."),
      "hours", dimensions=(*SERVICE_DIMENSIONS, "role"), source="time_entries"),
)  # fmt: skip
ENGAGEMENT = (
    M("checkins_sent", _l("Check-ins asked"), _l("Check-ins that left in the period, by mail or phone."), "check-ins",
      dimensions=ASKED, source="checkins"),
    M("checkins_answered", _l("Check-ins answered"),
      _l("Of the check-ins that left in the period: answered by now."), "check-ins", dimensions=ASKED,
      source="checkins"),
    M("checkins_in_time", _l("Check-ins answered in time"),
      _l("Of the check-ins that left in the period: answered before a person had to ask."), "check-ins",
      dimensions=ASKED, source="checkins"),
    S("mismatches", _l("Answers that do not fit"),
      _l("Times in the period that client and volunteer told different things of one case."), "answers",
      source="escalations"),
    M("surveys_asked", _l("Surveys sent"), _l("Surveys sent in the period, by mail or phone."), "answers",
      dimensions=ASKED, source="surveys"),
    M("surveys_answered", _l("Surveys answered"), _l("Of the surveys sent in the period: answered by now."),
      "answers", dimensions=ASKED, source="surveys"),
    M("survey_points", _l("Points given"),
      _l("Points from 1 to 5 given in the surveys sent in the period; what did not apply is left out."), "points",
      dimensions=MARKS, source="surveys"),
    M("survey_marks", _l("Marks given"), _l("Questions answered with points in the surveys sent in the period."),
      "answers", dimensions=MARKS, source="surveys"),
    M("survey_good", _l("Marks of 4 or 5"), _l("Of those: 4 or 5 points."), "answers",
      dimensions=MARKS, source="surveys"),
)  # fmt: skip
PROMISES = (
    M("requests_due", _l("Volunteers’ requests due"),
      _l("Requests of volunteers to take a case whose answer was due in the period, up to today."), "tasks",
      source="tasks"),
    M("requests_in_time", _l("Requests answered in time"), _l("Of those: answered by the time they were due."),
      "tasks", source="tasks"),
    M("escalations_due", _l("Escalations"),
      _l("Escalations opened in the period that somebody took on, or whose first time ran out."), "tasks",
      dimensions=ESCALATED, source="escalations"),
    M("escalations_in_time", _l("Escalations answered in time"), _l("Of those: taken on in the first time."),
      "tasks", dimensions=ESCALATED, source="escalations"),
)  # fmt: skip
STAGES = ("prescreen", "accepted", "available", "placed", "in_service", "closing")
STAGE_NAMES = (
    _l("Asked for help"), _l("Accepted"), _l("On the list"), _l("Placed"), _l("In service"), _l("Closing report"),
)  # fmt: skip
WAITS = tuple(
    M(f"stage_{stage}", name, _l("Times in the period that a case left this stage, with the days it had been in it."),
      source="case_moves", group="stages")
    for stage, name in zip(STAGES, STAGE_NAMES, strict=True)
)  # fmt: skip

COUNTS: tuple[Measure, ...] = (
    *REQUESTS, *LISTING, *SERVICE, *OUTCOMES, *MONEY, *HOURS, *ENGAGEMENT, *PROMISES, *WAITS,
)  # fmt: skip
