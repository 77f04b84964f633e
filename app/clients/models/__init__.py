"""What is stored about people who ask for help and their cases."""

from .cases import Case, CaseGrant, CaseMove, Custody, Opening, Supervision
from .people import (
    Channel,
    ChannelKind,
    Client,
    ClientKind,
    Consent,
    ConsentKind,
    Demographics,
    Document,
    IntakeDraft,
    NameWord,
    Person,
)
from .screening import (
    ConflictSearch,
    CriticalDate,
    EligibilityDecision,
    MeritsDecision,
    Party,
    PartyRole,
    Priority,
    PriorityRules,
)
from .statuses import (
    MOVES,
    OPEN,
    WITH_VOLUNTEER,
    CaseRole,
    CaseStatus,
    OpeningStatus,
    PriorityLevel,
    Representation,
    ServiceLevel,
    SkillLevel,
)
from .updates import ClientChoices, ClientLetter, ClientUpdate, MessageText

__all__ = [
    "MOVES", "OPEN", "WITH_VOLUNTEER", "Case", "CaseGrant", "CaseMove", "CaseRole", "CaseStatus", "Channel",
    "ChannelKind", "Client", "ClientChoices", "ClientKind", "ClientLetter", "ClientUpdate", "ConflictSearch", "Consent",
    "ConsentKind", "CriticalDate", "Custody", "Demographics", "Document", "EligibilityDecision", "IntakeDraft",
    "MeritsDecision",
    "MessageText", "NameWord", "Opening", "OpeningStatus", "Party", "PartyRole", "Person", "Priority", "PriorityLevel",
    "PriorityRules", "Representation", "ServiceLevel", "SkillLevel", "Supervision",
]  # fmt: skip
