"""An escalation from its cause to its root cause: who has it until when, what rises, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import RoleGrant, User
from app.clients import operations_pauses
from app.clients.models import Case, CaseStatus, Supervision
from app.core import clock, mail
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.errors import NotAllowed, Refusal, Stale
from app.core.mail import Mail
from app.engagement import jobs_escalations as jobs
from app.engagement import mails_escalations, operations
from app.engagement import operations_escalation_rules as ruling
from app.engagement import operations_escalations as escalations
from app.engagement import queries_escalations as queries
from app.engagement.models import Audience, Checkin
from app.engagement.models_escalations import Absence, Escalation, EscalationStep
from app.tasks.models import Task
from app.volunteers.models import Organisation
from tests import factories
from tests.snapshots import same_as_stored

MONDAY = datetime(2026, 3, 2, 16, tzinfo=UTC)  # 10 am in Chicago


@dataclass
class House:
    """A case in service, the coordinator who answers for it, their colleague, and the attorney."""

    case_id: int
    staff_id: int
    colleague_id: int
    attorney_id: int

    @property
    def case(self) -> Case:
        return session.get_one(Case, self.case_id)

    def who(self, name: str) -> User:
        return session.get_one(User, getattr(self, f"{name}_id"))

    @property
    def one(self) -> Escalation:
        session.rollback()
        return session.query(Escalation).order_by(Escalation.id.desc()).first()


@pytest.fixture
def house(app: Flask) -> House:
    with clock.at(MONDAY - timedelta(days=20)), transaction():
        programme = factories.programme()
        staff, colleague = factories.coordinator(programme), factories.coordinator(programme)
        attorney = factories.user(Role.SUPERVISING_ATTORNEY, programme=programme)
        case = factories.case(programme, CaseStatus.IN_SERVICE, owner=staff, lead=factories.volunteer(),
                              number="26-00012")  # fmt: skip
    return House(case.id, staff.id, colleague.id, attorney.id)


def open_one(house: House, cause: str = "mismatch", at: datetime = MONDAY, **more: str) -> Escalation:
    with clock.at(at), transaction():
        made = escalations.escalate(house.case, cause, occasion=more.pop("occasion", "answer 1"), **more)
    assert made is not None
    return made


def climb(at: datetime) -> None:
    with clock.at(at):
        while jobs.climb_one():
            pass


def steps(house: House) -> list[tuple[str, int]]:
    session.rollback()
    return [(each.step, each.level) for each in session.query(EscalationStep).order_by(EscalationStep.id)]


def open_tasks() -> list[tuple[str, int | None, str]]:
    session.rollback()
    found = session.query(Task).filter(Task.done_at.is_(None)).order_by(Task.id)
    return [(each.cause, each.owner_id, each.owner_role.value) for each in found]


def by(name: str, act: Callable[..., object], house: House, at: datetime = MONDAY, **more: str) -> None:
    with clock.at(at), transaction():
        act(house.one, actor=house.who(name), **more)


def test_it_climbs_each_level_once_and_the_last_one_stays(house: House) -> None:
    open_one(house)
    assert house.one.respond_by == MONDAY + timedelta(hours=4)
    assert open_tasks() == [("mismatch", house.staff_id, "coordinator")]
    climb(MONDAY + timedelta(hours=3))
    assert steps(house) == [("opened", 1)]
    for day in range(1, 20):
        climb(MONDAY + timedelta(days=day))
    assert steps(house) == [("opened", 1), ("passed_over", 2), ("raised", 3), ("raised", 4), ("ran_out", 4)]
    assert open_tasks() == [("mismatch", house.staff_id, "coordinator")]
    assert "Propose a transfer" in session.query(Task).filter(Task.done_at.is_(None)).one().title
    told = session.query(Mail).filter_by(kind="engagement.escalation_is_yours").one()
    assert told.to_address == house.who("attorney").email
    assert mail.reason_to_drop(told) == "answered"  # it has risen since


def test_a_firms_coordinator_is_written_to_and_the_case_stays_with_ours(house: House) -> None:
    with transaction():
        firm = factories.add(Organisation(name="Orchard Firm"))
        factories.member(house.case.assignments[0].volunteer_id, firm.id)
        answers = factories.user(name="Ada Quill")
        factories.add(RoleGrant(user=answers, role=Role.FIRM_COORDINATOR, organisation=firm))
    open_one(house)
    climb(MONDAY + timedelta(hours=5))
    assert steps(house)[-1] == ("raised", 2)
    assert open_tasks() == [("mismatch", house.staff_id, "coordinator")]
    assert [each.to_address for each in session.query(Mail)] == [answers.email]


def test_after_downtime_it_rises_one_level_and_the_next_has_its_time(house: House) -> None:
    open_one(house)
    climb(MONDAY + timedelta(days=30))
    assert steps(house)[-1] == ("raised", 3)
    assert house.one.respond_by > MONDAY + timedelta(days=30)


def test_it_rises_no_further_where_the_lead_has_gone_or_the_case_has_ended(house: House) -> None:
    open_one(house, "cannot_go_on")
    open_one(house, "complaint")
    with transaction():
        house.case.assignments[0].ended_at = MONDAY
    climb(MONDAY + timedelta(days=1))
    climb(MONDAY + timedelta(days=3))
    assert sorted(steps(house)[2:]) == [("raised", 2), ("ran_out", 1)]
    with transaction():
        house.case.status = CaseStatus.WITHDRAWN
    climb(MONDAY + timedelta(days=30))
    assert [step.why for step in session.query(EscalationStep).filter_by(step="ran_out")] == [
        "lead_changed", "case_ended",
    ]  # fmt: skip
    assert len(open_tasks()) == 2  # they are closed by a person, with what was found


def test_taking_it_on_stops_the_clock_and_forgetting_it_starts_it_again(house: House) -> None:
    open_one(house)
    by("colleague", escalations.take_on, house, MONDAY + timedelta(hours=1))
    found = house.one
    assert (found.in_time, found.responsible_id, found.respond_by.date()) == (
        True,
        house.colleague_id,
        date(2026, 3, 9),
    )
    assert open_tasks() == [("mismatch", house.colleague_id, "coordinator")]
    for act in (escalations.take_on, escalations.raise_now):
        with pytest.raises(Stale), transaction():
            act(house.one, actor=house.who("staff"), seen="1.1.0")
    climb(MONDAY + timedelta(days=4))
    assert steps(house)[-1] == ("taken", 1)
    climb(MONDAY + timedelta(days=8))
    assert steps(house)[-1] == ("raised", 3)
    assert house.one.taken_at is None


def test_closing_needs_what_was_found_and_a_cause_of_the_list(house: House) -> None:
    open_one(house)
    for found, root in (("", "language"), ("  ", "language"), ("They talked.", "moon"), ("They talked.", "")):
        with pytest.raises(escalations.NeedsFinding), transaction():
            escalations.close_escalation(house.one, found=found, root_cause=root, actor=house.who("staff"))
    by("staff", escalations.close_escalation, house, MONDAY + timedelta(hours=5), found="Told.", root_cause="language")
    assert (house.one.in_time, house.one.root_cause, open_tasks()) == (False, "language", [])
    told = {"root_cause": "language", "actor": house.who("staff")}
    with transaction():
        escalations.close_escalation(house.one, found="Told.", **told)
    with pytest.raises(escalations.AlreadyClosed), transaction():
        escalations.close_escalation(house.one, found="Told, and more.", **told)
    with pytest.raises(escalations.AlreadyClosed), transaction():
        escalations.close_escalation(house.one, found="Other.", root_cause="safety", actor=house.who("colleague"))
    for act in (escalations.take_on, escalations.raise_now):
        with pytest.raises(escalations.AlreadyClosed), transaction():
            act(house.one, actor=house.who("staff"))
    climb(MONDAY + timedelta(days=9))
    assert steps(house) == [("opened", 1), ("closed", 1)]


def test_nobody_of_another_programme_acts_on_it(house: House) -> None:
    open_one(house)
    with transaction():
        stranger = factories.coordinator(factories.programme())
    for act in (escalations.take_on, escalations.raise_now):
        with pytest.raises(NotAllowed), transaction():
            act(house.one, actor=stranger)


def test_what_comes_back_within_a_month_opens_the_same_one_again(house: House) -> None:
    open_one(house)
    by("staff", escalations.close_escalation, house, found="Told.", root_cause="language")
    with transaction():
        assert escalations.escalate(house.case, "mismatch", occasion="answer 1") is None
    open_one(house, occasion="answer 7", at=MONDAY + timedelta(days=9))
    assert (house.one.round, house.one.root_cause, house.one.level) == (2, None, 1)
    climb(MONDAY + timedelta(days=20))
    assert steps(house) == [("opened", 1), ("closed", 1), ("opened", 1), ("passed_over", 2), ("raised", 3)]
    with clock.at(MONDAY + timedelta(days=21)), transaction():
        assert escalations.escalate(house.case, "mismatch", occasion="answer 9") is None
    assert steps(house)[-1] == ("again", 3)
    by("staff", escalations.close_escalation, house, MONDAY + timedelta(days=22), found="Told.", root_cause="other")
    open_one(house, occasion="answer 11", at=MONDAY + timedelta(days=90))
    assert session.query(Escalation).count() == 2


def test_a_sign_given_again_does_not_wait_until_whoever_took_the_first_closes_it(house: House) -> None:
    open_one(house, "safety_word")
    by("staff", escalations.take_on, house, MONDAY + timedelta(minutes=5))
    assert house.one.respond_by > MONDAY + timedelta(days=1)
    with clock.at(MONDAY + timedelta(minutes=30)), transaction():
        assert escalations.escalate(house.case, "safety_word", occasion="answer 2") is None
    soon = MONDAY + timedelta(hours=5)
    assert house.one.respond_by <= soon
    assert [task.due_at <= soon for task in session.query(Task).filter_by(cause="safety_word", done_at=None)] == [True]
    climb(MONDAY + timedelta(hours=6))
    assert steps(house)[-1] == ("raised", 2)


def test_a_pause_stops_its_clock_and_so_its_rise(house: House) -> None:
    open_one(house)
    with clock.at(MONDAY + timedelta(hours=1)), transaction():
        operations_pauses.pause_case(house.case, "client_away", date(2026, 4, 1), actor=house.who("staff"))
    climb(MONDAY + timedelta(days=3))
    with clock.at(MONDAY + timedelta(days=7)), transaction():
        operations_pauses.resume_case(house.case, actor=house.who("staff"))
    climb(MONDAY + timedelta(days=7, hours=2))
    assert steps(house) == [("opened", 1)]
    due = datetime(2026, 3, 9, 19, tzinfo=UTC)  # four office hours in all; the clocks went forward meanwhile
    assert (house.one.respond_by, session.query(Task).filter_by(cause="mismatch").one().due_at) == (due, due)


def test_the_attorney_is_told_too_where_a_date_is_near_and_once(house: House) -> None:
    with transaction():
        house.case.next_critical_on = date(2026, 3, 12)
    open_one(house)
    assert [task[0] for task in open_tasks()] == ["mismatch"]
    with clock.at(MONDAY + timedelta(days=4)):
        assert (jobs.look(), jobs.look()) == (2, 0)  # and the lead shows no sign of work
    assert ("mismatch_near_date", None, "supervising_attorney") in open_tasks()
    assert ("date_near_near_date", None, "supervising_attorney") in open_tasks()
    assert session.query(Mail).filter_by(kind="engagement.escalation_near_date").count() == 2
    with transaction():
        factories.add(Supervision(case_id=house.case_id, user_id=house.attorney_id))
        house.case.next_critical_on = date(2026, 3, 6)
    open_one(house, "call_me", at=MONDAY + timedelta(days=3))
    assert ("call_me_near_date", house.attorney_id, "supervising_attorney") in open_tasks()
    assert house.one.respond_by < datetime(2026, 3, 6, 15, tzinfo=UTC)


def away(house: House, name: str, stand_in: str | None = None) -> None:
    with clock.at(MONDAY), transaction():
        ruling.announce_absence(
            house.who(name), date(2026, 3, 1), date(2026, 3, 9), house.who(stand_in) if stand_in else None,
            programme=house.case.programme, actor=house.who("colleague"),
        )  # fmt: skip


def test_days_that_are_said_twice_are_kept_once(house: House) -> None:
    for _click in range(2):
        away(house, "staff", "attorney")
    away(house, "staff")
    assert [row.stand_in_id for row in session.query(Absence).order_by(Absence.id)] == [house.attorney_id, None]


def leave(house: House, name: str) -> None:
    with transaction():
        house.who(name).deactivated_at = MONDAY


def no_deputy(house: House) -> None:
    away(house, "staff")


def named_stand_in(house: House) -> None:
    away(house, "staff", "attorney")


def deputy_of_rule(house: House) -> None:
    with clock.at(MONDAY), transaction():
        rules = queries.rules_of(house.case.programme)
        deputy = [replace(rule, levels=(replace(rule.levels[0], deputy=house.colleague_id), *rule.levels[1:]))
                  for rule in rules]  # fmt: skip
        ruling.change_rules(house.case.programme, deputy, "A deputy", seen_number=1, actor=house.who("staff"))
    away(house, "staff")


def account_closed(house: House) -> None:
    leave(house, "staff")


@pytest.mark.parametrize(
    ("away_by", "has_it"),
    [(no_deputy, None), (named_stand_in, "attorney_id"), (deputy_of_rule, "colleague_id"),
     (account_closed, "colleague_id")],
)  # fmt: skip
def test_a_deputy_has_it_while_the_person_is_away(
    house: House, away_by: Callable[[House], None], has_it: str | None
) -> None:
    wanted = getattr(house, has_it) if has_it else None
    open_one(house, "call_me", at=MONDAY)  # before: it lies with the person
    assert house.one.responsible_id == house.staff_id
    away_by(house)
    with clock.at(MONDAY + timedelta(minutes=5)):
        assert (jobs.look(), jobs.look()) == (1, 0)
    if has_it != "colleague_id" or away_by is deputy_of_rule:
        open_one(house, at=MONDAY + timedelta(hours=1))
        assert house.one.responsible_id == wanted
    first = session.query(Escalation).filter_by(cause="call_me").one()
    rule_before = away_by is deputy_of_rule  # what is open climbs by the rules it began with
    assert first.responsible_id in ((None, wanted) if rule_before or away_by is account_closed else (wanted,))
    assert first.responsible_id != house.staff_id


def test_what_the_client_says_about_help_dates_or_their_word_opens_its_own(house: House) -> None:
    with transaction():
        house.case.client.safety_word = "Blaue Blume"
        for audience, questions in ((Audience.VOLUNTEER, "volunteer_regular"), (Audience.CLIENT, "client_regular")):
            factories.add(Checkin(case=house.case, assignment=house.case.assignments[0], audience=audience,
                                  series_key="now", questions=questions, due_on=MONDAY.date(), due_at=MONDAY,
                                  sent_at=MONDAY))  # fmt: skip

    def says(audience: Audience, comment: str = "", **values: str) -> list[str]:
        with clock.at(MONDAY), transaction():
            operations.answer(session.query(Checkin).filter_by(audience=audience).one(), values, comment=comment)
        session.rollback()
        return [each.cause for each in session.query(Escalation).order_by(Escalation.id)]

    fine = {"contact": "yes", "next_step": "yes", "call_me": "no"}
    assert says(Audience.VOLUNTEER, "blaue blume", standing="on_track", next_date="2026-03-20") == []
    assert says(Audience.CLIENT, **fine, next_date="2026-03-20") == []
    assert says(Audience.CLIENT, **fine, next_date="2026-03-21") == ["dates_differ"]
    assert says(Audience.CLIENT, **{**fine, "next_step": "no_longer_needed"})[1:] == ["no_longer_needed"]
    assert says(Audience.CLIENT, **{**fine, "contact": "no"})[2:] == ["mismatch"]
    assert says(Audience.CLIENT, "All is well. BLAUE   blúme!", **fine)[3:] == ["safety_word"]
    assert says(Audience.CLIENT, "blaue blumen", **fine)[4:] == []
    with transaction():
        house.case.client.safety_word = "yes"  # that was chosen, not written
    says(Audience.CLIENT, **fine)
    assert [step.step for step in session.query(EscalationStep) if step.escalation.cause == "safety_word"] == ["opened"]
    assert says(Audience.VOLUNTEER, standing="cannot_go_on")[4:] == ["cannot_go_on"]
    for task in session.query(Task):
        assert "blume" not in task.title.casefold()
        assert task.due_at <= MONDAY + timedelta(days=3)
        assert task.record_kind == "escalations" or task.cause == "no_contact"


def test_a_volunteers_page_shows_no_word_and_no_escalation(house: House, client: FlaskClient) -> None:
    with transaction():
        house.case.client.safety_word = "Blaue Blume"
    open_one(house, "safety_word")
    open_one(house)
    factories.sign_in(client, house.case.assignments[0].volunteer.user)
    with clock.at(MONDAY):
        for page in (f"/my/cases/{house.case.public_id}", "/my"):
            shown = client.get(page).get_data(as_text=True)
            assert house.case.title in shown
            for fact in ("Blaue", "disagree", "escalation", "Escalation"):
                assert fact not in shown
        assert client.get(f"/escalations/{house.one.public_id}").status_code == 403


def test_a_complaint_is_kept_and_looked_into(house: House, client: FlaskClient) -> None:
    factories.sign_in(client, house.who("staff"))
    page = f"/cases/{house.case.public_id}/complaint"
    with clock.at(MONDAY):
        assert client.post(page, data={"note": " "}).status_code == 422
        for said in ("Nobody rang.", "Nobody rang.", "Still nobody.", "Still nobody.", "nobody."):
            answer = client.post(page, data={"note": said})
            assert answer.status_code == 303
        shown = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "Nobody rang.\n\nStill nobody.\n\nnobody.<" in shown
    assert session.query(Escalation).count() == 1


def test_pages_take_on_pass_up_and_close(house: House, client: FlaskClient) -> None:
    open_one(house)
    factories.sign_in(client, house.who("colleague"))
    page, case_page = f"/escalations/{house.one.public_id}", f"/cases/{house.case.public_id}"
    with clock.at(MONDAY + timedelta(hours=1)):
        assert "It is the turn of" in client.get(page).get_data(as_text=True)
        assert "1 open escalation" in client.get(case_page).get_data(as_text=True)
        assert client.post(f"{page}/raise").status_code == 303
        assert client.post(f"{page}/take").status_code == 303
        assert "You have it" in client.get(page).get_data(as_text=True)
        assert client.post(f"{page}/close", data={"root_cause": "moon", "found": "x"}).status_code == 422
        done = client.post(f"{page}/close", data={"root_cause": "language", "found": "They spoke past each other."})
        assert done.status_code == 303
        assert "They spoke past each other." in client.get(page).get_data(as_text=True)
        assert client.post(f"{page}/take").status_code == 409
        assert "open escalation" not in client.get(case_page).get_data(as_text=True)
    acts = [entry.action for entry in session.query(AuditEntry).filter(AuditEntry.action.like("escalation.%"))]
    assert acts == ["escalation.open", "escalation.raise", "escalation.take", "escalation.close"]


LISTED = [
    ("", 2, 1), ("?state=late", 0, 0), ("?state=mine", 1, 1), ("?state=closed", 1, 0), ("?state=all", 3, 1),
    ("?state=all&cause=call_me", 1, 0), ("?state=all&root=language", 1, 0), ("?state=all&root=open", 2, 1),
    ("?state=all&matter=Housing", 3, 1), ("?state=all&matter=Family", 0, 0), ("?state=all&month=2026-03", 3, 1),
    ("?state=all&month=2026-02", 0, 0), ("?state=all&month=x", 0, 0), ("?state=nonsense&sort=-level&page=9", 2, 1),
    ("?state=all&volunteer=none", 0, 0), ("?state=all&volunteer=nobody", 0, 0), ("?programme=other", 0, 0),
]  # fmt: skip


def test_the_list_filters_sorts_pages_and_exports_and_trends_open_it(house: House, client: FlaskClient) -> None:
    open_one(house, "call_me")
    by("staff", escalations.close_escalation, house, MONDAY + timedelta(hours=9), found="Told.", root_cause="language")
    open_one(house)
    open_one(house, "cannot_go_on")
    by("colleague", escalations.take_on, house)
    factories.sign_in(client, house.who("colleague"))
    with clock.at(MONDAY + timedelta(hours=2)):
        for query, rows, _mine in LISTED:
            shown = client.get(f"/escalations{query}").get_data(as_text=True)
            assert shown.count('class="t"') == rows, query
            lines = client.get(f"/escalations{query}{'&' if query else '?'}format=csv").get_data(as_text=True)
            assert len(lines.splitlines()) == rows + 1, query
        for dimension in ("cause", "root", "matter", "volunteer", "programme", "month", "nonsense"):
            shown = client.get(f"/escalations/trends?by={dimension}").get_data(as_text=True)
            assert "3 escalations in twelve months" in shown
            assert "50%" in shown
            assert "9 hours" in shown
        assert "Least often answered" not in shown
        assert "opens most of them" in shown
        assert "Language or interpreter" in client.get("/escalations/trends?by=root&format=csv").get_data(as_text=True)
    stranger = factories.sign_in(client.application.test_client(), factories.coordinator(factories.programme()))
    assert "0 escalations are open" in stranger.get("/escalations").get_data(as_text=True)
    assert "No escalation in twelve months" in stranger.get("/escalations/trends").get_data(as_text=True)
    assert stranger.get(f"/escalations/{house.one.public_id}").status_code == 404


def test_who_is_away_is_said_by_colleagues_and_refused_where_it_makes_no_sense(
    house: House, client: FlaskClient
) -> None:
    factories.sign_in(client, house.who("colleague"))
    staff, stand_in = house.who("staff").public_id, house.who("attorney").public_id

    def say(first: date, last: date, **more: str) -> int:
        days = {f"{name}_on-{part}": str(getattr(day, part)) for name, day in (("from", first), ("until", last))
                for part in ("month", "day", "year")}  # fmt: skip
        return client.post("/away", data={"who": staff, "stand_in": stand_in, **days, **more}).status_code

    with clock.at(MONDAY):
        assert say(date(2026, 3, 5), date(2026, 3, 4)) == 422
        assert say(date(2026, 2, 1), date(2026, 2, 20)) == 422
        assert say(date(2026, 3, 2), date(2027, 9, 4)) == 422
        assert say(date(2026, 3, 2), date(2026, 3, 4), stand_in=staff) == 422
        assert say(date(2026, 3, 2), date(2026, 3, 4), who="f" * 16) == 422
        assert say(date(2026, 3, 2), date(2026, 3, 4)) == 303
        shown = client.get("/away").get_data(as_text=True)
        assert "away now" in shown
        end = shown.split('action="/away/')[1].split("/")[0]
        stranger = factories.sign_in(client.application.test_client(), factories.coordinator(factories.programme()))
        assert stranger.post(f"/away/{end}/end").status_code == 404
        assert client.post(f"/away/{end}/end").status_code == 303
        assert "Everybody is there" in client.get("/away").get_data(as_text=True)


@pytest.mark.parametrize("template", ["escalation_is_yours", "escalation_at_firm", "escalation_near_date"])
def test_a_mail_names_the_case_by_number_and_nothing_else(house: House, template: str) -> None:
    with transaction():
        house.case.programme.name = "Lakeshore Legal Aid"
        house.who("attorney").name = "Ines Calloway"
        house.case.client.safety_word = "Blaue Blume"
    found = open_one(house, "safety_word")
    with transaction():
        session.query(Mail).delete()
        found = house.one
        found.public_id = "0123456789abcdef"
        getattr(mails_escalations, template)(found, house.who("attorney"))
    sent = session.query(Mail).one()
    same_as_stored(f"engagement.{template}.en", sent)
    for fact in ("Castro", "Maribel", "Eviction", "Housing", "Blaue", "lock", "Cottonwood", "Orchard", "sign"):
        assert fact not in sent.subject + sent.text


def test_every_mail_of_escalations_is_tried() -> None:
    folder = Path(mails_escalations.__file__).parent / "templates/engagement/escalation_mails"
    stored = {path.name for path in folder.iterdir()}
    assert stored == {f"{kind}.en.txt" for kind in mails_escalations.KINDS}


def test_passing_up_the_last_level_is_refused(house: House) -> None:
    open_one(house, "no_longer_needed")
    by("staff", escalations.raise_now, house)
    with pytest.raises(escalations.LastLevel), transaction():
        escalations.raise_now(house.one, actor=house.who("staff"))
    assert issubclass(escalations.LastLevel, Refusal)
