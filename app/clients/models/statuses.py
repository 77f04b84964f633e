"""The statuses of a case and every move between them."""

from __future__ import annotations

import enum


class CaseStatus(enum.StrEnum):
    """Where a case stands."""

    PRESCREEN = "prescreen"
    ACCEPTED = "accepted"
    AVAILABLE = "available"
    PLACED = "placed"
    IN_SERVICE = "in_service"
    CLOSING = "closing"
    CLOSED = "closed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    RETURNED_TO_STAFF = "returned_to_staff"
    NOT_PLACED = "not_placed"
    ADMINISTRATIVELY_CLOSED = "administratively_closed"


S = CaseStatus
OPEN = (S.PRESCREEN, S.ACCEPTED, S.AVAILABLE, S.PLACED, S.IN_SERVICE, S.CLOSING)
WITH_VOLUNTEER = (S.PLACED, S.IN_SERVICE, S.CLOSING)

MOVES: dict[tuple[CaseStatus, CaseStatus], str] = {
    (S.PRESCREEN, S.ACCEPTED): "clients.accept_case",
    (S.PRESCREEN, S.REJECTED): "clients.reject_case",
    (S.PRESCREEN, S.ADMINISTRATIVELY_CLOSED): "clients.close_incomplete",
    (S.ACCEPTED, S.AVAILABLE): "clients.list_case",
    (S.ACCEPTED, S.RETURNED_TO_STAFF): "clients.keep_with_staff",
    (S.AVAILABLE, S.ACCEPTED): "clients.take_off_docket",
    (S.AVAILABLE, S.PLACED): "matching.place",
    (S.AVAILABLE, S.RETURNED_TO_STAFF): "clients.keep_with_staff",
    (S.AVAILABLE, S.NOT_PLACED): "clients.tell_not_placed",
    (S.PLACED, S.IN_SERVICE): "casework.record_first_contact",
    (S.PLACED, S.AVAILABLE): "matching.end_assignment",
    (S.PLACED, S.ACCEPTED): "matching.end_assignment",
    (S.IN_SERVICE, S.AVAILABLE): "matching.end_assignment",
    (S.IN_SERVICE, S.ACCEPTED): "matching.end_assignment",
    (S.IN_SERVICE, S.CLOSING): "casework.report_closing",
    (S.IN_SERVICE, S.PLACED): "casework.accept_transfer",
    (S.PLACED, S.CLOSING): "casework.report_closing",
    (S.CLOSING, S.CLOSED): "casework.approve_closing",
    (S.CLOSING, S.IN_SERVICE): "casework.return_closing",
    (S.IN_SERVICE, S.ADMINISTRATIVELY_CLOSED): "casework.close_dormant",
    (S.CLOSED, S.IN_SERVICE): "casework.reopen_case",
    (S.CLOSED, S.ACCEPTED): "casework.reopen_case",
    **{(status, S.WITHDRAWN): "casework.withdraw_case" for status in OPEN},
}


class PriorityLevel(enum.StrEnum):
    """How urgent a case is."""

    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"

    @property
    def rank(self) -> int:
        """1 for critical to 4 for low."""
        return list(PriorityLevel).index(self) + 1


class SkillLevel(enum.StrEnum):
    """How much a matter asks, and how much a volunteer brings."""

    LEARNING = "learning"
    COMPETENT = "competent"
    EXPERIENCED = "experienced"
    EXPERT = "expert"


class Representation(enum.StrEnum):
    """Who represents the client."""

    VOLUNTEER_ONLY = "volunteer_only"
    CO_COUNSEL = "co_counsel"
    STAFF_WITH_HELP = "staff_with_help"
    BRIEF_ADVICE = "brief_advice"


class ServiceLevel(enum.StrEnum):
    """How much of the matter is taken on."""

    FULL = "full"
    LIMITED = "limited"


class OpeningStatus(enum.StrEnum):
    """Where an opening of a case stands."""

    NOT_LISTED = "not_listed"
    LISTED = "listed"
    FILLED = "filled"
    CLOSED = "closed"


class CaseRole(enum.StrEnum):
    """The part somebody plays on a case."""

    LEAD = "lead"
    CO_COUNSEL = "co_counsel"
    MENTOR = "mentor"
    SUPERVISING_ATTORNEY = "supervising_attorney"
    STUDENT = "student"
    PARALEGAL = "paralegal"
    INTERPRETER = "interpreter"
    SOCIAL_WORKER = "social_worker"
