"""What a no teaches about a matter: whom to ask next. It counts for that matter alone and against nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from sqlalchemy import select

from app.clients.models import Opening
from app.core.db import session

from .models import Referral, ReferralStatus

# reason of a no: the terms of the fit that count more for the next proposal of the same matter
LEANS_ON: Mapping[str, tuple[str, ...]] = {
    "too_far": ("place",),
    "not_my_field": ("area", "expertise"),
    "too_long": ("slack",),
    "no_time": ("rotation",),
}
MOST = 3  # more noes of one kind teach nothing more


def leaning(reasons: Iterable[str | None]) -> dict[str, int]:
    """How many more times each term counts: once for each no that speaks of it, at most three times."""
    counted: Counter[str] = Counter()
    for reason, times in Counter(reasons).items():
        for term in LEANS_ON.get(reason or "", ()):
            counted[term] += min(times, MOST)
    return dict(counted)


def steered(worth: int, terms: Mapping[str, int], leans: Mapping[str, int]) -> int:
    """What a volunteer is worth to a matter, given what those who said no found wrong with it."""
    return worth + sum(times * terms.get(term, 0) for term, times in leans.items())


def reasons_given(opening: Opening) -> Counter[str]:
    """Why people said no to an opening, of those who told."""
    said_no = (Referral.opening_id == opening.id, Referral.status == ReferralStatus.DECLINED)
    stmt = select(Referral.reason).where(*said_no, Referral.requested_at.is_(None), Referral.reason.is_not(None))
    return Counter(reason for reason in session.execute(stmt).scalars() if reason)
