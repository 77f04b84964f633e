"""The list of open matters, a claim from it, and the desk's answer, page by page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from app.clients.models import CaseStatus, Party, PartyRole, PriorityLevel
from app.core import clock
from app.core.db import engine, session, transaction
from app.matching import board, operations
from app.matching.barring import Purpose
from app.matching.engine.docket import urgency
from app.matching.models import Referral, ReferralStatus
from app.matching.open_matters import SORTS, Wish, open_matters
from app.matching.policy import against_a_claim
from app.matching.rules import case_rows, judge_rows, listed_openings, one_volunteer
from tests import factories
from tests.matching.desk import MONDAY, Desk, entries, lay, mails

S = ReferralStatus
NAMES = ("Castro", "Maribel", "Cottonwood")


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def more(desk: Desk, count: int, **changes: Any) -> None:
    with transaction():
        for _ in range(count):
            factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff, **changes)


def signed_in(client: FlaskClient, desk: Desk, n: int = 0) -> FlaskClient:
    return factories.sign_in(client, desk.user(n))


def test_the_list_shows_listing_facts_and_never_a_name(app: Flask, client: FlaskClient) -> None:
    desk = lay(language="es")
    page = signed_in(client, desk).get("/opportunities").text
    assert "Eviction hearing" in page
    assert "1 open, 1 fit you" in page
    assert "Why you" in page
    for name in NAMES:
        assert name not in page


def test_best_first_for_the_reader(app: Flask, client: FlaskClient) -> None:
    desk = lay(
        listing_title="A field by its category", volunteer={"areas": {"Housing": "competent", "64": "competent"}}
    )
    more(desk, 1, problem_code="64", listing_title="The very code listed")
    page = signed_in(client, desk).get("/opportunities").text
    assert page.index("The very code listed") < page.index("A field by its category")


def test_few_sharing_a_county_or_language_make_it_coarse(app: Flask, client: FlaskClient) -> None:
    desk = lay(county="55025", language="hmn")
    browser = signed_in(client, desk)
    few = browser.get("/opportunities").text
    assert "Dane County" not in few
    assert "Hmong" not in few
    more(desk, 9, county="55025", language="hmn")
    enough = browser.get("/opportunities").text
    assert "Dane County" in enough
    assert "Hmong" in enough


def test_a_filter_cannot_ask_for_what_is_not_shown(app: Flask, client: FlaskClient) -> None:
    desk = lay(county="55025")
    assert "Eviction hearing" not in signed_in(client, desk).get("/opportunities?county=55025").text


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("area=Housing", 2),
        ("area=Family", 1),
        ("hours=5", 1),
        ("critical=1", 1),
        ("where=in_person", 1),
        ("where=remote", 2),
        ("hours=nonsense&page=99&sort=upside-down", 3),
    ],
)
def test_filters_keep_their_state_in_the_address(app: Flask, client: FlaskClient, query: str, count: int) -> None:
    desk = lay(volunteer={"areas": {"Housing": "competent", "Family": "competent"}})
    more(desk, 1, problem_code="32", hours=400)
    more(desk, 1, priority_level=PriorityLevel.CRITICAL, priority_rank=1, in_person=True)
    page = signed_in(client, desk).get(f"/opportunities?{query}").text
    assert page.count("Look closer") == count


def test_what_does_not_fit_is_only_among_all_and_says_why(app: Flask, client: FlaskClient) -> None:
    desk = lay(problem_code="32")
    browser = signed_in(client, desk)
    assert "Nothing fits you just now" in browser.get("/opportunities").text
    everything = browser.get("/opportunities?show=all").text
    assert "You do not list this field." in everything


def test_nobody_sees_a_matter_of_people_close_to_them(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    with transaction():
        session.add(Party(case=desk.case, role=PartyRole.ADVERSE, name=desk.volunteer().name))
        public_id = desk.opening.public_id
    browser = signed_in(client, desk)
    assert "Eviction hearing" not in browser.get("/opportunities?show=all").text
    assert browser.get(f"/opportunities/{public_id}").status_code == 404


def test_the_order_is_that_of_judging_each_matter_by_itself(app: Flask) -> None:
    desk = lay(volunteers=2, volunteer={"areas": {"Housing": "competent", "64": "expert"}})
    codes, levels = ("63", "64", "32"), tuple(PriorityLevel)
    with transaction():
        for n in range(24):
            level, hours = levels[n % 4], (400, 1000)[n % 2]
            made = factories.case(
                desk.programme, CaseStatus.AVAILABLE, owner=desk.staff, problem_code=codes[n % 3], hours=hours,
                priority_level=level, priority_rank=level.rank, points=n % 5, language=("en", "es")[n // 12],
            )  # fmt: skip
            if n in (2, 9):
                session.add(Party(case=made, role=PartyRole.ADVERSE, name=desk.volunteer().name))
    for helper in (desk.volunteer(0), desk.volunteer(1)):
        rows = case_rows(listed_openings(), Purpose.CLAIM)
        judged = judge_rows(list(rows.values()), one_volunteer(helper, MONDAY.date(), "America/Chicago"), MONDAY.date())
        each = [(judged[row.case_id], row) for row in rows.values() if "barred" not in judged[row.case_id].rules]
        best = sorted(each, key=lambda one: (bool(against_a_claim(one[0].rules)), -one[0].fit, urgency(one[1])))
        found = open_matters(helper)
        assert [(m.public_id, m.pair) for m in found] == [(row.case_id, pair) for pair, row in best]
        assert (len(found), found.for_me) == (len(best), sum(not against_a_claim(pair.rules) for pair, _row in best))
        for sort in SORTS:
            wish = Wish(show="all", sort=sort)
            whole = [m.public_id for m in found.page(wish, 0, 99)]
            assert [m.public_id for at in range(0, 30, 7) for m in found.page(wish, at, 7)] == whole
            assert len(whole) == found.count(wish) == len(best)


def test_the_list_pages(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    more(desk, 20)
    browser = signed_in(client, desk)
    assert browser.get("/opportunities").text.count("Look closer") == 20
    assert browser.get("/opportunities?page=2").text.count("Look closer") == 1


def test_the_number_of_queries_does_not_grow_with_the_list(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    browser = signed_in(client, desk)

    def queries() -> int:
        seen: list[str] = []
        note = lambda conn, cursor, statement, *rest: seen.append(statement)  # noqa: E731
        event.listen(engine(), "before_cursor_execute", note)
        browser.get("/opportunities")
        event.remove(engine(), "before_cursor_execute", note)
        return len(seen)

    queries()
    few = queries()
    more(desk, 15)
    queries()
    assert queries() == few


def test_whoever_is_not_approved_reads_why(app: Flask, client: FlaskClient) -> None:
    desk = lay(volunteer={"status": "paused"})
    browser = signed_in(client, desk)
    assert "Your approval is not in force" in browser.get("/opportunities").text
    assert browser.get(f"/opportunities/{desk.opening.public_id}").status_code == 404


def test_the_public_reads_no_safety_immigration_or_childrens_matter(app: Flask, client: FlaskClient) -> None:
    desk = lay(county="55025")
    for changes in ({"problem_code": "37"}, {"problem_code": "81"}, {"problem_code": "42"}, {"sensitive": True},
                    {"harms": ["safety"]}, {"language": "hmn"}):  # fmt: skip
        more(desk, 1, **{"problem_code": "12", **changes})
    assert board.teaser() == [("WI", "Housing", "5 to 15", 1)]
    page = client.get("/opportunities/open").text
    assert "Housing" in page
    front = client.get("/?lang=es").text
    assert ("<h3>Vivienda</h3>" in front, "<h3>Housing</h3>" in front) == (True, False)
    for word in ("Dane", "Family", "Juvenile", "Individual", "Education", "Eviction", *NAMES):
        assert word not in page


def test_a_claim_from_the_list_to_the_request(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    public_id = desk.opening.public_id
    browser = signed_in(client, desk)
    before = browser.get(f"/opportunities/{public_id}").text
    assert all(name not in before for name in NAMES)
    assert browser.post(f"/opportunities/{public_id}/hold").status_code == 422
    names = browser.post(f"/opportunities/{public_id}/hold", data={"confidential": "y"}, follow_redirects=True)
    assert all(name in names.text for name in NAMES)
    assert [e.actor_id for e in entries("parties.view")] == [desk.user().id]
    held = names.request.path
    assert browser.post(f"{held}/attest", data={"answer": "clear"}).status_code == 422
    clear = {"answer": "clear", "checked": "y", "names_read": names_read(names.text)}
    asked = browser.post(f"{held}/attest", data=clear, follow_redirects=True)
    assert "You asked for this matter" in asked.text
    again = browser.post(f"{held}/attest", data={"answer": "clear", "checked": "y"}, follow_redirects=True)
    assert "You asked for this matter" in again.text
    assert len(entries("referral.request")) == 1


def names_read(page: str) -> str:
    found = re.search(r'name="names_read"[^>]*value="([^"]*)"', page)
    assert found
    return found[1]


def test_an_answer_never_clears_a_name_that_came_after_its_page(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    browser = signed_in(client, desk)
    page = browser.post(
        f"/opportunities/{desk.opening.public_id}/hold", data={"confidential": "y"}, follow_redirects=True
    )
    clear = {"answer": "clear", "checked": "y", "names_read": names_read(page.text)}
    attest = f"{page.request.path}/attest"
    with transaction():
        desk.case.parties_version += 1
    for stale in (clear, {"answer": "clear", "checked": "y"}):
        again = browser.post(attest, data=stale, follow_redirects=True)
        assert "The people in this matter have changed." in again.text
        assert (entries("referral.attest"), entries("referral.request")) == ([], [])
    asked = browser.post(attest, data={**clear, "names_read": names_read(again.text)}, follow_redirects=True)
    assert "You asked for this matter" in asked.text


def test_opening_the_names_twice_writes_two_views_and_changes_nothing(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    with transaction():
        held = operations.hold(desk.opening, actor=desk.user())
        public_id, version = held.public_id, held.version
    browser = signed_in(client, desk)
    for _ in range(2):
        assert browser.get(f"/my/matters/{public_id}").status_code == 200
    session.expire_all()
    assert len(entries("parties.view")) == 2
    assert session.query(Referral).one().version == version


def test_another_volunteers_hold_is_not_found(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    with transaction():
        public_id = operations.hold(desk.opening, actor=desk.user()).public_id
    browser = signed_in(client, desk, 1)
    assert browser.get(f"/my/matters/{public_id}").status_code == 404
    for act in ("attest", "extend", "give-back"):
        posted = browser.post(f"/my/matters/{public_id}/{act}", data={"answer": "declined"})
        assert posted.status_code == 404


def test_after_the_hold_the_names_are_gone(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    with transaction():
        referral = operations.hold(desk.opening, actor=desk.user())
        operations.withdraw_hold(referral, actor=desk.user())
        public_id = referral.public_id
    page = signed_in(client, desk).get(f"/my/matters/{public_id}").text
    assert all(name not in page for name in NAMES)


def test_of_a_sensitive_matter_the_other_side_comes_first(app: Flask, client: FlaskClient) -> None:
    desk = lay(sensitive=True)
    with transaction():
        public_id = operations.hold(desk.opening, actor=desk.user()).public_id
    browser = signed_in(client, desk)
    assert all(name not in browser.get(f"/my/matters/{public_id}").text for name in NAMES)
    staff = factories.sign_in(app.test_client(), desk.staff)
    assert "waits for names" in staff.get("/requests").text
    staff.post(f"/requests/{public_id}/names", data={"which": "adverse"})
    shown = browser.get(f"/my/matters/{public_id}").text
    assert "Cottonwood" in shown
    assert "Castro" not in shown
    staff.post(f"/requests/{public_id}/names", data={"which": "all"})
    assert "Castro" in browser.get(f"/my/matters/{public_id}").text


def test_the_second_to_come_joins_the_line_and_reads_the_place(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    with transaction():
        operations.hold(desk.opening, actor=desk.user(1))
        public_id = desk.opening.public_id
    browser = signed_in(client, desk)
    assert "you would be number 1" in browser.get(f"/opportunities/{public_id}").text
    late = browser.post(f"/opportunities/{public_id}/hold", data={"confidential": "y"})
    assert late.status_code == 409
    waited = browser.post(f"/opportunities/{public_id}/wait", follow_redirects=True).text
    assert "You are number 1 on the waiting list" in waited
    browser.post(f"/opportunities/{public_id}/wait")
    session.expire_all()
    assert [r.status for r in session.query(Referral).order_by(Referral.id)] == [S.HELD, S.WAITLISTED]
    assert "number 1" in browser.get("/my/matters").text


def test_the_desk_confirms_and_declines_requests(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    with transaction():
        referral = operations.hold(desk.opening, actor=desk.user())
        operations.attest(referral, "clear", actor=desk.user())
        public_id = referral.public_id
    staff = factories.sign_in(client, desk.staff)
    assert desk.case.number in staff.get("/requests").text
    assert staff.get(f"/requests/{public_id}").status_code == 200
    assert staff.post(f"/requests/{public_id}/refuse").status_code == 422
    placed = staff.post(f"/requests/{public_id}/confirm")
    assert placed.status_code == 303
    session.expire_all()
    assert desk.case.status == "placed"
    assert "No request waits" in staff.get("/requests").text
    assert staff.post(f"/requests/{public_id}/refuse", data={"reason": "level"}).status_code == 409


def test_another_programmes_desk_finds_no_request(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    with transaction():
        referral = operations.hold(desk.opening, actor=desk.user())
        operations.attest(referral, "clear", actor=desk.user())
        public_id, opening_id = referral.public_id, desk.opening.public_id
        stranger = factories.coordinator(factories.programme())
    browser = factories.sign_in(client, stranger)
    assert "No request waits" in browser.get("/requests").text
    assert browser.get(f"/requests/{public_id}").status_code == 404
    assert browser.post(f"/requests/{public_id}/confirm").status_code == 404
    assert browser.get(f"/openings/{opening_id}/by-hand").status_code == 404


def test_placing_by_hand_from_the_desk(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    path = f"/openings/{desk.opening.public_id}/by-hand"
    staff = factories.sign_in(client, desk.staff)
    assert desk.volunteer().name in staff.get(path).text
    yes = {"volunteer": desk.volunteer().public_id, "reason": "phone_yes"}
    assert staff.post(path, data=yes).status_code == 422
    staff.post(path, data={**yes, "checked": "y"})
    session.expire_all()
    assert desk.case.status == "placed"


def test_a_hold_from_the_page_is_made_longer_and_given_back(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    with transaction():
        referral = operations.hold(desk.opening, actor=desk.user())
        path, ends = f"/my/matters/{referral.public_id}", referral.ends_at
    browser = signed_in(client, desk)
    assert "Two more business days" in browser.get(path).text
    assert browser.post(f"{path}/extend").status_code == 303
    assert browser.post(f"{path}/extend").status_code == 409
    assert browser.post(f"{path}/give-back").status_code == 303
    session.expire_all()
    referral = session.query(Referral).one()
    assert referral.status is S.WITHDRAWN
    assert ends is not None
    assert referral.ends_at is not None
    assert referral.ends_at - ends >= timedelta(days=2)


@pytest.mark.promise(15)
def test_before_the_hold_no_page_and_no_mail_yields_a_name(app: Flask, client: FlaskClient) -> None:
    desk = lay(volunteers=3)
    with transaction():
        canary = Party(case=desk.case, role=PartyRole.ADVERSE, name="Quillfeather Zander", aliases=["Zandy Q"])
        session.add(canary)
        operations.send_offer(desk.opening, desk.volunteer(0), actor=desk.staff)
        operations.hold(desk.opening, actor=desk.user(1))
        operations.join_waiting_list(desk.opening, actor=desk.user(2))
        offered, held, waiting = (r.public_id for r in session.query(Referral).order_by(Referral.id))
        public_id = desk.opening.public_id
    offer_page = next(line for m in mails() for line in m.text.splitlines() if "/offer/" in line).split("/offer/")[1]
    pages = ["/opportunities", "/opportunities?show=all", "/opportunities/open", f"/opportunities/{public_id}",
             "/my/matters", f"/offer/{offer_page}"]  # fmt: skip
    looked = 0
    for n, mine in ((0, offered), (2, waiting)):
        browser = signed_in(app.test_client(), desk, n)
        for path in (*pages, f"/my/matters/{mine}", f"/my/matters/{held}"):
            text = browser.get(path).text
            looked += 1
            assert not any(name in text for name in ("Quillfeather", "Zander", "Zandy", *NAMES)), path
    told = " ".join(f"{mail.subject} {mail.text}" for mail in mails())
    assert not any(name in told for name in ("Quillfeather", "Zander", "Zandy", *NAMES))
    print(f"promise 15: {looked} pages and {len(mails())} mails before the hold, 0 names")  # noqa: T201
    assert "Quillfeather" in signed_in(client, desk, 1).get(f"/my/matters/{held}").text
