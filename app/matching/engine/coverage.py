"""Which cases are placed: the lexicographically best set in priority order.

Walking down the order, a case joins when an alternating path leads from it to a volunteer with an open slot.
A failed search has seen a closed set of full volunteers; nothing later can open it, so it is never entered
again and all failed searches together read each pair once. The sets that can be placed are the independent
sets of a transversal matroid (Edmonds and Fulkerson 1965), which is why one walk is enough.
Work: pairs read once for the failures plus one breadth-first search for each rearrangement.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .candidates import Pairs
from .docket import Docket
from .machine import Machine


@dataclass(frozen=True)
class Coverage:
    """A placement of the covered set: each case's volunteer or -1 [cases], and each volunteer's held cases."""

    volunteer_of: Any
    head: Any
    following: Any
    closed: Any


def seat(c: int, v: int, volunteer_of: Any, head: Any, following: Any, before: Any) -> None:
    """Put a case at the front of the volunteer's list."""
    volunteer_of[c] = v
    following[c] = head[v]
    before[c] = -1
    if head[v] >= 0:
        before[head[v]] = c
    head[v] = c


def unseat(c: int, volunteer_of: Any, head: Any, following: Any, before: Any) -> None:
    """Take a case out of its volunteer's list."""
    if before[c] >= 0:
        following[before[c]] = following[c]
    else:
        head[volunteer_of[c]] = following[c]
    if following[c] >= 0:
        before[following[c]] = before[c]
    volunteer_of[c] = -1


def open_volunteer(c: int, volunteer: Any, end: Any, pointer: Any, load: Any, slots: Any) -> int:
    """Return the case's first volunteer with an open slot, or -1; full ones stay full, so never look back."""
    at = pointer[c]
    while at < end[c] and load[volunteer[at]] >= slots[volunteer[at]]:
        at += 1
    pointer[c] = at
    return volunteer[at] if at < end[c] else -1


def cover(
    first: int, last: int, slots: Any, volunteer: Any, start: Any, end: Any, pointer: Any, load: Any,
    volunteer_of: Any, head: Any, following: Any, before: Any, seen: Any, entered_from: Any, queue: Any,
) -> int:  # fmt: skip
    """Walk the cases [first, last) and place what can be placed; `seen` holds the search's number or -1 (closed)."""
    placed = 0
    for c in range(first, last):
        free, holder, reached, tail = -1, c, 0, 1
        queue[0] = c
        mark = c + 1
        while reached < tail:
            holder = queue[reached]
            reached += 1
            free = open_volunteer(holder, volunteer, end, pointer, load, slots)
            if free >= 0:
                break
            for at in range(start[holder], end[holder]):
                v = volunteer[at]
                if seen[v] == mark or seen[v] < 0:
                    continue
                seen[v] = mark
                entered_from[v] = holder
                other = head[v]
                while other >= 0:
                    queue[tail] = other
                    tail += 1
                    other = following[other]
        if free < 0:
            close(c, reached, queue, volunteer, start, end, seen)
            continue
        placed += 1
        load[free] += 1
        shift(c, holder, free, volunteer_of, head, following, before, entered_from)
    return placed


def close(c: int, reached: int, queue: Any, volunteer: Any, start: Any, end: Any, seen: Any) -> None:
    """Mark every volunteer of a failed search as closed."""
    for i in range(reached):
        for at in range(start[queue[i]], end[queue[i]]):
            seen[volunteer[at]] = -1


def shift(
    c: int, holder: int, free: int, volunteer_of: Any, head: Any, following: Any, before: Any, entered_from: Any
) -> None:
    """Move each case on the path to the next volunteer, the new case coming last."""
    target = free
    while holder != c:
        left = volunteer_of[holder]
        unseat(holder, volunteer_of, head, following, before)
        seat(holder, target, volunteer_of, head, following, before)
        target = left
        holder = entered_from[left]
    seat(c, target, volunteer_of, head, following, before)


PARTS = (seat, unseat, open_volunteer, close, shift)


def cover_docket(docket: Docket, pairs: Pairs, machine: Machine, watch: Any) -> Coverage:
    """Return the lexicographically best covered set and one placement of it."""
    cases, volunteers = len(docket.cases), len(docket.volunteers)
    run = machine.kernel(cover)
    pointer = machine.share(np.array(pairs.start, dtype=np.int64))
    volunteer_of, following, before = (machine.vector(cases, -1) for _ in range(3))
    head, seen = machine.vector(volunteers, -1), machine.vector(volunteers)
    load, entered_from, queue = machine.vector(volunteers), machine.vector(volunteers), machine.vector(cases + 1)
    slots = machine.share(docket.slots)
    for at in range(0, cases, watch.step):
        last = min(at + watch.step, cases)
        run(
            at, last, slots, pairs.volunteer, pairs.start, pairs.end, pointer, load,
            volunteer_of, head, following, before, seen, entered_from, queue,
        )  # fmt: skip
        watch.tell("coverage", last, cases)
    return Coverage(volunteer_of, head, following, seen)
