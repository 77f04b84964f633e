"""Which cases are placed: the lexicographically best set in priority order.

Walking down the order, a case joins when an alternating path leads from it to a volunteer with an open slot.
A failed search has seen a closed set of full volunteers; nothing later can open it, so it is never entered
again and all failed searches together read each pair once. The sets that can be placed are the independent
sets of a transversal matroid (Edmonds and Fulkerson 1965), which is why one walk is enough.

Before it is searched for, a path is tried for: a case takes the place of whoever sits with the volunteer fewest steps
from an open slot, as far as known, who goes on alike (the auction of Bertsekas 1988 with steps for prices). The steps
are only guesses: when a thousand moves lead nowhere the search decides, and after a failed one all moves are undone.
Work: pairs read once for the failures, a stretch a move, and a breadth-first search where moves do not end.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .candidates import Pairs
from .docket import Docket
from .machine import Machine

CLOSED = 1 << 30
MOVES = 1_000
LOOKED = 8


@dataclass(frozen=True)
class Coverage:
    """A placement of the covered set: each case's volunteer or -1 [cases], and each volunteer's held cases.

    `closed` [volunteers] is below 0 where a failed search closed somebody: -1 less the case it failed for.
    """

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


def nearest(c: int, volunteer: Any, start: Any, end: Any, steps: Any) -> tuple[int, int]:
    """Return the case's volunteer fewest steps from an open slot, or -1, and how many the next best needs."""
    chosen, least, second = -1, CLOSED, CLOSED
    for at in range(start[c], end[c]):
        v = volunteer[at]
        if steps[v] < least:
            chosen, least, second = v, steps[v], least
        elif steps[v] < second:
            second = steps[v]
        if second == 1:
            break
    return chosen, second


def least_held(v: int, head: Any, following: Any, height: Any) -> int:
    """Return the case that moves on most easily among the latest few the volunteer holds."""
    chosen = other = head[v]
    looked = 1
    while following[other] >= 0 and looked < LOOKED:
        other = following[other]
        looked += 1
        if height[other] <= height[chosen]:
            chosen = other
    return chosen


def displace(
    c: int, slots: Any, volunteer: Any, start: Any, end: Any, pointer: Any, load: Any,
    volunteer_of: Any, head: Any, following: Any, before: Any, steps: Any, height: Any, came: Any, went: Any,
) -> tuple[int, int]:  # fmt: skip
    """Seat a case where moves end soon; return who is left without a place, or -1, and how many moves were made."""
    for move in range(MOVES):
        v = open_volunteer(c, volunteer, end, pointer, load, slots)
        if v >= 0:
            load[v] += 1
            height[c] = 1
            seat(c, v, volunteer_of, head, following, before)
            steps[v] = 1 if load[v] == slots[v] else 0
            return -1, move
        v, second = nearest(c, volunteer, start, end, steps)
        if v < 0:
            return c, move
        other = least_held(v, head, following, height)
        unseat(other, volunteer_of, head, following, before)
        seat(c, v, volunteer_of, head, following, before)
        height[c] = min(second + 1, CLOSED - 1)
        steps[v] = height[least_held(v, head, following, height)]
        came[move], went[move] = c, other
        c = other
    return c, MOVES


def undo(moves: int, came: Any, went: Any, volunteer_of: Any, head: Any, following: Any, before: Any) -> None:
    """Take the moves back, the last first."""
    for move in range(moves - 1, -1, -1):
        v = volunteer_of[came[move]]
        unseat(came[move], volunteer_of, head, following, before)
        seat(went[move], v, volunteer_of, head, following, before)


def search(
    c: int, mark: int, slots: Any, volunteer: Any, start: Any, end: Any, pointer: Any, load: Any,
    head: Any, following: Any, seen: Any, entered_from: Any, queue: Any,
) -> tuple[int, int, int]:  # fmt: skip
    """Walk from a case to the first open slot; return its volunteer or -1, who led there and how many were asked."""
    reached, tail = 0, 1
    queue[0] = c
    while reached < tail:
        holder = queue[reached]
        reached += 1
        free = open_volunteer(holder, volunteer, end, pointer, load, slots)
        if free >= 0:
            return free, holder, reached
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
    return -1, c, reached


def cover(
    first: int, last: int, slots: Any, volunteer: Any, start: Any, end: Any, pointer: Any, load: Any,
    volunteer_of: Any, head: Any, following: Any, before: Any, seen: Any, entered_from: Any, queue: Any,
    steps: Any, height: Any, came: Any, went: Any,
) -> None:  # fmt: skip
    """Walk the cases [first, last) and place what can be placed; `seen` is a search's number, below 0 if closed."""
    for new in range(first, last):
        c, moves = displace(
            new, slots, volunteer, start, end, pointer, load, volunteer_of, head, following, before,
            steps, height, came, went,
        )  # fmt: skip
        if c < 0:
            continue
        free, holder, reached = search(
            c, new + 1, slots, volunteer, start, end, pointer, load, head, following, seen, entered_from, queue
        )
        if free < 0:
            close(new, reached, queue, volunteer, start, end, seen, steps)
            undo(moves, came, went, volunteer_of, head, following, before)
            continue
        load[free] += 1
        height[holder] = 1
        steps[free] = 1 if load[free] == slots[free] else 0
        shift(c, holder, free, volunteer_of, head, following, before, entered_from)


def close(new: int, reached: int, queue: Any, volunteer: Any, start: Any, end: Any, seen: Any, steps: Any) -> None:
    """Mark every volunteer of a failed search as closed, from this case on."""
    for i in range(reached):
        for at in range(start[queue[i]], end[queue[i]]):
            if seen[volunteer[at]] >= 0:
                seen[volunteer[at]] = -1 - new
            steps[volunteer[at]] = CLOSED


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


PARTS = (seat, unseat, open_volunteer, nearest, least_held, displace, undo, search, close, shift)


def cover_docket(docket: Docket, pairs: Pairs, machine: Machine, watch: Any) -> Coverage:
    """Return the lexicographically best covered set and one placement of it."""
    cases, volunteers = len(docket.cases), len(docket.volunteers)
    run = machine.kernel(cover)
    pointer = machine.share(np.array(pairs.start, dtype=np.int64))
    volunteer_of, following, before = (machine.vector(cases, -1) for _ in range(3))
    head, seen = machine.vector(volunteers, -1), machine.vector(volunteers)
    load, entered_from, queue = machine.vector(volunteers), machine.vector(volunteers), machine.vector(cases + 1)
    steps = machine.share(np.where(docket.slots > 0, 0, CLOSED).astype(np.int32))
    height, came, went = machine.vector(cases), machine.vector(MOVES), machine.vector(MOVES)
    slots = machine.share(docket.slots)
    for at in range(0, cases, watch.step):
        last = min(at + watch.step, cases)
        run(
            at, last, slots, pairs.volunteer, pairs.start, pairs.end, pointer, load,
            volunteer_of, head, following, before, seen, entered_from, queue,
            steps, height, came, went,
        )  # fmt: skip
        watch.tell("coverage", last, cases)
    return Coverage(volunteer_of, head, following, seen)
