"""The intake queue and the screening page, as staff use them in a browser without script."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from app.clients import operations
from app.clients.models import Case, CaseStatus, ConflictSearch, Consent, EligibilityDecision, PartyRole, PriorityLevel
from app.core import clock
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import engine, session
from tests import factories as make

from .screened import LISTING, accepted, attorney, clear, eligible, fund, screened

NOON = datetime(2026, 11, 18, 18, tzinfo=UTC)


@pytest.fixture
def desk(app: Flask, client: FlaskClient):
    with clock.at(NOON):
        of = make.programme(name="Lakeshore Legal Aid")
        staff = make.coordinator(of, name="Inés Calloway")
        grant = fund(of)
        make.sign_in(client, staff)
        yield of, staff, grant


def seen(page: str, part: str) -> str:
    found = re.search(rf'name="{part}seen"[^>]*value="([^"]*)"', page) or re.search(
        rf'value="([^"]*)"[^>]*name="{part}seen"', page
    )
    assert found is not None
    return found[1]


def get(client: FlaskClient, case: Case, rest: str = "") -> str:
    answer = client.get(f"/intake/{case.public_id}{rest}")
    assert answer.status_code == 200, answer.status_code
    return answer.get_data(as_text=True)


def post(client: FlaskClient, case: Case, rest: str, **typed: object):
    return client.post(f"/intake/{case.public_id}{rest}", data={k.replace("__", "-"): v for k, v in typed.items()})


def count_queries(client: FlaskClient, path: str) -> int:
    """How many SELECTs a page takes once everything is warm."""
    assert client.get(path).status_code == 200
    statements: list[str] = []

    def note(*args: object) -> None:
        statements.append(str(args[2]))

    event.listen(engine(), "before_cursor_execute", note)
    try:
        client.get(path)
    finally:
        event.remove(engine(), "before_cursor_execute", note)
    return len([each for each in statements if each.startswith("SELECT")])


def test_the_queue_shows_what_waits_most_urgent_first_with_the_next_step(desk, client: FlaskClient) -> None:
    of, staff, grant = desk
    calm, urgent = make.case(of, owner=staff), make.case(of, owner=staff)
    operations.change_triage(
        urgent, circumstances=[], harms=[], emergencies=["lockout"], other_side_has_lawyer=None, actor=staff
    )
    ready = screened(of, staff, grant)
    make.case(of, CaseStatus.REJECTED)
    session.commit()
    page = client.get("/intake").get_data(as_text=True)
    assert "3 requests wait" in page
    assert page.index(urgent.number) < page.index(calm.number)
    assert "Check the names" in page
    assert f'Accept or reject<span class="vh">: {ready.number}' in page
    assert "Castro" not in page


def test_the_queue_is_filtered_by_step_level_and_county(desk, client: FlaskClient) -> None:
    of, staff, grant = desk
    first, other = make.case(of, owner=staff), make.case(of, owner=staff, county="55079")
    ready = screened(of, staff, grant)
    session.commit()
    assert ready.number not in client.get("/intake?step=conflict").get_data(as_text=True)
    assert first.number not in client.get("/intake?county=55079").get_data(as_text=True)
    assert other.number in client.get("/intake?county=55079").get_data(as_text=True)
    page = client.get("/intake?level=critical").get_data(as_text=True)
    assert "No request matches these filters" in page
    assert first.number not in client.get("/intake?since=2026-12-01").get_data(as_text=True)


def test_an_empty_queue_says_that_it_is_good(desk, client: FlaskClient) -> None:
    assert "Every request has its answer" in client.get("/intake").get_data(as_text=True)


def test_the_queue_asks_a_constant_number_of_queries(desk, client: FlaskClient) -> None:
    of, staff, _grant = desk
    make.case(of, owner=staff)
    session.commit()
    few = count_queries(client, "/intake")
    for _ in range(12):
        make.case(of, owner=staff)
    session.commit()
    assert count_queries(client, "/intake") == few


def test_the_export_has_the_rows_and_no_names(desk, client: FlaskClient) -> None:
    of, staff, _grant = desk
    case = make.case(of, owner=staff)
    session.commit()
    text = client.get("/intake.csv").get_data(as_text=True)
    assert case.number in text
    assert "conflict" in text
    assert "Castro" not in text
    assert "Cottonwood" not in text


def test_a_request_of_the_evening_was_asked_on_that_day(desk, client: FlaskClient) -> None:
    of, staff, _grant = desk
    evening = datetime(2026, 11, 18, 1, 41, tzinfo=UTC)  # the 17th, 7:41 pm in Chicago
    case = make.case(of, owner=staff, received_at=evening)
    session.commit()
    queue = client.get("/intake").get_data(as_text=True)
    assert 'Nov 17, 7:41 pm<br><span class="small dim">yesterday</span>' in queue
    assert f"{case.number},2026-11-17,1," in client.get("/intake.csv").get_data(as_text=True)


def test_another_programmes_request_is_not_there(desk, client: FlaskClient) -> None:
    foreign = make.case(make.programme())
    session.commit()
    assert foreign.number not in client.get("/intake").get_data(as_text=True) or foreign.programme_id == desk[0].id
    paths = ["", "/listing", "/reject", "/priority", f"/parties/{foreign.parties[0].public_id}"]
    assert [client.get(f"/intake/{foreign.public_id}{rest}").status_code for rest in paths] == [404] * 5
    posts = ["/names/search", "/names", "/matter", "/triage", "/eligibility", "/accept", "/missing", "/received",
             "/parties", "/dates", "/priority/end"]  # fmt: skip
    assert {post(client, foreign, rest).status_code for rest in posts} == {404}
    pages = ["off-docket", "keep", "not-placed", "clock", "pause"]
    assert {client.get(f"/cases/{foreign.public_id}/{each}").status_code for each in pages} == {404}
    assert foreign.status is CaseStatus.PRESCREEN


def test_seeing_a_file_is_put_on_record(desk, client: FlaskClient) -> None:
    of, staff, _grant = desk
    case = make.case(of, owner=staff)
    session.commit()
    get(client, case)
    seen_by = session.scalars(select(AuditEntry.actor_id).where(AuditEntry.action == "case.view")).all()
    assert seen_by == [staff.id]


def test_the_story_is_sealed_until_the_names_are_clear(desk, client: FlaskClient) -> None:
    of, staff, _grant = desk
    case = make.case(of, owner=staff)
    session.commit()
    assert "changed the lock" not in get(client, case)
    assert post(client, case, "/names/search").status_code == 303
    search = session.scalars(select(ConflictSearch)).one()
    answer = post(
        client, case, "/names", conflicts__search=search.public_id, conflicts__outcome="clear", conflicts__note="x"
    )
    assert answer.status_code == 303
    assert "changed the lock" in get(client, case)


def test_names_decided_twice_keep_what_was_typed_and_show_no_ids(desk, client: FlaskClient) -> None:
    of, staff, _grant = desk
    case = make.case(of, owner=staff)
    session.commit()
    post(client, case, "/names/search")
    search = session.scalars(select(ConflictSearch)).one()
    for outcome in ("clear", "conflict"):
        answer = post(client, case, "/names", conflicts__search=search.public_id, conflicts__outcome=outcome,
                      conflicts__note="They were neighbours once.")  # fmt: skip
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert '<blockquote class="sheet flat">They were neighbours once.</blockquote>' in page
    assert search.public_id not in page


def test_a_coordinator_sees_merits_but_cannot_judge_or_open_the_story(desk, client: FlaskClient) -> None:
    of, staff, _grant = desk
    case = make.case(of, owner=staff)
    session.commit()
    assert "supervising attorney of the programme judges" in get(client, case)
    assert post(client, case, "/merits", merits__rating="fair").status_code == 403
    assert post(client, case, "/story").status_code == 403
    assert case.narrative_opened_at is None


def test_a_supervising_attorney_opens_the_story_and_it_is_on_record(desk, app: Flask) -> None:
    of, staff, _grant = desk
    case, lawyer = make.case(of, owner=staff), attorney(of)
    session.commit()
    browser = make.sign_in(app.test_client(), lawyer)
    assert post(browser, case, "/story").status_code == 303
    assert "changed the lock" in get(browser, case)
    assert session.scalars(select(AuditEntry.actor_id).where(AuditEntry.action == "case.open_story")).all() == [
        lawyer.id
    ]
    assert post(browser, case, "/merits", merits__rating="fair", merits__note="Repair defence.").status_code == 303
    assert "Repair defence." in get(browser, case)


def test_each_hit_says_why_and_links_to_its_case(desk, client: FlaskClient) -> None:
    of, staff, _grant = desk
    old = make.case(of, CaseStatus.REJECTED)
    operations_party(old, "Jórge  Péña")
    case = make.case(of, owner=staff)
    operations.add_party(case, role=PartyRole.ADVERSE, name="Pena, Jorge", actor=staff)
    operations.search_conflicts(case, actor=staff)
    session.commit()
    page = get(client, case)
    assert "the same names in another order" in page
    assert old.number in page


def operations_party(case: Case, name: str) -> None:
    from app.clients.models import Party

    session.add(Party(case=case, role=PartyRole.ADVERSE, name=name))
    session.flush()


def test_income_must_be_typed_and_zero_is_an_answer(desk, client: FlaskClient) -> None:
    of, staff, grant = desk
    case = make.case(of, owner=staff)
    session.commit()
    typed = {"eligibility__grant": str(grant.id), "eligibility__household_size": "2", "eligibility__assets": "0",
             "eligibility__left_out_reason": "", "eligibility__exception": ""}  # fmt: skip
    answer = post(client, case, "/eligibility", **typed)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "If there is none, write 0." in page
    assert page.count("<title>Error:") == 1
    assert 'name="eligibility-household_size" required type="number" value="2"' in page
    answer = post(client, case, "/eligibility", **typed, eligibility__gross_income="0")
    assert answer.status_code == 303
    made = session.scalars(select(EligibilityDecision)).one()
    assert (made.gross_income, made.percent, made.eligible) == (0, 0, True)
    assert "0.0 % of the guideline" in get(client, case)


def test_a_decision_made_in_another_window_is_shown_before_it_is_replaced(desk, client: FlaskClient) -> None:
    of, staff, grant = desk
    case = make.case(of, owner=staff)
    session.commit()
    typed = {"eligibility__grant": str(grant.id), "eligibility__household_size": "2", "eligibility__assets": "0",
             "eligibility__left_out_reason": "", "eligibility__exception": "",
             "eligibility__seen": seen(get(client, case), "eligibility-")}  # fmt: skip
    for _click in range(2):
        assert post(client, case, "/eligibility", **typed, eligibility__gross_income="9,000").status_code == 303
    assert session.scalars(select(EligibilityDecision)).one().gross_income == 900_000
    answer = post(client, case, "/eligibility", **typed, eligibility__gross_income="90,000")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert all(words in page for words in ("$9,000", "$90,000", 'value="90,000"'))
    typed["eligibility__seen"] = seen(page, "eligibility-")
    assert post(client, case, "/eligibility", **typed, eligibility__gross_income="90,000").status_code == 303


def test_a_judgement_of_the_merits_is_not_replaced_unseen(desk, app: Flask) -> None:
    of, staff, _grant = desk
    case, lawyer = make.case(of, owner=staff), attorney(of)
    session.commit()
    browser = make.sign_in(app.test_client(), lawyer)
    opened = seen(get(browser, case), "merits-")
    operations.judge_merits(case, "weak", "No defence left.", actor=lawyer)
    session.commit()
    answer = post(browser, case, "/merits", merits__rating="fair", merits__note="Repairs.", merits__seen=opened)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert all(words in page for words in ("No defence left.", "Repairs."))


def test_an_exception_without_facts_keeps_what_was_typed(desk, client: FlaskClient) -> None:
    of, staff, grant = desk
    case = make.case(of, owner=staff)
    session.commit()
    typed = {"eligibility__grant": str(grant.id), "eligibility__household_size": "1", "eligibility__assets": "0",
             "eligibility__gross_income": "31,000", "eligibility__exception": "fixed_debts",
             "eligibility__left_out_reason": ""}  # fmt: skip
    answer = post(client, case, "/eligibility", **typed)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "Write the facts that the exception rests on." in page
    assert 'value="31,000"' in page


def test_the_forum_sets_licence_and_credentials(desk, client: FlaskClient) -> None:
    of, staff, _grant = desk
    case = make.case(of, owner=staff)
    session.commit()
    digest = seen(get(client, case), "matter-")
    typed = {"matter__seen": digest, "matter__problem_code": "81", "matter__forum": "immigration_court",
             "matter__forum_state": "wi", "matter__county": "55079", "matter__licence": ""}  # fmt: skip
    assert post(client, case, "/matter", **typed).status_code == 303
    session.expire_all()
    assert (case.problem_code, case.licence, case.credentials, case.county) == ("81", "any", ["eoir"], "55079")


def test_a_stale_edit_shows_both_texts_and_loses_nothing(desk, client: FlaskClient) -> None:
    of, staff, _grant = desk
    case = make.case(of, owner=staff)
    session.commit()
    digest = seen(get(client, case), "matter-")
    operations.change_matter(
        case, problem_code="64", forum="state_court", forum_state="WI", county="55025", actor=staff
    )
    session.commit()
    typed = {"matter__seen": digest, "matter__problem_code": "61", "matter__forum": "state_court",
             "matter__forum_state": "WI", "matter__county": "55025", "matter__licence": "WI"}  # fmt: skip
    answer = post(client, case, "/matter", **typed)
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "Inés Calloway changed this" in page
    assert "61 Federally Subsidized Housing" in page
    assert "64 Public Housing" in page
    session.expire_all()
    assert case.problem_code == "64"
    again = post(client, case, "/matter", **{**typed, "matter__seen": seen(page, "matter-")})
    assert again.status_code == 303
    session.expire_all()
    assert case.problem_code == "61"


def test_an_unknown_date_is_a_question_until_it_is_answered(desk, client: FlaskClient) -> None:
    of, staff, _grant = desk
    case = make.case(of, owner=staff)
    session.commit()
    assert post(client, case, "/dates", date__kind="hearing", **{"date-on_day-month": ""}).status_code == 303
    page = get(client, case)
    assert "open question" in page
    row = case.critical_dates[0]
    typed = {"kind": "hearing", "on_day-month": "11", "on_day-day": "20", "on_day-year": "2026"}
    answer = client.post(f"/intake/{case.public_id}/dates/{row.public_id}", data=typed)
    assert answer.status_code == 303
    session.expire_all()
    assert (row.standing, case.next_critical_on, case.points) == ("confirmed", date(2026, 11, 20), 50)


@pytest.mark.parametrize(
    ("month", "year", "said"), [("13", "2026", "We could not read the date."), ("1", "1900", "Check the year")]
)
def test_a_bad_day_is_said_above_its_field(desk, client: FlaskClient, month: str, year: str, said: str) -> None:
    of, staff, _grant = desk
    case = make.case(of, owner=staff)
    session.commit()
    typed = {"date-kind": "hearing", "date-on_day-month": month, "date-on_day-day": "1", "date-on_day-year": year}
    answer = client.post(f"/intake/{case.public_id}/dates", data=typed)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)


@pytest.mark.parametrize(("time", "status"), [("25:99", 422), ("13:00 pm", 422), ("9:30 am", 303), ("14:00", 303)])
def test_a_time_is_a_moment_of_a_day(desk, client: FlaskClient, time: str, status: int) -> None:
    of, staff, _grant = desk
    case = make.case(of, owner=staff)
    session.commit()
    typed = {"date-kind": "hearing", "date-at_time": time}
    assert client.post(f"/intake/{case.public_id}/dates", data=typed).status_code == status


def test_a_suggested_date_is_labelled_and_can_be_confirmed(desk, client: FlaskClient) -> None:
    of, staff, _grant = desk
    case = make.case(of, owner=staff)
    session.commit()
    typed = {"suggest-rule": "ssa_recon", "suggest-kind": "appeal_due", "suggest-event_on-month": "11",
             "suggest-event_on-day": "2", "suggest-event_on-year": "2026"}  # fmt: skip
    assert client.post(f"/intake/{case.public_id}/dates/suggest", data=typed).status_code == 303
    row = case.critical_dates[0]
    assert (row.standing, row.on_day) == ("suggested", date(2027, 1, 1))
    assert "The date on the paper wins." in get(client, case)
    assert post(client, case, f"/dates/{row.public_id}/confirm").status_code == 303
    session.expire_all()
    assert row.standing == "confirmed"


def test_accepting_names_what_is_open_and_then_works(desk, client: FlaskClient) -> None:
    of, staff, grant = desk
    case = make.case(of, owner=staff)
    session.commit()
    page = get(client, case)
    assert "The conflict search was not run." in page
    assert "A supervising attorney has not judged the merits." in page
    assert post(client, case, "/accept").status_code == 409
    clear(case, staff)
    eligible(case, grant, staff)
    operations.judge_merits(case, "strong", "Clear.", actor=attorney(of))
    session.commit()
    assert post(client, case, "/accept", accept__grants=str(grant.id)).status_code == 303
    session.expire_all()
    assert case.status is CaseStatus.ACCEPTED
    assert post(client, case, "/accept", accept__grants=str(grant.id)).status_code in (303, 422)
    assert len(case.grants) == 1


def test_rejecting_needs_other_help_and_keeps_what_was_typed(desk, client: FlaskClient) -> None:
    of, staff, _grant = desk
    case = make.case(of, owner=staff)
    session.commit()
    answer = post(client, case, "/reject", reason="out_of_area")
    assert answer.status_code == 422
    assert "Name other help the client can turn to." in answer.get_data(as_text=True)
    assert post(client, case, "/reject", reason="out_of_area", other_help="County bar, 608-555-0143").status_code == 303
    session.expire_all()
    assert case.status is CaseStatus.REJECTED


def test_asking_for_missing_things_shows_them_in_the_queue(desk, client: FlaskClient) -> None:
    of, staff, _grant = desk
    case = make.case(of, owner=staff)
    session.commit()
    assert post(client, case, "/missing").status_code == 422
    assert post(client, case, "/missing", missing__items="court_papers").status_code == 303
    page = client.get("/intake?step=missing").get_data(as_text=True)
    assert "the court papers" in page
    assert post(client, case, "/received", received__items="court_papers").status_code == 303
    session.expire_all()
    assert case.missing_items == []


def test_listing_is_refused_where_it_names_a_party_and_keeps_the_text(desk, client: FlaskClient) -> None:
    of, staff, grant = desk
    case = accepted(of, staff, grant)
    session.commit()
    typed = {"title": "Tenant facing removal", "text": "Maribel faces removal.", "level": "competent", "hours": "12.5",
             "role": "attorney", "service_level": "full", "representation": "volunteer_only",
             "costs_paid_by": "programme", "do": "list"}  # fmt: skip
    answer = post(client, case, "/listing", **typed)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "The listing names somebody in the matter." in page
    assert "Maribel faces removal." in page
    assert post(client, case, "/listing", **{**typed, "text": "A tenant faces removal."}).status_code == 303
    session.expire_all()
    assert (case.status, case.hours, case.licence) == (CaseStatus.AVAILABLE, 1250, "WI")


def test_the_listing_form_is_never_filled_in_from_the_story(desk, client: FlaskClient) -> None:
    of, staff, grant = desk
    case = accepted(of, staff, grant, listing_title=None, listing_text=None)
    session.commit()
    assert "changed the lock" not in get(client, case, "/listing")


def test_priority_is_shown_in_words_and_overridden_for_a_time(desk, client: FlaskClient) -> None:
    of, staff, _grant = desk
    case = make.case(of, owner=staff)
    operations.add_critical_date(case, kind="hearing", on_day=date(2026, 11, 23), actor=staff)
    session.commit()
    assert "Next critical date in 3 to 7 days" in get(client, case, "/priority")
    typed = {"level": "critical", "reason": "Ill child", "lapses_on-month": "11", "lapses_on-day": "25"}
    assert post(client, case, "/priority", **typed).status_code == 422
    assert post(client, case, "/priority", **typed, **{"lapses_on-year": "2026"}).status_code == 303
    session.expire_all()
    assert case.priority_level is PriorityLevel.CRITICAL
    assert "Ill child" in get(client, case, "/priority")
    assert post(client, case, "/priority/end").status_code == 303
    session.expire_all()
    assert case.priority_level is PriorityLevel.NORMAL


def test_rules_are_read_by_staff_and_changed_with_a_reason(desk, client: FlaskClient, app: Flask) -> None:
    of, _staff, _grant = desk
    session.commit()
    path = f"/priority-rules/{of.slug}"
    assert client.get("/priority-rules").status_code == 302
    page = client.get(path).get_data(as_text=True)
    assert "Debt at stake" in page
    inputs = dict(re.findall(r'name="([\w-]+)" value="(\d+)"', page)) | {"seen": "1"}
    answer = client.post(path, data={**inputs, "debt-points": "9"})
    assert answer.status_code == 422
    assert 'name="debt-points" value="9"' in answer.get_data(as_text=True)
    assert client.post(path, data={**inputs, "debt-points": "x", "reason": "Debts"}).status_code == 422
    assert client.post(path, data={**inputs, "debt-points": "9", "reason": "Debts"}).status_code == 303
    assert "Version 2" in client.get(path).get_data(as_text=True)
    assert client.post(path, data={**inputs, "debt-points": "7", "reason": "Late"}).status_code == 409
    lawyer = make.sign_in(app.test_client(), attorney(of))
    assert "Make a new version" not in lawyer.get(path).get_data(as_text=True)
    assert lawyer.post(path, data={**inputs, "seen": "2", "reason": "No"}).status_code == 403
    other = make.sign_in(app.test_client(), make.coordinator(make.programme()))
    assert other.get(path).status_code == 404
    admin = make.sign_in(app.test_client(), make.user(Role.ADMIN))
    assert admin.get(path).status_code == 200


def test_a_listed_case_is_paused_extended_kept_or_told_no(desk, client: FlaskClient) -> None:
    of, staff, grant = desk
    case = accepted(of, staff, grant)
    operations.list_case(case, actor=staff, **LISTING)
    session.commit()
    url = f"/cases/{case.public_id}"
    day = {"until-month": "12", "until-day": "1", "until-year": "2026"}
    assert client.get(f"{url}/clock").status_code == 200
    assert client.post(f"{url}/clock", data={"reason": "offer_out", **day, "until-year": "2025"}).status_code == 422
    assert client.post(f"{url}/clock", data={"reason": "offer_out", **day}).status_code == 303
    assert client.post(f"{url}/pause", data={"reason": "court_stayed", **day}).status_code == 303
    session.expire_all()
    assert case.paused_at is not None
    assert client.post(f"{url}/resume").status_code == 303
    assert client.post(f"{url}/off-docket", data={"reason": "mistake"}).status_code == 303
    session.expire_all()
    assert case.status is CaseStatus.ACCEPTED
    assert client.post(f"{url}/not-placed", data={"other_help": "Bar"}).status_code == 409
    assert client.post(f"{url}/keep", data={"reason": "urgent"}).status_code == 303
    session.expire_all()
    assert case.status is CaseStatus.RETURNED_TO_STAFF


def test_a_party_is_changed_or_taken_out_by_its_page(desk, client: FlaskClient) -> None:
    of, staff, _grant = desk
    case = make.case(of, owner=staff)
    session.commit()
    assert post(client, case, "/parties", party__name="", party__role="adverse").status_code == 422
    typed = {"party__name": "Ruth Amsel", "party__role": "opposing_counsel", "party__aliases": "R. Amsel\n"}
    assert post(client, case, "/parties", **typed).status_code == 303
    session.expire_all()
    party = case.parties[-1]
    assert (party.name, party.aliases, case.parties_version) == ("Ruth Amsel", ["R. Amsel"], 2)
    path = f"/parties/{party.public_id}"
    digest = seen(get(client, case, path), "")
    changed = {"seen": digest, "name": "Ruth Amsel-Roy", "role": "opposing_counsel", "aliases": "R. Amsel"}
    assert post(client, case, path, **changed).status_code == 303
    stale = post(client, case, path, **{**changed, "name": "Ruth Roy"})
    assert stale.status_code == 409
    assert "Ruth Amsel-Roy" in stale.get_data(as_text=True)
    assert "Ruth Roy" in stale.get_data(as_text=True)
    assert post(client, case, f"{path}/remove").status_code == 303
    assert client.get(f"/intake/{case.public_id}{path}").status_code == 404


def test_a_yes_by_phone_is_recorded_on_the_page(desk, client: FlaskClient) -> None:
    of, staff, _grant = desk
    case = make.case(of, owner=staff)
    consent = session.scalars(select(Consent).where(Consent.case_id == case.id)).one()
    consent.withdrawn_at = NOON
    session.commit()
    assert "Record the yes" in get(client, case)
    assert post(client, case, "/consent", consent__how="carrier pigeon").status_code == 422
    assert post(client, case, "/consent", consent__how="phone").status_code == 303
    assert "Record the yes" not in get(client, case)


def test_the_screening_page_asks_a_constant_number_of_queries(desk, client: FlaskClient) -> None:
    of, staff, _grant = desk
    case = make.case(of, owner=staff)
    session.commit()
    few = count_queries(client, f"/intake/{case.public_id}")
    for n in range(6):
        make.case(of, owner=staff)
        operations.add_party(case, role=PartyRole.OTHER, name=f"Person{n} Elsewhere{n}", actor=staff)
        operations.add_critical_date(case, kind="other", on_day=date(2026, 12, 1 + n), actor=staff)
    session.commit()
    assert count_queries(client, f"/intake/{case.public_id}") <= few + 3  # cases like this one, once


def test_what_was_typed_at_intake_is_filled_in_and_then_what_was_judged(desk, client: FlaskClient) -> None:
    of, staff, grant = desk
    case = make.case(of, owner=staff, at_intake={"household_size": 4, "gross_income": 2_150_050, "assets": 0})
    session.commit()
    page = get(client, case)
    for name, typed in (("household_size", "4"), ("gross_income", "21500.50"), ("assets", "0")):
        field = re.search(rf'<input[^>]*name="eligibility-{name}"[^>]*>', page)
        assert field is not None
        assert f'value="{typed}"' in field[0]
    assert "It is filled in below" in page
    typed = {"grant": str(grant.id), "household_size": "3", "assets": "100", "gross_income": "18000"}
    post(client, case, "/eligibility", **{f"eligibility__{name}": value for name, value in typed.items()},
         eligibility__left_out_reason="", eligibility__exception="")  # fmt: skip
    page = get(client, case)
    assert re.search(r'name="eligibility-gross_income"[^>]*value="18000"', page)
    assert case.at_intake["gross_income"] == 2_150_050
