"""Who may do what with an opening; plain predicates."""

from __future__ import annotations

from collections.abc import Iterable

from app.accounts.models import User
from app.clients.models import Case
from app.core.access import STAFF
from app.volunteers.models import Standing, Volunteer, VolunteerStatus

from .models import ClaimAnswer, Referral, ReferralWay

ONLY_WARN_A_CLAIMER = frozenset({"opted_out", "too_far", "too_long", "not_available", "asked_too_often"})
NEVER_OVERRIDDEN = frozenset(
    {"not_approved", "wrong_role", "no_licence", "no_credential", "no_training", "barred", "below_level"}
)
STILL_HERE = (VolunteerStatus.APPROVED, VolunteerStatus.PAUSED, VolunteerStatus.LAPSED)


def against_a_claim(rules: Iterable[str]) -> list[str]:
    """The rules that stop a volunteer who claims by themselves."""
    return [rule for rule in rules if rule not in ONLY_WARN_A_CLAIMER]


def warnings_of_a_claim(rules: Iterable[str]) -> list[str]:
    """The rules that only warn a volunteer who claims by themselves."""
    return [rule for rule in rules if rule in ONLY_WARN_A_CLAIMER]


def against_a_hand(rules: Iterable[str]) -> list[str]:
    """The rules that stop a coordinator's placement by hand, whatever the reason."""
    return [rule for rule in rules if rule in NEVER_OVERRIDDEN]


def against_a_holder(referral: Referral, rules: Iterable[str]) -> list[str]:
    """The rules that stop a holder from taking the matter: fewer where staff entered a yes past the shortlist."""
    return against_a_hand(rules) if referral.way is ReferralWay.HAND else against_a_claim(rules)


def may_hold_on(volunteer: Volunteer | None) -> bool:
    """May whoever holds a matter keep it and read its names? Not who was suspended, left or cannot sign in."""
    may_sign_in = volunteer is not None and volunteer.user is not None and volunteer.user.is_active
    return may_sign_in and volunteer.status in STILL_HERE  # type: ignore[union-attr]


def may_place(actor: User, case: Case) -> bool:
    """Staff of the case's programme send offers, answer requests and place by hand."""
    return case.programme_id in actor.programme_ids(*STAFF)


def may_answer_for(actor: User, organisation_id: int | None) -> bool:
    """A firm's coordinators hold, answer and name people for the firm, and for no other."""
    return organisation_id is not None and organisation_id in actor.organisation_ids()


def is_own(actor: User, referral: Referral) -> bool:
    """Is the attempt with the actor in person?"""
    return actor.volunteer is not None and referral.volunteer_id == actor.volunteer.id


def is_taken_at_once(case: Case, standing: Standing | None, said: ClaimAnswer | None, *, needs_mentor: bool) -> bool:
    """Does a clear attestation place the case without a coordinator's word?

    Never a sensitive matter, one that needs a mentor, or one of a kind that the programme wants to be asked for.
    Else by what the programme says of the kind or of all matters, or by the volunteer's standing.
    """
    if case.sensitive or needs_mentor or said is ClaimAnswer.ASK:
        return False
    return (
        said is ClaimAnswer.AT_ONCE
        or case.programme.claims_taken_at_once
        or (standing is not None and standing.takes_at_once)
    )


def standing_with(volunteer: Volunteer, case: Case) -> Standing | None:
    """How the volunteer stands with the case's programme."""
    return next((s for s in volunteer.standings if s.programme_id == case.programme_id), None)
