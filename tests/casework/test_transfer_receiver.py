"""A transfer to a chosen receiver: the checks, the client's consent, the answer, and one instant in which it moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts.models import User
from app.casework import operations, operations_closing, operations_transfer, transfer_jobs, transfer_queries
from app.casework import operations_transfer_receiver as receivers
from app.casework.models import Note, TimeEntry
from app.casework.operations_transfer_steps import Checklist
from app.casework.transfer_models import AskStatus, Transfer, TransferAsk, TransferStatus
from app.casework.transfer_refusals import (
    AlreadyOpen,
    AskOver,
    ConsentGone,
    NamesNotSeen,
    NotYet,
    ReceiverUnfit,
    SameLawyer,
    TransferOver,
)
from app.clients import operations as clients
from app.clients.models import CaseMove, CaseStatus, Consent, ConsentKind, OpeningStatus, Party, PartyRole
from app.clients.operations_consent import NotGiven
from app.clients.queries import visible_cases
from app.core import clock
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.errors import NotAllowed
from app.core.mail import Mail, reason_to_drop
from app.engagement.queries import next_checkin
from app.matching.models import Assignment, Bar, Referral, ReferralStatus
from app.matching.refusals import AtCapacity, CheckAgain, NeedsMentor, NotForYou
from app.tasks.models import Task
from app.volunteers.models import Membership, Organisation, Volunteer, VolunteerStatus
from tests import factories
from tests.casework.conftest import MONDAY, TODAY, Work, begin

S, A = TransferStatus, AskStatus
GIVEN = Checklist("The answer is filed.", "Call the clerk.")


@dataclass
class Handing:
    """A case that goes from its lead to a chosen receiver."""

    work: Work
    volunteer_id: int

    @property
    def transfer(self) -> Transfer:
        session.rollback()
        return transfer_queries.transfers_of(self.work.case)[0]

    @property
    def ask(self) -> TransferAsk:
        session.rollback()
        return session.query(TransferAsk).order_by(TransferAsk.id.desc()).first()  # type: ignore[return-value]

    @property
    def volunteer(self) -> Volunteer:
        return session.get_one(Volunteer, self.volunteer_id)

    @property
    def receiver(self) -> User:
        user = self.volunteer.user
        assert user is not None
        return user

    def prepare(self) -> None:
        with transaction():
            opened = receivers.open_transfer(self.work.lead, "workload", actor=self.work.staff)
            operations_transfer.write_checklist(opened, GIVEN, actor=self.work.user)

    def choose(self, **more: Any) -> None:
        with transaction():
            receivers.choose_receiver(self.transfer_now, self.volunteer, actor=self.work.staff, **more)

    @property
    def transfer_now(self) -> Transfer:
        return transfer_queries.transfers_of(self.work.case)[0]

    def agree(self) -> None:
        with transaction():
            receivers.agree(self.transfer_now, "phone", actor=self.work.staff, language="es")

    def see(self) -> None:
        with transaction():
            receivers.see_names(self._ask_now(), actor=self.receiver)

    def _ask_now(self) -> TransferAsk:
        return session.query(TransferAsk).order_by(TransferAsk.id.desc()).first()  # type: ignore[return-value]

    def accept(self, **more: Any) -> int:
        with transaction():
            return receivers.accept_transfer(self._ask_now(), actor=self.receiver, **more).id

    def refuse(self, answer: str, **more: Any) -> None:
        with transaction():
            receivers.refuse_transfer(self._ask_now(), answer, actor=self.receiver, **more)

    def ready(self) -> Handing:
        """Up to the moment before the receiver's answer."""
        self.prepare()
        self.choose()
        self.agree()
        self.see()
        return self


@pytest.fixture
def handing(work: Work) -> Handing:
    with transaction():
        return Handing(work, factories.volunteer().id)


def leads(case_id: int) -> list[int]:
    session.rollback()
    live = (Assignment.case_id == case_id, Assignment.role == "lead", Assignment.ended_at.is_(None))
    return list(session.execute(select(Assignment.volunteer_id).where(*live)).scalars())


def test_in_one_instant_the_old_lead_ends_and_the_new_one_begins(handing: Handing) -> None:
    handing.ready()
    new_id = handing.accept()
    session.rollback()
    new, old = session.get_one(Assignment, new_id), handing.work.lead
    assert leads(handing.work.case_id) == [handing.volunteer_id]
    assert (old.ended_at, old.end_reason) == (new.started_at, "transferred")
    assert handing.work.case.status is CaseStatus.PLACED
    assert handing.work.case.lead_opening.status is OpeningStatus.FILLED
    assert new.opening_id == handing.work.case.lead_opening.id
    assert session.execute(visible_cases(handing.receiver)).all()
    assert not session.execute(visible_cases(handing.work.user)).all()
    made = handing.transfer
    assert (made.status, made.outcome, made.next_assignment_id) == (S.LEFT, "transferred", new_id)


def test_everyone_is_told_once(handing: Handing) -> None:
    handing.ready()
    handing.accept()
    assert handing.work.mails() == [
        "casework.checklist_asked", "casework.receiver_asked", "casework.handed_over", "casework.taken_over",
        "casework.transfer_complete", "client.new_lawyer",
    ]  # fmt: skip
    to = {mail.kind: mail.to_address for mail in session.query(Mail)}
    assert to["casework.handed_over"] == handing.work.lead.volunteer.email
    assert to["casework.taken_over"] == handing.volunteer.email
    assert to["casework.transfer_complete"] == handing.work.staff.email
    open_now = {cause for cause, outcome in handing.work.tasks().items() if outcome is None}
    assert open_now == {"first_contact", "transfer_cause"}


def test_history_hours_notes_and_moves_are_kept(handing: Handing) -> None:
    with transaction():
        operations.add_time(handing.work.case, on_day=TODAY, hundredths=150, actor=handing.work.user)
        operations.add_note(handing.work.case, "The lease is with her.", actor=handing.work.user)
    handing.ready()
    handing.accept()
    session.rollback()
    assert session.query(TimeEntry).one().removed_at is None
    assert session.query(Note).count() == 2
    moves = session.query(CaseMove).order_by(CaseMove.id).all()
    assert (moves[-1].from_status, moves[-1].to_status, moves[-1].operation) == (
        CaseStatus.IN_SERVICE, CaseStatus.PLACED, "casework.accept_transfer",
    )  # fmt: skip
    with pytest.raises(operations.NotOnTheCase), transaction():
        operations.add_time(handing.work.case, on_day=TODAY, hundredths=50, actor=handing.work.user)


def test_a_placed_case_stays_placed_and_the_next_checkin_is_the_new_leads(handing: Handing) -> None:
    with transaction():
        handing.work.case.status = CaseStatus.PLACED
    handing.ready()
    handing.accept()
    session.rollback()
    assert handing.work.case.status is CaseStatus.PLACED
    assert session.query(CaseMove).count() == 1
    assert next_checkin(handing.work.case) is not None


def test_the_attestation_is_kept_so_that_a_new_party_asks_the_new_lead_again(handing: Handing) -> None:
    handing.ready()
    handing.accept()
    session.rollback()
    cleared = session.query(Referral).one()
    assert (cleared.status, cleared.attested_version) == (ReferralStatus.CONFIRMED, 1)
    assert session.query(Assignment).filter_by(referral_id=cleared.id).one().volunteer_id == handing.volunteer_id


def test_each_check_is_kept_with_the_choice(handing: Handing) -> None:
    handing.prepare()
    handing.choose()
    assert set(handing.ask.checks) == {
        "approved", "licence", "credentials", "competence", "capacity", "conflicts", "other",
    }  # fmt: skip
    assert all(against == [] for against in handing.ask.checks.values())


UNFIT: list[tuple[str, str]] = [
    ("suspended", "not_approved"), ("licence", "no_licence"), ("level", "below_level"), ("full", "full"),
    ("barred", "barred"), ("excluded", "barred"), ("party", "barred"),
]  # fmt: skip


@pytest.mark.parametrize(("flaw", "rule"), UNFIT)
def test_nobody_is_chosen_against_a_check(handing: Handing, flaw: str, rule: str) -> None:
    handing.prepare()
    _spoil(handing, flaw)
    with pytest.raises(ReceiverUnfit) as no:
        handing.choose()
    assert rule in no.value.rules
    assert session.query(TransferAsk).count() == 0


def _spoil(handing: Handing, flaw: str) -> None:
    with transaction():
        person, case = handing.volunteer, handing.work.case
        if flaw == "suspended":
            person.status = VolunteerStatus.SUSPENDED
        elif flaw == "licence":
            case.licence = "MN"
        elif flaw == "level":
            case.level = "expert"  # type: ignore[assignment]
        elif flaw == "full":
            person.capacity = 0
        elif flaw == "barred":
            session.add(Bar(case_id=case.id, volunteer_id=person.id, reason="conflict"))
        elif flaw == "excluded":
            from app.volunteers.models import Standing

            session.add(Standing(volunteer=person, programme=case.programme, standing="excluded"))
        else:
            session.add(Party(case=case, role=PartyRole.ADVERSE, name=person.name))


@pytest.mark.parametrize("flaw", ["suspended", "licence", "full", "barred", "party"])
def test_every_check_is_made_again_at_the_acceptance(handing: Handing, flaw: str) -> None:
    handing.ready()
    _spoil(handing, flaw)
    with pytest.raises((NotForYou, AtCapacity)):
        handing.accept()
    assert leads(handing.work.case_id) == [handing.work.user.volunteer.id]


@pytest.mark.parametrize("flaw", ["suspended", "licence", "barred", "party"])
def test_whoever_may_not_take_it_by_now_reads_no_name_of_it(handing: Handing, client: FlaskClient, flaw: str) -> None:
    handing.ready()
    path = f"/my/take-over/{handing.ask.public_id}"
    factories.sign_in(client, handing.receiver)
    assert "Castro" in client.get(path).text
    _spoil(handing, flaw)
    assert "Castro" not in client.get(path).text
    with pytest.raises(NotForYou), transaction():
        receivers.see_names(handing.ask, actor=handing.receiver)


def test_after_its_time_the_names_are_gone_though_no_worker_has_ended_it(handing: Handing, client: FlaskClient) -> None:
    handing.ready()
    with clock.at(MONDAY + timedelta(days=20)):
        factories.sign_in(client, handing.receiver)
        assert "Castro" not in client.get(f"/my/take-over/{handing.ask.public_id}").text


def test_the_lead_is_not_chosen(handing: Handing) -> None:
    handing.prepare()
    with pytest.raises(SameLawyer), transaction():
        receivers.choose_receiver(handing.transfer_now, handing.work.lead.volunteer, actor=handing.work.staff)


def test_the_steps_come_in_their_order(handing: Handing) -> None:
    with transaction():
        receivers.open_transfer(handing.work.lead, "workload", actor=handing.work.staff)
    with pytest.raises(NotYet):
        handing.choose()
    with transaction():
        operations_transfer.write_checklist(handing.transfer_now, GIVEN, actor=handing.work.staff)
    handing.choose()
    assert handing.ask.status is A.CHOSEN
    assert "casework.receiver_asked" not in handing.work.mails()
    with pytest.raises(AskOver):
        handing.see()
    handing.agree()
    assert handing.transfer.status is S.OFFERED
    with pytest.raises(NamesNotSeen):
        handing.accept()
    assert [step.step for step in handing.transfer.steps] == ["opened", "checklist", "chosen", "consent", "asked"]


def test_the_consent_says_how_when_and_in_which_language(handing: Handing) -> None:
    handing.prepare()
    handing.choose()
    handing.agree()
    consent = session.query(Consent).filter_by(kind=ConsentKind.TRANSFER).one()
    assert (consent.given_how, consent.language, consent.given_at) == ("phone", "es", clock.now())
    assert consent.recorded_by_id == handing.work.staff_id
    assert handing.transfer.consent_id == consent.id
    assert handing.work.tasks()["transfer_consent"] == "given"


def test_an_unknown_way_to_agree_is_refused(handing: Handing) -> None:
    handing.prepare()
    with pytest.raises(NotGiven), transaction():
        receivers.agree(handing.transfer_now, "telepathy", actor=handing.work.staff)


def test_a_yes_to_an_earlier_transfer_does_not_count(handing: Handing) -> None:
    handing.prepare()
    handing.agree()
    with transaction():
        operations_transfer.take_back(handing.transfer_now, actor=handing.work.staff)
    handing.prepare()
    handing.choose()
    assert handing.ask.status is A.CHOSEN, "the client is asked again"
    handing.agree()
    assert handing.ask.status is A.ASKED
    kept = session.query(Consent).filter_by(kind=ConsentKind.TRANSFER, withdrawn_at=None)
    assert kept.count() == 1


def test_without_the_clients_consent_nothing_moves(handing: Handing) -> None:
    handing.ready()
    with transaction():
        session.query(Consent).filter_by(kind=ConsentKind.TRANSFER).update({"withdrawn_at": clock.now()})
    with pytest.raises(ConsentGone):
        handing.accept()
    assert leads(handing.work.case_id) == [handing.work.user.volunteer.id]


def test_a_party_added_meanwhile_is_read_before_the_yes(handing: Handing) -> None:
    handing.ready()
    with transaction():
        handing.work.case.parties_version = 2
    with pytest.raises(CheckAgain):
        handing.accept(names_read="1")


def test_who_read_the_names_is_in_the_audit_log(handing: Handing) -> None:
    handing.ready()
    entry = session.query(AuditEntry).filter_by(action="transfer.see_names").one()
    assert (entry.actor_id, entry.after) == (handing.receiver.id, {"parties_version": 1, "names": "all"})


@pytest.mark.parametrize(("answer", "bars"), [("declined", 0), ("conflict", 2)])
def test_a_no_brings_the_choice_back_to_staff_and_the_lead_stays(handing: Handing, answer: str, bars: int) -> None:
    with transaction():
        firm = factories.add(Organisation(name="Vale and Orchard"))
        session.add(Membership(volunteer=handing.volunteer, organisation=firm))
    handing.ready()
    handing.refuse(answer)
    handing.refuse(answer)
    assert handing.transfer.status is S.PREPARED
    assert handing.ask.status is A(answer)
    assert session.query(Bar).count() == bars
    assert leads(handing.work.case_id) == [handing.work.user.volunteer.id]
    assert handing.work.tasks()["choose_receiver"] is None
    assert handing.work.mails()[-1] == "casework.still_yours"
    with pytest.raises(AskOver):
        handing.accept()


def test_after_a_no_somebody_else_is_asked_without_asking_the_client_again(handing: Handing) -> None:
    handing.ready()
    handing.refuse("declined", reason="no_time")
    with transaction():
        handing.volunteer_id = factories.volunteer().id
    handing.choose()
    assert handing.ask.status is A.ASKED
    handing.see()
    handing.accept()
    assert leads(handing.work.case_id) == [handing.volunteer_id]


def test_the_receivers_time_stands_still_while_the_case_is_paused(handing: Handing) -> None:
    handing.ready()
    ends = handing.ask.ends_at
    assert ends is not None
    review_on = clock.today_in("America/Chicago") + timedelta(days=20)
    with transaction():
        clients.pause_case(handing.work.case, "client_away", review_on, actor=handing.work.staff)
    with clock.at(ends + timedelta(days=7)):
        assert transfer_jobs.expire_one() is False
        assert handing.ask.is_too_late is False
        with transaction():
            clients.resume_case(handing.work.case, actor=handing.work.staff)
        assert handing.ask.ends_at > ends + timedelta(days=7)
        handing.see()
        handing.accept()
    assert leads(handing.work.case_id) == [handing.volunteer_id]
    assert [kind for kind in handing.work.mails() if kind.startswith("casework.ask_")] == [
        "casework.ask_stands_still", "casework.ask_runs_on",
    ]  # fmt: skip


def test_the_receiver_hears_of_every_pause_that_ends_also_of_a_weekends(handing: Handing) -> None:
    handing.ready()
    saturday = datetime(2026, 3, 7, 18, tzinfo=UTC)
    with transaction():
        handing.ask.ends_at = ends = saturday + timedelta(days=4)
    for hours in (0, 2):
        with clock.at(saturday + timedelta(hours=hours)), transaction():
            clients.pause_case(handing.work.case, "client_away", date(2026, 3, 20), actor=handing.work.staff)
        with clock.at(saturday + timedelta(hours=hours + 1)), transaction():
            clients.resume_case(handing.work.case, actor=handing.work.staff)
    assert handing.ask.ends_at == ends, "the office was closed"
    assert handing.work.mails().count("casework.ask_runs_on") == 2


def test_the_receivers_time_runs_out_after_three_business_days(handing: Handing) -> None:
    handing.ready()
    ends = handing.ask.ends_at
    assert ends is not None
    assert (ends - clock.now()).days == 3
    assert transfer_jobs.expire_one() is False
    with clock.at(ends + timedelta(minutes=1)):
        with pytest.raises(AskOver):
            handing.accept()
        assert transfer_jobs.expire_one() is True
        assert transfer_jobs.expire_one() is False
        assert handing.ask.status is A.EXPIRED
        assert handing.transfer.status is S.PREPARED
    assert handing.work.mails()[-2:] == ["casework.ask_expired", "casework.still_yours"]
    assert handing.work.tasks()["choose_receiver"] is None


@pytest.mark.parametrize("who", ["user", "staff"])
def test_sender_and_staff_revoke_until_the_acceptance(handing: Handing, who: str) -> None:
    handing.ready()
    with transaction():
        operations_transfer.take_back(handing.transfer_now, actor=getattr(handing.work, who))
    assert handing.transfer.status is S.WITHDRAWN
    assert handing.ask.status is A.REVOKED
    assert "casework.no_longer_asked" in handing.work.mails()
    with pytest.raises(AskOver):
        handing.accept()


def test_nobody_revokes_after_the_acceptance(handing: Handing) -> None:
    handing.ready()
    handing.accept()
    with pytest.raises(TransferOver), transaction():
        operations_transfer.take_back(handing.transfer_now, actor=handing.work.staff)


def test_saying_yes_twice_is_one_lead(handing: Handing) -> None:
    handing.ready()
    assert handing.accept() == handing.accept()
    assert session.query(Assignment).filter_by(case_id=handing.work.case_id).count() == 2


def test_nobody_else_answers_for_the_receiver(handing: Handing) -> None:
    handing.ready()
    for who in (handing.work.staff, handing.work.user):
        with pytest.raises(NotAllowed), transaction():
            receivers.accept_transfer(handing.ask, actor=who)


def test_the_lead_asks_for_a_transfer_with_the_checklist(handing: Handing) -> None:
    with transaction():
        opened = receivers.open_transfer(handing.work.lead, "absence", actor=handing.work.user, given=GIVEN)
        operations_transfer.write_checklist(opened, GIVEN, actor=handing.work.user)
    assert handing.transfer.status is S.PREPARED
    assert handing.work.tasks()["choose_receiver"] is None


def test_staff_never_run_the_end_of_their_own_lead(handing: Handing) -> None:
    with transaction():
        from app.accounts import operations as accounts

        accounts.grant_role(handing.work.user, Role.COORDINATOR, actor=None, programme=handing.work.case.programme)
    handing.prepare()
    with pytest.raises(NotAllowed), transaction():
        receivers.choose_receiver(handing.transfer_now, handing.volunteer, actor=handing.work.user)
    with pytest.raises(NotAllowed), transaction():
        receivers.agree(handing.transfer_now, "phone", actor=handing.work.user)


def test_a_match_that_needs_a_mentor_has_one(handing: Handing) -> None:
    with transaction():
        handing.volunteer.mentor_ok = True
        handing.volunteer.areas[0].level = "learning"
        mentor_id = factories.volunteer(mentors_others=True).id
    handing.prepare()
    with pytest.raises(NeedsMentor):
        handing.choose()
    with transaction():
        mentor = session.get_one(Volunteer, mentor_id)
        receivers.choose_receiver(handing.transfer_now, handing.volunteer, actor=handing.work.staff, mentor=mentor)
    handing.agree()
    handing.see()
    handing.accept()
    live = session.query(Assignment.role).filter(Assignment.ended_at.is_(None)).order_by(Assignment.id)
    assert [role for (role,) in live] == ["lead", "mentor"]


def test_a_transfer_is_not_begun_beside_a_hand_back_that_waits(handing: Handing) -> None:
    with transaction():
        given = Checklist("Filed.", "Call.", next_date_on=TODAY + timedelta(days=2))
        operations_transfer.hand_back(handing.work.lead, "no_time", given, actor=handing.work.user)
    with pytest.raises(AlreadyOpen), transaction():
        receivers.open_transfer(handing.work.lead, "workload", actor=handing.work.staff)


def test_when_something_else_ends_the_lead_the_transfer_is_overtaken(handing: Handing) -> None:
    from app.matching.operations import end_assignment

    handing.ready()
    with transaction():
        end_assignment(handing.work.lead, "mistake", CaseStatus.AVAILABLE, actor=handing.work.staff)
    with pytest.raises(AskOver):
        handing.accept()
    assert transfer_jobs.drop_one() is True
    assert transfer_jobs.drop_one() is False
    assert (handing.transfer.status, handing.ask.status) == (S.SUPERSEDED, A.REVOKED)
    assert handing.work.mails()[-1] == "casework.no_longer_asked"


def test_a_withdrawn_case_asks_nobody_any_more(handing: Handing) -> None:
    handing.ready()
    with transaction():
        operations_closing.withdraw_case(handing.work.case, reason="solved", actor=handing.work.staff)
    assert handing.ask.status is A.REVOKED
    asked = session.query(Mail).filter_by(kind="casework.receiver_asked").one()
    assert reason_to_drop(asked) == "answered"


def test_nothing_of_another_case_is_touched(handing: Handing) -> None:
    other = begin()
    handing.ready()
    handing.accept()
    session.rollback()
    assert other.lead.ended_at is None
    assert session.execute(select(func.count(Task.id)).where(Task.case_id == other.case_id)).scalar_one() == 0
