"""Conflict search: what counts as alike, why, where it looks, and what a new party does to a clearance."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.clients import conflicts, operations
from app.clients.models import CaseStatus, ConflictSearch, Party, PartyRole, Person
from app.clients.names import Index, Name, hits, index_names, reasons, search_names
from app.clients.operations_parties import (
    AlreadyDecided,
    CaseIsOver,
    ClientStays,
    NeedsNote,
    PartiesChanged,
    StorySealed,
)
from app.core.audit import AuditEntry
from app.core.db import session
from app.tasks.models import Task
from tests import factories as make

from .screened import attorney, clear, fund, listed


def why(one: str, other: str, organisation: bool = False) -> tuple[str, ...]:
    return reasons(Name(one, is_organisation=organisation), Name(other, is_organisation=organisation))


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        ("José Núñez", "jose nunez", "same"),
        ("Castro, Maribel", "Maribel Castro", "order"),
        ("Maribel Kastro", "Maribel Castro", "close"),
        ("Stephen Pryce", "Steven Price", "sound"),
        ("Catherine Meyer", "Katherine Maier", "sound"),
        ("Maribel Castro Leyva", "Maribel Castro", "part"),
        ("J. Castro", "Jorge Castro", "initial"),
        ("Bob Castro", "Robert Castro", "short"),
        ("Pepe Ibarra Luna", "José Luna", "short"),
        ("Liz Moreau", "Beth Moreau", "short"),
    ],
)
def test_names_of_people_are_alike_for_a_reason(one: str, other: str, code: str) -> None:
    assert why(one, other) == (code,)
    assert why(other, one) == (code,)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Maribel Castro", "Dawit Tesfaye"), ("Olga Brandt", "Olga Marin"), ("Ana Ruiz", "Ruth Amsel"), ("", "Ana Ruiz")],
)
def test_other_names_are_not_alike(one: str, other: str) -> None:
    assert hits([Name(one)], [Name(other)]) == []


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        ("Cottonwood Row Holdings LLC", "Cottonwood Row Holdings, Inc.", "organisation"),
        ("Cottonwood Row Holdings", "COTTONWOOD ROW HOLDINGS", "same"),
        ("Cotonwood Row Holdings", "Cottonwood Row Holdings LLC", "close"),
        ("Cottonwood Row", "Cottonwood Row Holdings LLC", "part"),
    ],
)
def test_organisations_are_compared_without_their_legal_form(one: str, other: str, code: str) -> None:
    assert why(one, other, organisation=True) == (code,)


def test_birth_dates_and_aliases_are_said_beside_the_name() -> None:
    same = reasons(Name("Ana Ruiz", born_on="1984-05-02"), Name("Ana Ruiz", born_on="1984-05-02", is_alias=True))
    other = reasons(Name("Ana Ruiz", born_on="1984-05-02"), Name("Ana Ruiz", born_on="1990-01-01"))
    assert same == ("same", "alias", "birth")
    assert other == ("same", "other_birth")


def test_every_alike_name_is_found_through_the_index() -> None:
    pairs = [
        ("José Núñez", "jose nunez"),
        ("Stephen Pryce", "Steven Price"),
        ("Catherine Meyer", "Katherine Maier"),
        ("J. Castro", "Jorge Castro"),
        ("Maribel Kastro", "Maribel Castro"),
        ("Ruiz Ana", "Ana Ruiz"),
    ]
    index = Index.of(Name(found, ref=n) for n, (_, found) in enumerate(pairs))
    assert [any(hit.found.ref == n for hit in index.search(Name(text))) for n, (text, _) in enumerate(pairs)] == [
        True
    ] * 6


@pytest.fixture
def work(app: Flask):
    of = make.programme()
    staff = make.coordinator(of)
    return of, staff, make.case(of, owner=staff)


def names_found(search: ConflictSearch) -> list[str]:
    return [hit["found"] for hit in search.hits]


def test_clients_parties_and_rejected_applicants_of_the_programme_are_searched(work) -> None:
    of, staff, case = work
    rejected = make.case(of, CaseStatus.REJECTED)
    rejected.client.person.family_name = "Oyelaran"
    session.flush()
    operations.add_party(case, role=PartyRole.ADVERSE, name="Maribel Oyelaran", actor=staff)
    search = operations.search_conflicts(case, actor=staff)
    found = next(hit for hit in search.hits if hit["found"] == "Maribel Oyelaran")
    assert (found["number"], found["status"], found["role"], found["why"]) == (
        rejected.number,
        "rejected",
        "client",
        ["same"],
    )


def test_other_names_of_both_sides_are_searched(work) -> None:
    of, staff, case = work
    other = make.case(of, owner=staff)
    operations.add_party(other, role=PartyRole.ADVERSE, name="Ruth Amsel", aliases=["Ruth Vandermeer"], actor=staff)
    operations.add_party(case, role=PartyRole.HOUSEHOLD, name="X Y", aliases=["Vandermeer Ruth"], actor=staff)
    hit = next(hit for hit in operations.search_conflicts(case, actor=staff).hits if hit["found"] == "Ruth Vandermeer")
    assert hit["why"] == ["order", "alias"]


def test_another_programmes_names_are_never_found(work) -> None:
    _of, staff, case = work
    elsewhere = make.case(make.programme())
    elsewhere.parties[1].name = "Quillfeather Estates"
    operations.add_party(case, role=PartyRole.ADVERSE, name="Quillfeather Estates", is_organisation=True, actor=staff)
    assert "Quillfeather Estates" not in names_found(operations.search_conflicts(case, actor=staff))


def test_the_case_does_not_hit_itself(work) -> None:
    _of, staff, case = work
    assert all(hit["case"] != case.public_id for hit in operations.search_conflicts(case, actor=staff).hits)


def test_names_kept_in_memory_follow_every_change(work) -> None:
    of, staff, case = work
    other = make.case(of, owner=staff)
    operations.add_party(case, role=PartyRole.ADVERSE, name="Ottoline Fairweather", actor=staff)
    assert "Ottoline Fairweather" not in names_found(operations.search_conflicts(case, actor=staff))
    party = operations.add_party(other, role=PartyRole.OTHER, name="Otoline Fairweather", actor=staff)
    assert "Otoline Fairweather" in names_found(operations.search_conflicts(case, actor=staff))
    operations.change_party(
        party, role=PartyRole.OTHER, name="Hugo Brandt", aliases=None, is_organisation=False, born_on=None, actor=staff
    )
    assert "Otoline Fairweather" not in names_found(operations.search_conflicts(case, actor=staff))
    operations.change_party(
        party,
        role=PartyRole.OTHER,
        name="Ottoline Fairweather",
        aliases=None,
        is_organisation=False,
        born_on=None,
        actor=staff,
    )
    operations.remove_party(party, actor=staff)
    assert "Ottoline Fairweather" not in names_found(operations.search_conflicts(case, actor=staff))


def test_a_search_decides_nothing_by_itself(work) -> None:
    _of, staff, case = work
    search = operations.search_conflicts(case, actor=staff)
    assert (search.outcome, case.narrative_opened_at) == (None, None)


def test_clear_opens_the_story(work) -> None:
    _of, staff, case = work
    clear(case, staff)
    assert case.narrative_opened_at is not None


def test_a_new_party_voids_the_clearance_and_seals_the_story_again(work) -> None:
    _of, staff, case = work
    clear(case, staff)
    before = case.parties_version
    operations.add_party(case, role=PartyRole.ADVERSE, name="Ruth Amsel", actor=staff)
    assert case.parties_version == before + 1
    assert not conflicts.is_clear(case, conflicts.latest_search(case))
    assert case.narrative_opened_at is None


def test_a_new_party_on_a_listed_case_asks_for_a_search(work) -> None:
    of, staff, _ = work
    case = listed(of, staff, fund(of))
    operations.add_party(case, role=PartyRole.ADVERSE, name="Ruth Amsel", actor=staff)
    task = session.scalars(select(Task).where(Task.case_id == case.id, Task.cause == "search_conflicts")).one()
    assert task.done_at is None
    assert "Amsel" not in task.title
    clear(case, staff)
    assert task.done_at is not None


def test_hits_or_doubts_are_decided_with_a_note(work) -> None:
    of, staff, case = work
    make.case(of, owner=staff)
    operations.add_party(case, role=PartyRole.ADVERSE, name="Maribel Castro", actor=staff)
    search = operations.search_conflicts(case, actor=staff)
    assert search.hit_count > 0
    with pytest.raises(NeedsNote):
        operations.decide_conflicts(search, "clear", " ", actor=staff)
    operations.decide_conflicts(search, "more_needed", "Ask for the birth date.", actor=staff)
    operations.decide_conflicts(search, "conflict", "The same person.", actor=staff)
    with pytest.raises(AlreadyDecided):
        operations.decide_conflicts(search, "clear", "No.", actor=staff)


def test_an_old_search_is_not_decided_after_the_parties_changed(work) -> None:
    _of, staff, case = work
    search = operations.search_conflicts(case, actor=staff)
    operations.add_party(case, role=PartyRole.ADVERSE, name="Ruth Amsel", actor=staff)
    with pytest.raises(PartiesChanged):
        operations.decide_conflicts(search, "clear", "x", actor=staff)


def test_only_a_supervising_attorney_opens_a_sealed_story(work) -> None:
    of, staff, case = work
    with pytest.raises(StorySealed):
        operations.open_narrative(case, actor=staff)
    with pytest.raises(StorySealed):
        operations.open_narrative(case, actor=attorney(make.programme()))
    lawyer = attorney(of)
    operations.open_narrative(case, actor=lawyer)
    assert case.narrative_opened_at is not None
    assert session.scalars(select(AuditEntry.actor_id).where(AuditEntry.action == "case.open_story")).all() == [
        lawyer.id
    ]


def test_the_client_is_not_removed_and_nothing_changes_on_a_case_that_is_over(work) -> None:
    of, staff, case = work
    with pytest.raises(ClientStays):
        operations.remove_party(case.parties[0], actor=staff)
    over = make.case(of, CaseStatus.REJECTED)
    with pytest.raises(CaseIsOver):
        operations.add_party(over, role=PartyRole.OTHER, name="X", actor=staff)


def test_the_same_person_asking_again_is_shown_as_a_possible_duplicate(work) -> None:
    of, staff, case = work
    again = make.case(of, owner=staff)
    for one in (case, again):
        one.client.person.given_name, one.client.person.family_name = "Ottoline", "Fairweather"
    session.flush()
    found = conflicts.possible_duplicates(again)
    assert [(each.case.id, each.same_problem) for each in found if each.case.id == case.id] == [(case.id, True)]


def test_the_same_mail_address_is_a_possible_duplicate(work) -> None:
    of, staff, case = work
    other = make.case(of, owner=staff)
    other.client.person.given_name = other.client.person.family_name = "Zzz"
    other.parties[0].name = "Zzz Zzz"
    other.client.channels[0].value_hash = case.client.channels[0].value_hash
    session.flush()
    found = next(each for each in conflicts.possible_duplicates(case) if each.case.id == other.id)
    assert found.why == ("contact",)


def test_staff_find_a_case_by_whole_words_of_a_name(work) -> None:
    of, _staff, case = work
    person = session.scalars(select(Person).where(Person.id == case.client.person_id)).one()
    person.given_name, person.family_name, person.other_names = "José", "Núñez Prado", ["Pepe Luna"]
    index_names(case)
    elsewhere = make.programme()
    assert search_names("nunez jose", [of.id]) == [case.id]
    assert search_names("Pepe", [of.id]) == [case.id]
    assert search_names("Cottonwood", [of.id]) == [case.id]
    assert search_names("nunez maria", [of.id]) == []
    assert search_names("nun", [of.id]) == []
    assert search_names("nunez", [elsewhere.id]) == []
    assert search_names("  ", [of.id]) == []


def test_a_removed_party_is_no_longer_found_by_name(work) -> None:
    of, staff, case = work
    party = operations.add_party(case, role=PartyRole.OTHER, name="Ruth Amsel", actor=staff)
    assert search_names("Amsel", [of.id]) == [case.id]
    operations.remove_party(party, actor=staff)
    assert search_names("Amsel", [of.id]) == []


def test_a_second_search_decrypts_only_what_changed(work, monkeypatch: pytest.MonkeyPatch) -> None:
    of, staff, case = work
    other = make.case(of, owner=staff)
    session.add_all(Party(case=other, role=PartyRole.OTHER, name=f"Given{n} Family{n}") for n in range(50))
    session.commit()
    operations.search_conflicts(case, actor=staff)
    opened: list[int] = []
    real = conflicts._decrypted
    monkeypatch.setattr(conflicts, "_decrypted", lambda of, keys: (opened.append(len(keys)), real(of, keys))[1])
    operations.search_conflicts(case, actor=staff)
    operations.add_party(other, role=PartyRole.OTHER, name="Ruth Amsel", actor=staff)
    operations.search_conflicts(case, actor=staff)
    assert sum(opened) == 1
