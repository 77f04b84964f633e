"""The words for statuses, roles, kinds and reasons, one for each."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from . import facts
from .models import Credential, CredentialKind, VolunteerRole, VolunteerStatus
from .models_shifts import ShiftKind

S, R, C = VolunteerStatus, VolunteerRole, CredentialKind

STATUSES: dict[str, Any] = {
    S.APPLIED: _l("Applied"),
    S.VERIFYING: _l("Being screened"),
    S.APPROVED: _l("Approved"),
    S.PAUSED: _l("Paused"),
    S.LAPSED: _l("Lapsed"),
    S.SUSPENDED: _l("Suspended"),
    S.RETIRED: _l("Retired"),
    S.DECLINED: _l("Declined"),
}
STATUS_KINDS = {S.APPLIED: "wait", S.VERIFYING: "wait", S.APPROVED: "ok", S.LAPSED: "stop", S.SUSPENDED: "stop"}
ROLES: dict[str, Any] = {
    R.ATTORNEY: _l("Attorney"),
    R.STUDENT: _l("Law student"),
    R.GRADUATE: _l("Law graduate"),
    R.PARALEGAL: _l("Paralegal"),
    R.INTERPRETER: _l("Interpreter"),
    R.MENTOR: _l("Mentor to other volunteers"),
    R.SOCIAL_WORKER: _l("Social worker"),
}
LEVELS: dict[str, Any] = {
    "learning": _l("Learning: new to me"),
    "competent": _l("Competent: I have done it"),
    "experienced": _l("Experienced: I do it often"),
    "expert": _l("Expert: others ask me"),
}
KINDS: dict[str, Any] = {
    C.FULL_LICENCE: _l("Licence to practise"),
    C.EMERITUS: _l("Emeritus or pro bono licence"),
    C.IN_HOUSE: _l("In-house registration"),
    C.OUT_OF_STATE: _l("Out-of-state practice under a rule"),
    C.STUDENT_PRACTICE: _l("Student practice certificate"),
    C.GRADUATE: _l("Graduate practice certificate"),
    C.VA_ACCREDITATION: _l("VA accreditation"),
    C.EOIR_REGISTRATION: _l("Immigration court registration"),
    C.COURT_ADMISSION: _l("Admission to a court"),
    C.TRAINING: _l("Training"),
    C.MALPRACTICE_COVER: _l("Malpractice cover"),
    C.ORIENTATION: _l("Orientation"),
    C.BACKGROUND_CHECK: _l("Background check"),
    C.ATTESTATION: _l("Attestations"),
    C.SUPERVISION: _l("Supervising attorney"),
}
HOW: dict[str, Any] = {
    "register": _l("The bar's public register"),
    "letter": _l("A letter of good standing"),
    "certificate": _l("The certificate or policy, seen"),
    "call": _l("A call to whoever issued it"),
    "attended": _l("They attended; we were there"),
    "statement": _l("Their own signed statement"),
}
STANDINGS: dict[str, Any] = {
    "active": _l("Active, in good standing"),
    "limited_emeritus_pro_bono": _l("Emeritus or pro bono licence, in good standing"),
    "in_house_registered": _l("Registered in-house, in good standing"),
    "active_probation": _l("Active, on probation"),
    "inactive": _l("Inactive"),
    "retired": _l("Retired"),
    "delinquent": _l("Dues or registration overdue"),
    "suspended": _l("Suspended"),
    "disbarred": _l("Disbarred"),
    "resigned": _l("Resigned"),
    "deceased": _l("Deceased"),
    "unknown": _l("Not found in the register"),
}
REFUSALS: dict[str, Any] = {
    "not_found": _l("Not found where it should be"),
    "not_good_standing": _l("Not in good standing"),
    "expired": _l("Expired"),
    "not_readable": _l("The proof cannot be read or is missing"),
    "not_enough": _l("Does not cover what the role asks for"),
}
ENDINGS: dict[str, Any] = {
    "surrendered": _l("Given up by its holder"),
    "revoked": _l("Revoked or suspended by whoever issued it"),
    "replaced": _l("Replaced by a newer one"),
    "mistake": _l("Entered by mistake"),
}
DECLINES: dict[str, Any] = {
    "requirements": _l("Requirements are not met"),
    "no_answer": _l("Did not answer our questions"),
    "no_need": _l("We have no work of this kind"),
    "withdrew": _l("Withdrew the application"),
    "concern": _l("A concern that the file names"),
}
PAUSES: dict[str, Any] = {
    "busy": _l("Too busy just now"),
    "leave": _l("On leave"),
    "health": _l("Health or family"),
    "other": _l("Another reason"),
}
SUSPENSIONS: dict[str, Any] = {
    "discipline": _l("Discipline by a bar"),
    "complaint": _l("A complaint being looked into"),
    "no_contact": _l("Cannot be reached on an open case"),
    "other": _l("Another reason"),
}
RETIREMENTS: dict[str, Any] = {
    "asked": _l("Asked to leave"),
    "moved": _l("Moved away"),
    "inactive": _l("Took part in nothing for a long time"),
    "other": _l("Another reason"),
}
REOPENINGS: dict[str, Any] = {
    "applied_again": _l("Applied again"),
    "mistake": _l("Was ended by mistake"),
}
REINSTATEMENTS: dict[str, Any] = {
    "cleared": _l("What led to it is cleared up"),
    "mistake": _l("Was suspended by mistake"),
}
EXCLUSIONS: dict[str, Any] = {
    "conflict": _l("A standing conflict of interest"),
    "experience": _l("Experience on an earlier case"),
    "asked": _l("The volunteer asked"),
    "other": _l("Another reason"),
}
ATTESTATIONS: dict[str, Any] = {
    "standing": _l("Wherever I am licensed, I am in good standing, and I will say at once if that changes."),
    "confidential": _l("I keep what I learn about clients to myself, also about cases that I do not take."),
    "conflicts": _l("I check for conflicts of interest, mine and my firm's, before I take a case."),
    "free": _l("I take no money from a client whose case comes from here."),
}
COVERS: dict[str, Any] = {
    "own": _l("Yes, my own or my firm's"),
    "programme": _l("No, I need the programme's"),
    "unsure": _l("I am not sure"),
}
SHIFTS: dict[str, Any] = {
    ShiftKind.CLINIC: _l("Clinic"),
    ShiftKind.ADVICE: _l("Advice shift"),
}
ORGANISATIONS: dict[str, Any] = {
    "firm": _l("Law firm"),
    "company": _l("Company"),
    "school": _l("Law school"),
    "agency": _l("Public agency"),
    "other": _l("Other organisation"),
}
DIGESTS: dict[str, Any] = {
    "daily": _l("Every working day"),
    "weekly": _l("Once a week"),
    "never": _l("Never; I look myself"),
}
ACTS: dict[str, Any] = {
    "volunteer.apply": _l("Applied"),
    "volunteer.apply_again": _l("Applied again with the same address"),
    "volunteer.start_screening": _l("Screening started"),
    "volunteer.add_credential": _l("Credential entered"),
    "volunteer.verify_credential": _l("Credential verified"),
    "volunteer.refuse_credential": _l("Credential refused"),
    "volunteer.end_credential": _l("Credential ended"),
    "volunteer.approve": _l("Approved"),
    "volunteer.decline": _l("Declined"),
    "volunteer.invite": _l("Invited again"),
    "volunteer.lapse": _l("Lapsed: a requirement is no longer met"),
    "volunteer.restore": _l("Approved again: every requirement is met"),
    "volunteer.expire": _l("A credential ran out"),
    "volunteer.warn": _l("Warned that a credential ends soon"),
    "volunteer.pause": _l("Paused"),
    "volunteer.resume": _l("Back from the pause"),
    "volunteer.suspend": _l("Suspended"),
    "volunteer.reinstate": _l("Suspension lifted"),
    "volunteer.retire": _l("Retired"),
    "volunteer.reopen": _l("Screening reopened"),
    "volunteer.change_profile": _l("Profile changed"),
    "volunteer.confirm_profile": _l("Profile confirmed for a year"),
    "volunteer.set_standing": _l("Standing with a programme changed"),
    "volunteer.change_organisation": _l("Organisation changed"),
    "volunteer.confirm_organisation": _l("Organisation confirmed"),
    "volunteer.refuse_organisation": _l("Organisation said they are not of it"),
}


def credential_name(credential: Credential) -> str:
    """`Licence to practise, Wisconsin`."""
    where = facts.STATE_NAMES.get(credential.jurisdiction or "", credential.jurisdiction or "")
    return f"{KINDS[credential.kind]}{', ' + where if where else ''}"
