"""The nearest first: a binary heap of whole numbers that remembers where each stands.

An item is its distance above the number of who it is about. Steps are logarithmic in the size.
"""

from typing import Any

WHO_BITS = 24  # up to 16 million volunteers, and 39 bits of distance
MASK = (1 << WHO_BITS) - 1
FAR = 1 << 30


def lift(heap: Any, place: Any, at: int, item: int) -> None:
    """Set an item at or above a place of the heap."""
    while at > 0 and heap[(at - 1) >> 1] > item:
        heap[at] = heap[(at - 1) >> 1]
        place[heap[at] & MASK] = at
        at = (at - 1) >> 1
    heap[at] = item
    place[item & MASK] = at


def drop_least(heap: Any, place: Any, size: int) -> int:
    """Take the least item off the heap; return the new size."""
    size -= 1
    item = heap[size]
    at = 0
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= item:
            break
        heap[at] = heap[child]
        place[heap[at] & MASK] = at
        at = child
    heap[at] = item
    place[item & MASK] = at
    return size


PARTS = (lift, drop_least)
