"""Several like things done at once: every one by itself, with a line that says what became of it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clients.models import Case, CaseStatus
from app.core import clock
from app.core.db import session, transaction
from app.engagement.models import Answer, Audience, Checkin
from app.engagement.operations import answer
from app.engagement.operations_own import AnsweredBefore, AsksMore, answer_on_track
from app.matching import operations
from app.matching.models import Referral, ReferralStatus, ReferralWay
from app.volunteers.models import Volunteer
from tests import factories as make

S = ReferralStatus


@pytest.fixture
def sam(app: Flask, client: FlaskClient) -> Volunteer:
    with transaction():
        found = make.volunteer(capacity=9)
    make.sign_in(client, found.user)
    return found


def me(sam: Volunteer) -> Volunteer:
    return session.get_one(Volunteer, sam.id)


def check_in(case: Case, questions: str = "volunteer_regular", days: int = 1) -> Checkin:
    """A check-in that was sent some days ago."""
    lead, sent = case.assignments[0], clock.now() - timedelta(days=days)
    return make.add(Checkin(
        case_id=case.id, assignment_id=lead.id, audience=Audience.VOLUNTEER, series_key=questions,
        questions=questions, due_on=sent.date(), due_at=sent, sent_at=sent,
    ))  # type: ignore[no-any-return]  # fmt: skip


def checkins(sam: Volunteer, *questions: str) -> list[str]:
    with transaction():
        programme = make.programme()
        cases = [make.case(programme, CaseStatus.IN_SERVICE, lead=me(sam), listing_title=f"Matter {n}")
                 for n in range(len(questions))]  # fmt: skip
        session.flush()
        return [
            check_in(case, asks, 9 - n).public_id for n, (case, asks) in enumerate(zip(cases, questions, strict=True))
        ]


def offers(sam: Volunteer, count: int, status: ReferralStatus = S.OFFERED) -> list[str]:
    with transaction():
        programme, now, made = make.programme(), clock.now(), []
        staff = make.coordinator(programme)
        for n in range(count):
            case = make.case(programme, CaseStatus.AVAILABLE, owner=staff, listing_title=f"Offered {n}")
            made.append(make.add(Referral(
                opening=case.lead_opening, volunteer=me(sam), way=ReferralWay.OFFER, status=status, offered_at=now,
                held_at=now, ends_at=now + timedelta(days=2 + n), against_rules=[],
            )).public_id)  # fmt: skip
    return made


def lines(page: str) -> list[str]:
    """What the result page says, item by item."""
    items = re.findall(r"<li>(.*?)</li>", page.split('<ul class="queue">')[1], re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", item).split()) for item in items]


def test_check_ins_are_on_the_start_page_and_answered_together(sam: Volunteer, client: FlaskClient) -> None:
    ids = checkins(sam, "volunteer_regular", "volunteer_start", "volunteer_contact")
    home = client.get("/my").text
    assert home.index("Matter 0") < home.index("Matter 1") < home.index("Matter 2")
    assert "Answer 3 check-ins together" in home
    page = client.get("/my/several/check-ins").text
    assert page.count('type="checkbox"') == 2  # the third asks more than whether it is on track
    assert f"/my/checkins/{ids[2]}" in page
    done = client.post("/my/several/check-ins", data={"id": ids})
    assert "2 of 3 done" in done.text
    assert [line.split()[0] for line in lines(done.text)] == ["done", "done", "not"]
    assert "asks whether you have reached your client" in lines(done.text)[2]
    standing = session.scalars(select(Answer.standing)).all()
    assert standing == ["on_track", "on_track"]
    again = lines(client.post("/my/several/check-ins", data={"id": ids[:1]}).text)
    assert again == ["not done One of those you chose You answered this one before. Open it if you want to change "
                     "your answer. Look at it : One of those you chose"]  # fmt: skip


def test_one_check_in_is_answered_signed_in_and_only_by_whom_it_asks(sam: Volunteer, client: FlaskClient) -> None:
    (mine,) = checkins(sam, "volunteer_contact")
    with transaction():
        other = make.case(make.programme(), CaseStatus.IN_SERVICE, lead=make.volunteer())
        session.flush()
        theirs = check_in(other).public_id
    assert client.get(f"/my/checkins/{theirs}").status_code == 404
    assert "It is no longer among yours" in client.post("/my/several/check-ins", data={"id": theirs}).text
    assert client.post(f"/my/checkins/{mine}", data={}).status_code == 422
    said = client.post(f"/my/checkins/{mine}", data={"contact": "yes", "standing": "needs_help"})
    assert said.headers["Location"] == "/my"
    (kept,) = session.scalars(select(Answer)).all()
    assert (kept.how, kept.standing, kept.recorded_by_id) == ("signed_in", "needs_help", me(sam).user_id)


def test_on_track_is_no_answer_to_what_was_answered_or_asks_more(sam: Volunteer) -> None:
    first, second = checkins(sam, "volunteer_regular", "volunteer_contact")
    with transaction():
        asked = session.scalars(select(Checkin).where(Checkin.public_id == first)).one()
        answer(asked, {"standing": "cannot_go_on"})
    for public_id, no in ((first, AnsweredBefore), (second, AsksMore)):
        with pytest.raises(no), transaction():
            asked = session.scalars(select(Checkin).where(Checkin.public_id == public_id)).one()
            answer_on_track(asked, actor=me(sam).user)  # type: ignore[arg-type]
    assert session.scalars(select(Answer.standing)).all() == ["cannot_go_on"]


def test_offers_are_declined_with_one_reason_and_one_that_is_over_says_so(sam: Volunteer, client: FlaskClient) -> None:
    ids = offers(sam, 3)
    assert "Say no to several of 3 offers" in client.get("/my").text
    with transaction():
        late = session.scalars(select(Referral).where(Referral.public_id == ids[2])).one()
        late.ends_at = clock.now() - timedelta(hours=1)
    done = client.post("/my/several/offers", data={"id": ids, "reason": "no_time"}).text
    assert "2 of 3 done" in done
    assert "This offer is no longer open" in lines(done)[2]
    found = session.execute(select(Referral.status, Referral.reason).order_by(Referral.id)).all()
    assert [tuple(row) for row in found] == [(S.DECLINED, "no_time"), (S.DECLINED, "no_time"), (S.OFFERED, None)]


def test_a_conflict_is_never_said_of_several(sam: Volunteer, client: FlaskClient) -> None:
    ids = offers(sam, 2)
    assert 'value="conflict"' not in client.get("/my/several/offers").text
    client.post("/my/several/offers", data={"id": ids, "reason": "conflict"})
    assert set(session.execute(select(Referral.status, Referral.reason)).all()) == {(S.DECLINED, None)}


def test_holds_are_given_back_and_no_offer_or_stranger_with_them(sam: Volunteer, client: FlaskClient) -> None:
    held, (offered,) = offers(sam, 2, S.HELD), offers(sam, 1)
    with transaction():
        stranger = make.volunteer()
        other = make.case(make.programme(), CaseStatus.AVAILABLE)
    with transaction():
        theirs = operations.hold(session.get_one(Case, other.id).lead_opening, actor=stranger.user).public_id
    assert "Give back several of 2 holds" in client.get("/my").text
    done = lines(client.post("/my/several/holds", data={"id": [*held, offered, theirs]}).text)
    assert [line.startswith("done") for line in done] == [True, True, False, False]
    by_id = dict(session.execute(select(Referral.public_id, Referral.status)).all())
    assert [by_id[each] for each in (*held, offered, theirs)] == [S.WITHDRAWN, S.WITHDRAWN, S.OFFERED, S.HELD]


def test_nothing_chosen_nothing_waiting_and_nothing_of_that_name(sam: Volunteer, client: FlaskClient) -> None:
    nothing = client.get("/my/several/offers").text
    assert ("No offer waits for an answer" in nothing, nothing.count("<h1")) == (True, 1)
    offers(sam, 2)
    empty = client.post("/my/several/offers", data={})
    assert (empty.status_code, "Choose one at least" in empty.text) == (422, True)
    assert client.get("/my/several/cases").status_code == 404


def test_the_mailed_page_names_the_matter_by_its_number_alone(sam: Volunteer, client: FlaskClient) -> None:
    from app.core import links

    (mine,) = checkins(sam, "volunteer_regular")
    with transaction():
        asked = session.scalars(select(Checkin).where(Checkin.public_id == mine)).one()
        token = links.make("checkin", asked, expires_at=clock.now() + timedelta(days=9))
        number = asked.case.number
    page = client.get(f"/checkin/{token}").text
    assert f"Matter {number}" in page
    assert "Matter 0" not in page.replace(f"Matter {number}", "")
