"""Today shows what waits for whoever looks, the oldest promise first, and each row leads where it is done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import update

from app.accounts.models import RoleGrant
from app.clients.models import Case, CaseStatus, CriticalDate, PriorityLevel
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.desk.causes import WAYS
from app.desk.today_rows import AT_FIRST
from app.tasks.models import Task
from app.tasks.operations import open_task
from tests import factories as make

from .conftest import Desk


def duty(desk: Desk, title: str, hours: float, cause: str = "review_pause", **more: Any) -> Task:
    """A task about a case of its own."""
    case = make.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.inés)
    due = clock.now() + timedelta(hours=hours)
    made = open_task(cause, case, programme=desk.programme, case=case, title=title, due_at=due, actor=None, **more)
    assert made is not None
    session.commit()
    return made


def test_the_oldest_broken_promise_is_on_the_pad(desk: Desk) -> None:
    duty(desk, "Look at the paused case", 30)
    duty(desk, "Answer what is long due", -50)
    duty(desk, "Answer what is just due", -2)
    page = desk.browser.get("/today").text
    assert "3 decisions wait. 2 promises are late." in page
    assert '<h2 class="h3" id="first">Answer what is long due</h2>' in page
    assert "2 days late" in page
    assert page.index("Also late") < page.index("Answer what is just due") < page.index("Look at the paused case")


def test_of_promises_due_together_the_hearing_that_comes_first_is_first(desk: Desk) -> None:
    for title, days, level in (
        ("Call about the bill", None, PriorityLevel.NORMAL),
        ("Call about the wages", None, PriorityLevel.HIGH),
        ("Call about the appeal", 13, PriorityLevel.CRITICAL),
        ("Call about the eviction", 1, PriorityLevel.NORMAL),
    ):
        case = session.get_one(make.Case, duty(desk, title, 30).case_id)
        case.priority_level, case.priority_rank = level, level.rank
        case.next_critical_on = clock.now().date() + timedelta(days=days) if days else None
    session.execute(update(Task).values(due_at=clock.now() + timedelta(hours=30)))
    session.commit()
    page = desk.browser.get("/today").text
    found = [page.index(f">Call about the {what}<") for what in ("eviction", "appeal", "wages", "bill")]
    assert found == sorted(found)


def test_nothing_to_do_says_that_this_is_good(desk: Desk) -> None:
    page = desk.browser.get("/today").text
    assert "Nothing waits for you." in page
    assert "Every promise is kept." in page


def about(case: Case, cause: str, title: str, hours: float, record: tuple[str, int], **more: Any) -> Task:
    """One more thing to do about a case, and about one of its records."""
    of = {"programme_id": case.programme_id, "case_id": case.id, "record_kind": record[0], "record_id": record[1]}
    due = clock.now() + timedelta(hours=hours)
    made = make.add(Task(cause=cause, title=title, due_at=due, **of, **{"owner_role": Role.COORDINATOR, **more}))
    session.commit()
    return made


def rows(page: str) -> list[str]:
    """The rows of the queue, and the pad before them."""
    queue = page.split('<section class="pad stack gap2"')[1]
    return [part.split("</section>")[0] for part in queue.split('<li><span class="small')]


def test_what_is_to_be_done_about_one_case_is_one_row_that_says_each_thing_once(desk: Desk) -> None:
    """A case in five rows: its date twice, its referral clock three times, and a call of its own."""
    session.add(RoleGrant(user=desk.inés, role=Role.SUPERVISING_ATTORNEY, programme_id=desk.programme.id))
    duty(desk, "Look at another case", -30)
    case = session.get_one(Case, duty(desk, "Decide: the clock has ended", 20, cause="decide_clock").case_id)
    case.next_critical_on = (clock.now() + timedelta(days=2)).date()
    date = make.add(CriticalDate(case=case, kind="hearing", on_day=case.next_critical_on))
    attorneys = {"owner_role": Role.SUPERVISING_ATTORNEY}
    about(case, "clock_over", "The clock ran out", 19, ("escalations", 7))
    about(case, "clock_over_near_date", "The clock ran out", 18, ("escalations", 7), **attorneys)
    watch = about(case, "watch_date", "See that the date is kept", -3, ("critical_dates", date.id))
    told = about(case, "watch_date_attorney", "Nobody said it is kept", -2, ("critical_dates", date.id), **attorneys)
    about(case, "call_client", "Call the client", 25, ("clients", 1))
    duty(desk, "Look at a third case", 30)
    page = desk.browser.get("/today").text
    assert "3 decisions wait. 2 promises are late." in page
    assert '<span class="n">3<' in page
    _other, this, _third = rows(page)
    assert this.index("See that the date is kept") < this.index("Decide: the clock")
    assert this.index("3 hours late") < this.index("Decide: the clock") < this.index("Call the client")
    assert "The clock ran out" not in page
    assert "Nobody said" not in page
    assert "Next date" not in this
    assert "The case has no lawyer yet." in this
    assert "The case has no lawyer yet." in desk.browser.get(f"/cases/{case.public_id}").text
    assert (this.count("Take it"), this.count("Done…")) == (3, 1), "the clock leaves by its decision"
    assert f'href="/cases/{case.public_id}#placing"' in this
    case.status = CaseStatus.PLACED
    session.commit()
    assert "no lawyer" not in desk.browser.get("/today").text
    desk.browser.post(f"/tasks/{watch.public_id}/finish", data={"outcome": "done"})
    session.expire_all()
    assert session.get_one(Task, told.id).outcome == "done"  # whoever is asked twice answers once
    page = desk.browser.get("/today").text
    assert "Decide: the clock has ended</a></h3>" in rows(page)[1]
    assert "Next date" in rows(page)[1]


def test_what_an_attorney_is_to_do_is_the_coordinators_only_where_there_is_none(desk: Desk) -> None:
    case = session.get_one(Case, duty(desk, "Look at the paused case", 1).case_id)
    attorneys = {"owner_role": Role.SUPERVISING_ATTORNEY}
    about(case, "clock_over_near_date", "For the attorneys", 1, ("escalations", 7), **attorneys)
    theirs = about(case, "clock_over", "For a deputy", 1, ("escalations", 8), owner_id=desk.inés.id, **attorneys)
    assert "For a deputy" in desk.browser.get("/today").text
    session.delete(theirs)
    session.commit()
    assert "For the attorneys" in desk.browser.get("/today").text
    attorney = make.user(Role.SUPERVISING_ATTORNEY, programme=desk.programme)
    session.commit()
    assert "For the attorneys" not in desk.browser.get("/today").text
    their_page = make.sign_in(desk.browser.application.test_client(), attorney).get("/today").text
    assert "For the attorneys" in their_page
    assert "Look at the paused case" not in their_page


def test_what_need_not_be_done_today_is_folded_where_the_page_grows_long(desk: Desk) -> None:
    duty(desk, "Later", 24 * 5)
    assert "<details" not in desk.browser.get("/today").text.split("<h1>")[1].split("<aside")[0]
    for n in range(AT_FIRST + 2):
        duty(desk, f"Late {n}", -n - 1, cause=f"cause_{n}")
    page = desk.browser.get("/today").text.split("<h1>")[1].split("<aside")[0]
    assert page.count("<details") == 2
    assert page.index("Show the other one") < page.index("Late 0<") < page.index("<h2>Later")
    assert page.index("Late 1<") < page.index("Show the other one")


def test_tasks_of_other_roles_people_and_programmes_are_not_mine(desk: Desk) -> None:
    make.user(Role.SUPERVISING_ATTORNEY, programme=desk.programme)
    duty(desk, "For the attorneys", 1, owner_role=Role.SUPERVISING_ATTORNEY)
    other = make.programme()
    case = make.case(other, CaseStatus.AVAILABLE)
    open_task("review_pause", case, programme=other, case=case, title="Elsewhere", due_at=clock.now(), actor=None)
    session.commit()
    page = desk.browser.get("/today").text
    assert "For the attorneys" not in page
    assert "Elsewhere" not in page


def test_a_task_is_finished_with_how_it_ended(desk: Desk) -> None:
    task = duty(desk, "Look at the paused case", 1)
    url = f"/tasks/{task.public_id}/finish"
    assert desk.browser.post(url, data={}).status_code == 422
    assert desk.browser.post(url, data={"outcome": "not_needed"}).status_code == 303
    session.expire_all()
    done = session.get_one(Task, task.id)
    assert (done.outcome, done.done_by_id) == ("not_needed", desk.inés.id)
    assert desk.browser.get(url).status_code == 404


def test_a_decision_leaves_the_list_by_being_made_and_not_by_a_word(desk: Desk) -> None:
    task = duty(desk, "Say whether to look on", 1)
    case = session.get_one(Case, task.case_id)
    clock_over = about(case, "decide_clock", "Look on, or take it off the docket", 2, ("cases", case.id))
    url = f"/tasks/{clock_over.public_id}/finish"
    for page in (desk.browser.get("/today").text, desk.browser.get(f"/cases/{case.public_id}").text):
        assert "Look on, or take it off the docket" in page
        assert url not in page
    answer = desk.browser.post(url, data={"outcome": "done"})
    assert (answer.status_code, "once it is decided on its own page" in answer.text) == (409, True)
    session.expire_all()
    assert session.get_one(Task, clock_over.id).done_at is None


def test_a_task_is_taken_over_once(desk: Desk) -> None:
    task = duty(desk, "Look at the paused case", 1)
    assert "Take it" in desk.browser.get("/today").text
    for _ in range(2):
        assert desk.browser.post(f"/tasks/{task.public_id}/take").status_code == 303
    session.expire_all()
    assert session.get_one(Task, task.id).owner_id == desk.inés.id
    assert "Take it" not in desk.browser.get("/today").text


def test_what_a_colleague_has_in_hand_says_with_whom(desk: Desk) -> None:
    ruben = make.coordinator(desk.programme, name="Ruben Amadi")
    first = duty(desk, "Look at the paused case", 1)
    first.owner_id = ruben.id
    about(session.get_one(Case, first.case_id), "complaint", "Look into a complaint", 2, ("escalations", 1))
    about(
        session.get_one(Case, first.case_id),
        "client_letter",
        "Post a letter",
        3,
        ("client_letters", 1),
        owner_id=desk.inés.id,
    )
    page = desk.browser.get("/today").text
    assert page.count("With Ruben Amadi.") == 1
    assert "Inés Calloway." not in page.split("<h1>")[1]
    theirs = make.sign_in(desk.browser.application.test_client(), ruben).get("/today").text
    assert "With" not in theirs.split("<h1>")[1].split("<aside")[0]
    assert "with Inés Calloway" in theirs


def test_every_cause_leads_to_a_page_that_exists(desk: Desk) -> None:
    later = {"matching.shortlist"}
    known = set(desk.browser.application.view_functions)
    assert {way.endpoint for way in WAYS.values()} - known <= later


def test_a_task_without_a_page_of_its_own_opens_its_case(desk: Desk) -> None:
    task = duty(desk, "Something new", 1, cause="never_heard_of")
    case = session.get_one(make.Case, task.case_id)
    assert f'href="/cases/{case.public_id}"' in desk.browser.get("/today").text


def test_the_page_asks_the_same_few_things_for_one_and_for_twenty_tasks(desk: Desk, asked: Any) -> None:
    duty(desk, "First", 1)
    desk.browser.get("/today")
    with asked() as few:
        desk.browser.get("/today")
    for n in range(20):
        case = session.get_one(Case, duty(desk, f"Duty {n}", n, cause=f"cause_{n}").case_id)
        about(case, "complaint", "Look into a complaint", n, ("escalations", n + 1))
    with asked() as many:
        desk.browser.get("/today")
    assert len(few) == len(many) <= 12


def test_an_administrator_reads_what_stands_still_above_everything_else(app: Flask) -> None:
    with transaction():
        both = make.user(Role.ADMIN, Role.COORDINATOR, programme=make.programme())
        coordinator = make.coordinator(make.programme())
    said = "No scheduler is running"
    browser = make.sign_in(app.test_client(), both)
    assert said in browser.get("/today").text
    assert said in browser.get("/people").text
    assert said not in make.sign_in(app.test_client(), coordinator).get("/today").text
