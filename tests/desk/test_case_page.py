"""The case page shows the whole file to staff of its programme, and who looked is written down first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.casework.models import Note, Visibility
from app.clients.models import Case, CaseStatus, Channel, ChannelKind, CriticalDate
from app.core import clock
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import session
from app.engagement.models import Answer, Audience, Checkin
from app.tasks.operations import open_task
from tests import factories as make

from .conftest import Desk

S = CaseStatus


@pytest.mark.parametrize("status", list(S))
def test_a_case_in_every_status_has_a_page(desk: Desk, status: S) -> None:
    lead = make.volunteer() if status in (S.PLACED, S.IN_SERVICE, S.CLOSING) else None
    case = make.case(desk.programme, status, owner=desk.inés, lead=lead)
    session.commit()
    answer = desk.browser.get(f"/cases/{case.public_id}")
    assert answer.status_code == 200
    assert case.number in answer.text
    assert "Maribel Castro" in answer.text


def test_looking_is_written_before_the_page_and_shown_on_it(desk: Desk) -> None:
    case = make.case(desk.programme, S.AVAILABLE)
    session.commit()
    page = desk.browser.get(f"/cases/{case.public_id}?k=view").text
    assert "asked today" in page or "asked 1 day ago" in page
    seen = session.query(AuditEntry).filter_by(action="case.view", case_id=case.id).one()
    assert seen.actor_id == desk.inés.id
    assert "looked into the file" in page


def test_a_volunteer_and_a_stranger_do_not_reach_the_staff_page(desk: Desk) -> None:
    case = make.case(desk.programme, S.PLACED, lead=(lead := make.volunteer()))
    session.commit()
    browser = make.sign_in(desk.browser.application.test_client(), lead.user)
    assert browser.get(f"/cases/{case.public_id}").status_code == 403
    assert desk.browser.application.test_client().get(f"/cases/{case.public_id}").status_code == 302


def test_the_oldest_promise_is_the_next_step(desk: Desk) -> None:
    case = make.case(desk.programme, S.AVAILABLE, owner=desk.inés)
    for title, days in (("Later duty", 3), ("First duty", 1), ("Decide clock", 2), ("Clock over", 2)):
        open_task(
            title.lower().replace(" ", "_"), case, programme=desk.programme, case=case, title=title, actor=None,
            due_at=clock.now() + timedelta(days=days), owner=desk.inés,
        )  # fmt: skip
    session.commit()
    page = desk.browser.get(f"/cases/{case.public_id}").text
    assert '<h2 class="h3" id="next">First duty</h2>' in page
    assert "Also to do" in page
    assert ("Decide clock," in page, "Clock over," in page) == (True, False)


def test_both_sides_stand_on_one_spine_and_a_mismatch_is_bridged(desk: Desk) -> None:
    case = make.case(desk.programme, S.IN_SERVICE, lead=make.volunteer(), owner=desk.inés)
    day = clock.now().date()
    for audience, standing, values in (
        (Audience.VOLUNTEER, "on_track", {"standing": "on_track"}),
        (Audience.CLIENT, "no_contact", {"contact": "no"}),
    ):
        checkin = make.add(Checkin(
            case=case, assignment=case.assignments[0], audience=audience, series_key="d7", questions="client_contact",
            due_on=day, due_at=clock.now(), sent_at=clock.now(), answered_at=clock.now(),
        ))  # fmt: skip
        make.add(Answer(checkin=checkin, answered_at=clock.now(), standing=standing, values=values))
    session.commit()
    page = desk.browser.get(f"/cases/{case.public_id}").text
    assert 'class="clash"' in page
    assert page.index("On track") < page.index("Nobody has been in touch")


def test_only_safe_channels_show_what_to_call(desk: Desk) -> None:
    case = make.case(desk.programme, S.AVAILABLE)
    make.add(Channel(client=case.client, kind=ChannelKind.CALL, value="608-555-0143", value_hash="x", safe=False))
    session.commit()
    page = desk.browser.get(f"/cases/{case.public_id}").text
    assert "608-555-0143" not in page
    assert "not safe, do not use" in page


def test_the_story_is_sealed_until_the_search_is_clear(desk: Desk) -> None:
    sealed = make.case(desk.programme, S.PRESCREEN)
    opened = make.case(desk.programme, S.AVAILABLE)
    session.commit()
    assert "changed the lock" not in desk.browser.get(f"/cases/{sealed.public_id}").text
    assert "changed the lock" in desk.browser.get(f"/cases/{opened.public_id}").text


def test_a_privileged_note_is_not_shown_to_a_coordinator(desk: Desk) -> None:
    case = make.case(desk.programme, S.IN_SERVICE, lead=make.volunteer())
    make.add(
        Note(
            case=case,
            author_id=case.assignments[0].volunteer.user_id,
            visibility=Visibility.LAWYER_AND_CLIENT,
            text="Between lawyer and client",
        )
    )
    session.commit()
    assert "Between lawyer and client" not in desk.browser.get(f"/cases/{case.public_id}").text
    attorney = make.user(Role.SUPERVISING_ATTORNEY, programme=desk.programme)
    browser = make.sign_in(desk.browser.application.test_client(), attorney)
    assert "Between lawyer and client" in browser.get(f"/cases/{case.public_id}").text


def test_an_unknown_date_is_an_open_question(desk: Desk) -> None:
    case = make.case(desk.programme, S.AVAILABLE)
    make.add(CriticalDate(case=case, kind="answer_due", on_day=None, standing="open_question"))
    session.commit()
    page = desk.browser.get(f"/cases/{case.public_id}").text
    assert "open question" in page


def test_the_page_asks_the_same_number_of_things_however_long_the_history(desk: Desk, asked: object) -> None:
    case = make.case(desk.programme, S.IN_SERVICE, lead=make.volunteer(), owner=desk.inés)
    make.add(Note(case=case, author_id=make.coordinator(desk.programme).id, text="One note"))
    session.commit()
    url = f"/cases/{case.public_id}"
    desk.browser.get(url)
    with asked() as short:  # type: ignore[operator]
        desk.browser.get(url)
    for n in range(30):
        make.add(Note(case=case, author_id=make.coordinator(desk.programme).id, text=f"Note {n}"))
    session.commit()
    with asked() as long:  # type: ignore[operator]
        desk.browser.get(url)
    assert len(long) == len(short), [s for s in long if s not in short]


def test_custody_goes_to_a_colleague_with_the_tasks_of_the_case(desk: Desk) -> None:
    colleague = make.coordinator(desk.programme, name="Ruben Amadi")
    case = make.case(desk.programme, S.AVAILABLE, owner=desk.inés)
    task = open_task("decide", case, programme=desk.programme, case=case, title="Decide", actor=None,
                     due_at=clock.now(), owner=desk.inés)  # fmt: skip
    session.commit()
    answer = desk.browser.post(
        f"/cases/{case.public_id}/custody", data={"to": colleague.public_id, "reason": "absence"}
    )
    assert answer.status_code == 303
    session.expire_all()
    assert session.get_one(Case, case.id).custody.user_id == colleague.id  # type: ignore[union-attr]
    assert session.get_one(type(task), task.id).owner_id == colleague.id  # type: ignore[union-attr]


def test_custody_never_leaves_the_programme(desk: Desk) -> None:
    stranger = make.coordinator(make.programme())
    case = make.case(desk.programme, S.AVAILABLE, owner=desk.inés)
    session.commit()
    answer = desk.browser.post(f"/cases/{case.public_id}/custody", data={"to": stranger.public_id, "reason": "absence"})
    assert answer.status_code == 422
    session.expire_all()
    assert session.get_one(Case, case.id).custody.user_id == desk.inés.id  # type: ignore[union-attr]


def test_the_end_of_a_leads_part_goes_by_the_ways_out(desk: Desk) -> None:
    case = make.case(desk.programme, S.PLACED, lead=make.volunteer(), owner=desk.inés)
    assignment = case.assignments[0].public_id
    session.commit()
    url = f"/cases/{case.public_id}/assignments/{assignment}/end"
    assert desk.browser.get(url).headers["Location"] == f"/cases/{case.public_id}/ways-out"
    page = desk.browser.get(f"/cases/{case.public_id}/ways-out").text
    assert "Back to us" in page
    assert "At once" in page
    assert desk.browser.post(url, data={"reason": "volunteer_asked"}).status_code == 303
    session.expire_all()
    assert session.get_one(Case, case.id).assignments[0].ended_at is None


def test_the_part_of_a_mentor_ends_with_a_question(desk: Desk) -> None:
    case = make.case(desk.programme, S.PLACED, lead=make.volunteer(), owner=desk.inés)
    mentor = make.assignment(case, make.volunteer(), role="mentor", opening=None).public_id
    session.commit()
    url = f"/cases/{case.public_id}/assignments/{mentor}/end"
    assert "access to the file ends at once" in desk.browser.get(url).text
    assert desk.browser.post(url, data={"reason": "volunteer_asked"}).status_code == 303
    assert desk.browser.post(url, data={"reason": "volunteer_asked"}).status_code == 404
