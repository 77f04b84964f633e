"""Two requests of one person: joined and parted by staff, with nothing lost and nobody else's touched."""

from __future__ import annotations

import random
import threading
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.models import User
from app.clients import conflicts
from app.clients.models import Case, CaseStatus, Client
from app.clients.operations_same_person import SameRequest, join_requests, part_request
from app.clients.queries import other_requests
from app.core import clock
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.errors import NotAllowed, Refusal
from app.tasks.models import Task
from tests import factories as make

from .screened import clear

NOON = datetime(2026, 11, 18, 18, tzinfo=UTC)


@pytest.fixture
def work(app: Flask):
    with clock.at(NOON):
        of = make.programme()
        yield of, make.coordinator(of)


def named(case: Case, given: str, family: str, *others: str) -> Case:
    person = case.client.person
    person.given_name, person.family_name, person.other_names = given, family, list(others) or None
    case.parties[0].name = person.name
    session.flush()
    return case


def known_as_one(case: Case) -> set[str]:
    """The numbers of the person's requests."""
    return {case.number, *(client.case.number for client in other_requests(case.client))}


def test_two_requests_are_one_persons_until_it_is_taken_back(work) -> None:
    of, staff = work
    one, other, third = (named(make.case(of, owner=staff), "Ottoline", "Fairweather") for _ in range(3))
    own = {case.id: case.client.person.id for case in (one, other, third)}
    join_requests(other, one, actor=staff)
    join_requests(one, other, actor=staff)
    assert known_as_one(one) == known_as_one(other) == {one.number, other.number}
    join_requests(third, other, actor=staff)
    assert known_as_one(third) == {one.number, other.number, third.number}
    assert {case.client.identity_id for case in (one, other, third)} == {own[one.id]}
    assert {case.id: case.client.person_id for case in (one, other, third)} == own, "each keeps who asked"
    stranger = make.case(of)
    part_request(stranger, one, actor=staff)
    assert len(known_as_one(one)) == 3, "only what is said of these two is taken back"
    part_request(third, one, actor=staff)
    assert known_as_one(one) == {one.number}
    assert known_as_one(third) == {other.number, third.number}
    part_request(third, other, actor=staff)
    part_request(third, other, actor=staff)
    assert all(case.client.identity_id == own[case.id] for case in (one, other, third))
    acts = session.execute(select(AuditEntry.action, AuditEntry.case_id).order_by(AuditEntry.id)).all()
    joined = [case_id for action, case_id in acts if action == "client.join"]
    assert joined == [other.id, one.id, third.id, other.id], "joining twice is one act"


def test_only_staff_join_requests_and_only_of_one_programme(work) -> None:
    of, staff = work
    one, other, elsewhere = make.case(of), make.case(of), make.case(make.programme())
    stranger = make.coordinator(make.programme())
    for case, second, actor in ((one, other, stranger), (one, elsewhere, staff), (elsewhere, one, staff)):
        with pytest.raises(NotAllowed):
            join_requests(case, second, actor=actor)
        with pytest.raises(NotAllowed):
            part_request(case, second, actor=actor)
    for act in (join_requests, part_request):
        with pytest.raises(SameRequest):
            act(one, one, actor=staff)
    assert known_as_one(one) == {one.number}


def test_a_name_nobody_searched_for_is_searched_before_anything_goes_on(work) -> None:
    of, staff = work
    new = named(make.case(of, owner=staff), "Maribel", "Castro")
    clear(new, staff)
    placed = named(make.case(of, CaseStatus.IN_SERVICE, owner=staff), "Maribel", "Castro")
    ended = named(make.case(of, CaseStatus.CLOSED), "Maribel", "Leyva")
    join_requests(new, placed, actor=staff)
    assert new.narrative_opened_at is not None, "the same names were searched"
    join_requests(ended, new, actor=staff)
    assert conflicts.must_be_searched_again(new)
    assert new.narrative_opened_at is None, "sealed until the names are clear again"
    asked = session.scalars(select(Task).where(Task.cause == "search_conflicts")).one()
    assert (asked.case_id, asked.owner_id) == (placed.id, staff.id)
    assert "Leyva" not in asked.title
    assert conflicts.must_be_searched_again(placed), "handed to nobody before staff decided on the name"
    assert conflicts.must_be_searched_again(ended), "should it be opened again"
    assert placed.parties_version == 1, "who checked the parties does not check them again"
    assert "Maribel Leyva" in {hit["searched"] for hit in conflicts.latest_search(placed).hits}
    adverse = named(make.case(of), "Dawit", "Tesfaye")
    adverse.parties[1].name, adverse.parties[1].is_organisation = "Maribel Leyva", False
    session.flush()
    found = [hit for hit in conflicts.find_hits(new) if hit.found.ref.case_id == adverse.id]
    assert [hit.searched.text for hit in found if "same" in hit.why] == ["Maribel Leyva"]


def test_what_staff_said_stays_on_the_list_though_nothing_is_alike(work) -> None:
    of, staff = work
    one, other = named(make.case(of), "Olga", "Brandt"), named(make.case(of), "Ruth", "Amsel")
    assert other.id not in {each.case.id for each in conflicts.possible_duplicates(one)}
    join_requests(one, other, actor=staff)
    found = next(each for each in conflicts.possible_duplicates(one) if each.case.id == other.id)
    assert (found.is_theirs, found.same_problem, found.why) == (True, True, ()), "alike in nothing but what staff said"
    third = named(make.case(of), "Ruth", "Amsel")
    assert third.id in {each.case.id for each in conflicts.possible_duplicates(one)}, "found by the other name"
    assert {"Olga Brandt", "Ruth Amsel"} <= {name.text for name in conflicts._names(one)}


def join_or_part(chance: random.Random, one_id: int, other_id: int, staff_id: int) -> None:
    with suppress(Refusal), transaction():
        one, other = session.get_one(Case, one_id), session.get_one(Case, other_id)
        staff = session.get_one(User, staff_id)
        if chance.random() < 0.6:
            join_requests(one, other, actor=staff)
        else:
            part_request(one, other, actor=staff)


def test_many_who_join_and_part_at_once_leave_whole_groups(app: Flask) -> None:
    """Whatever comes first: whoever counts as one counts as the oldest of them, and each pair knows the other."""
    with clock.at(NOON), transaction():
        of = make.programme()
        staff_id = make.coordinator(of).id
        ids = [make.case(of).id for _ in range(5)]
    session.rollback()
    gate, failed = threading.Barrier(4), list[str]()

    def act(seed: int) -> None:
        chance = random.Random(seed)
        with app.app_context(), clock.at(NOON):
            gate.wait()
            try:
                for _ in range(12):
                    join_or_part(chance, *chance.sample(ids, 2), staff_id)
            except Exception as wrong:
                failed.append(repr(wrong))

    threads = [threading.Thread(target=act, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    groups: dict[int, list[Client]] = {}
    for client in session.scalars(select(Client).order_by(Client.id)):
        groups.setdefault(client.identity_id, []).append(client)
    assert all(identity == together[0].person_id for identity, together in groups.items())
    counted = select(AuditEntry.id).where(AuditEntry.action.in_(("client.join", "client.part")))
    assert len(session.scalars(counted).all()) > 5


@pytest.fixture
def desk(work, client: FlaskClient):
    of, staff = work
    one, other = (named(make.case(of, owner=staff), "Ottoline", "Fairweather") for _ in range(2))
    session.commit()
    return make.sign_in(client, staff), one, other


def post(browser: FlaskClient, path: str, **typed: Any) -> str:
    answer = browser.post(path, data={key.replace("__", "-"): value for key, value in typed.items()})
    if answer.status_code == 303:
        return browser.get(answer.location).text
    assert answer.status_code in (404, 422), answer.status_code
    return answer.text


def test_staff_say_it_beside_the_request_found_and_take_it_back_there(desk) -> None:
    browser, one, other = desk
    path = f"/intake/{one.public_id}"
    page = browser.get(path).text
    assert "possibly the same person" in page
    page = post(browser, f"{path}/same-person/{other.public_id}")
    assert "Both requests count as one person" in page
    assert "possibly the same person" not in page
    assert f"Also asked: {other.number}" in browser.get(f"/cases/{one.public_id}").text
    page = post(browser, f"{path}/other-person/{other.public_id}")
    assert "count as two persons" in page
    assert "possibly the same person" in page
    assert "Also asked" not in browser.get(f"/cases/{one.public_id}").text


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("", "Write the number."),
        ("99-99999", "No request of this programme has this number."),
        ("own", "This is the number of this request."),
        ("elsewhere", "No request of this programme has this number."),
        ("x" * 40, "Use at most 16 letters."),
    ],
)
def test_a_number_that_cannot_be_is_said_and_kept(desk, number: str, said: str) -> None:
    browser, one, _other = desk
    elsewhere = make.case(make.programme(), number="77-00001")
    typed = {"own": one.number, "elsewhere": elsewhere.number}.get(number, number)
    session.commit()
    page = post(browser, f"/intake/{one.public_id}/same-person", asked__number=typed)
    assert said in page
    assert f'value="{typed}"' in page or not typed


def test_a_request_that_was_not_found_is_named_by_its_number(desk) -> None:
    browser, one, _other = desk
    strange = named(make.case(one.programme, CaseStatus.CLOSED), "Ruth", "Amsel")
    session.commit()
    page = post(browser, f"/intake/{one.public_id}/same-person", asked__number=f" {strange.number.lower()} ")
    assert "Both requests count as one person" in page
    assert strange.number in page


def test_another_programmes_request_is_not_there(desk) -> None:
    browser, one, other = desk
    elsewhere = make.case(make.programme())
    session.commit()
    for way in ("same-person", "other-person"):
        assert browser.post(f"/intake/{one.public_id}/{way}/{elsewhere.public_id}").status_code == 404
        assert browser.post(f"/intake/{elsewhere.public_id}/{way}/{other.public_id}").status_code == 404
