"""What happens to a case before it is placed; the operations stand in modules by what they are about."""

from __future__ import annotations

from .operations_consent import record_consent
from .operations_dates import (
    add_critical_date,
    change_critical_date,
    finish_critical_date,
    settle_critical_date,
    suggest_critical_date,
)
from .operations_docket import (
    extend_clock,
    keep_with_staff,
    list_case,
    take_off_docket,
    tell_not_placed,
    write_listing,
)
from .operations_parties import (
    add_party,
    change_party,
    decide_conflicts,
    open_narrative,
    remove_party,
    search_conflicts,
)
from .operations_pauses import pause_case, resume_case
from .operations_priority import change_rules, end_override, override_priority
from .operations_screening import (
    accept_case,
    ask_for_missing,
    change_matter,
    change_triage,
    close_incomplete,
    decide_eligibility,
    judge_merits,
    receive_missing,
    reject_case,
)

__all__ = [
    "accept_case", "add_critical_date", "add_party", "ask_for_missing", "change_critical_date", "change_matter",
    "change_party", "change_rules", "change_triage", "close_incomplete", "decide_conflicts",
    "decide_eligibility", "end_override", "extend_clock", "finish_critical_date", "judge_merits",
    "keep_with_staff", "list_case", "open_narrative", "override_priority", "pause_case", "receive_missing",
    "record_consent", "reject_case", "remove_party", "resume_case", "search_conflicts",
    "settle_critical_date", "suggest_critical_date", "take_off_docket", "tell_not_placed",
    "write_listing",
]  # fmt: skip
