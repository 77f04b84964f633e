"""The parts people play on a case: who may take one, what each opens, and which do not go together."""

from __future__ import annotations

from collections.abc import Sequence

from .models.statuses import CaseRole

R = CaseRole
ATTORNEY = "attorney"
NEVER_ALONE = frozenset({"student", "graduate", "paralegal"})  # only beside an attorney who answers for them
ANSWER_FOR_OTHERS = (R.LEAD, R.SUPERVISING_ATTORNEY)
TAKERS: dict[CaseRole, tuple[str, ...]] = {
    R.CO_COUNSEL: ("attorney",),
    R.MENTOR: ("mentor",),
    R.SUPERVISING_ATTORNEY: ("attorney",),
    R.STUDENT: ("student", "graduate"),
    R.PARALEGAL: ("paralegal",),
    R.INTERPRETER: ("interpreter",),
    R.SOCIAL_WORKER: ("social_worker",),
}
PART_OF: dict[str, CaseRole] = {
    "attorney": R.CO_COUNSEL,
    "mentor": R.MENTOR,
    "student": R.STUDENT,
    "graduate": R.STUDENT,
    "paralegal": R.PARALEGAL,
    "interpreter": R.INTERPRETER,
    "social_worker": R.SOCIAL_WORKER,
}
LAWYERS = frozenset({"attorney", "mentor"})
NEEDS_NO_FIELD = frozenset({"interpreter", "social_worker"})  # no area of law, licence or registration is asked of them
READS_FILE = frozenset({R.LEAD, R.CO_COUNSEL, R.MENTOR, R.SUPERVISING_ATTORNEY, R.STUDENT, R.PARALEGAL})


def takers(part: CaseRole, named: Sequence[str] | None, asked_by_case: str) -> tuple[str, ...]:
    """As what somebody may take an opening: as the case asks for its lead, as named, else as the part says."""
    if part is R.LEAD:
        return (asked_by_case,)
    return tuple(named) if named else TAKERS[part]


def part_of_package(named: Sequence[str]) -> CaseRole:
    """The part under which a package stands until somebody takes it."""
    return PART_OF[named[0]]


def exclude_each_other(one: CaseRole, other: CaseRole) -> bool:
    """May nobody play both parts on one case? Everyone with the file has one part; nobody has a part twice."""
    return one is other or (one in READS_FILE and other in READS_FILE)
