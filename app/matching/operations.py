"""Everything that happens to an attempt to place a case, by name."""

from .operations_attest import CLEAR, CONFLICT, attest, confirm_request, refuse_request, void_attestation
from .operations_by_hand import hold_by_hand
from .operations_firms import (
    accept_for_firm,
    ask_firm,
    attest_for_firm,
    hold_for_firm,
    name_person,
    promise_privacy,
    take_name_back,
    wait_for_firm,
    withdraw_for_firm,
)
from .operations_holds import (
    expire_hold,
    extend_hold,
    hold,
    join_waiting_list,
    let_barred_go,
    let_go,
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
    "CLEAR", "CONFLICT", "accept_for_firm", "accept_offer", "ask_firm", "attest", "attest_for_firm", "bar",
    "confirm_request",
    "decline_offer", "drop_referral", "end_assignment", "expire_hold", "extend_hold", "hold", "hold_by_hand",
    "hold_for_firm", "join_waiting_list", "let_barred_go", "let_go", "look_before_hold", "name_person",
    "offer_next_in_line", "place", "place_by_hand", "promise_privacy", "refuse_request", "release_names",
    "see_parties", "send_offer",
    "take_name_back", "void_attestation", "wait_for_firm", "warn_holder", "withdraw_for_firm", "withdraw_hold",
]  # fmt: skip
