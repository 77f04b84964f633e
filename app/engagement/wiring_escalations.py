"""What the application takes from escalations: the last look at their mails, pauses, and the client's own word."""

from __future__ import annotations

from app.clients.lifecycle import follow_custody
from app.clients.operations_pauses import stand_still_with
from app.clients.safety_words import act_when_said

from . import mails_escalations, operations_escalation_hands, operations_escalations
from .operations_comparison import client_gave_sign


def init_app() -> None:
    """Register what happens beside the pages."""
    mails_escalations.init_app()
    stand_still_with(
        "escalations", paused=operations_escalations.case_paused, resumed=operations_escalations.case_resumed
    )
    act_when_said(client_gave_sign)
    follow_custody(operations_escalation_hands.custody_changed)
