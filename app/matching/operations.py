"""Everything that happens to an attempt to place a case, by name."""

from .operations_attest import attest, confirm_request, refuse_request, void_attestation
from .operations_holds import (
    expire_hold,
    extend_hold,
    hold,
    join_waiting_list,
    look_before_hold,
    release_names,
    see_parties,
    warn_holder,
    withdraw_hold,
)
from .operations_line import drop_referral, offer_next_in_line
from .operations_offers import accept_offer, decline_offer, send_offer
from .operations_placement import bar, end_assignment, place, place_by_hand

__all__ = [
    "accept_offer", "attest", "bar", "confirm_request", "decline_offer", "drop_referral", "end_assignment",
    "expire_hold", "extend_hold", "hold", "join_waiting_list", "look_before_hold", "offer_next_in_line", "place",
    "place_by_hand", "refuse_request", "release_names", "see_parties", "send_offer", "void_attestation", "warn_holder",
    "withdraw_hold",
]  # fmt: skip
