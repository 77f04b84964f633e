"""Small counts stay hidden, and so does whatever else would give them away."""

from __future__ import annotations

from collections.abc import Mapping


def hidden_members(cells: Mapping[str, int], *, small: int) -> set[str] | None:
    """The members of a table whose counts must not be shown beside its total; None: withhold the whole table.

    A count from 1 up to below `small` is hidden. Zeros are shown. The hidden counts must not be pinned by the
    total: two or more are hidden, and they are not all ones.

    :param cells: member → count; their sum is published beside them
    """
    hidden = {member for member, n in cells.items() if 0 < n < small}
    if not hidden:
        return hidden
    rest = sorted((n, member) for member, n in cells.items() if n >= small)
    while _pinned(cells, hidden):
        if not rest:
            return None
        hidden.add(rest.pop(0)[1])
    return hidden


def _pinned(cells: Mapping[str, int], hidden: set[str]) -> bool:
    return len(hidden) == 1 or sum(cells[m] for m in hidden) == len(hidden)


def is_small(count: int, small: int) -> bool:
    """Is a count one that must not be shown?"""
    return 0 < count < small
