"""Choosing what else stays hidden, so that no small count can be worked out, with as little lost as possible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .hiding_system import Key, State, System, World

ALREADY = 1e-3  # moving what is hidden anyway costs next to nothing
ROUNDS = 3
ENOUGH, MOST = 2_000_000_000, 10_000_000_000  # numbers gone over: seconds, and what nobody should wait for


@dataclass
class Choice:
    """What stays hidden of a publication, and why; each small count with a world in which it is none."""

    hidden: dict[Key, str] = field(default_factory=dict)  # small, beside, withheld or kept
    worlds: dict[Key, World] = field(default_factory=dict)
    moving: dict[Key, list[World]] = field(default_factory=dict)  # the worlds in which a figure differs
    exposed: set[Key] = field(default_factory=set)  # small counts that would be known whatever is hidden

    def beside(self) -> list[Key]:
        """What is hidden only so that nothing follows from it."""
        return [key for key, why in self.hidden.items() if why == "beside"]


def choose(system: System, kept: Iterable[Key] = ()) -> Choice:
    """Hide small counts and what would give them away.

    For each small count there is then another world of whole numbers that reads exactly the same and in which that
    count is greater, and no longer a small one; so no reader can work it out.

    Where no such world is found, everything new that is bound to the count stays hidden. It may be exposed even so:
    that a figure is hidden says that it is not zero, which can be too much beside a total shown before.

    After enough work worlds are looked for nearby alone and nothing is shown again, so more stays hidden; what is
    still not proven after the most work counts as exposed.

    :param kept: what is hidden in any case
    """
    choice = Choice(dict.fromkeys(kept, "kept"))
    for key in system.sensitive():
        if system.figures[key].state is State.OPEN:
            choice.hidden[key] = "small"
    touched = _touched(system)
    for key in system.sensitive():
        if key in touched and key not in choice.worlds:
            _protect(system, choice, key)
    _show_again(system, choice)
    choice.exposed = {key for key in system.sensitive() if key in touched and _is_exposed(system, choice, key)}
    return choice


def _is_exposed(system: System, choice: Choice, key: Key) -> bool:
    figure = system.figures[key]
    if figure.state not in (State.OPEN, State.HIDDEN) or key in choice.worlds:
        return False
    costs = _costs(system, choice, spare=False)
    world = _of_known(system, choice, key, costs)
    if world is None and system.effort.spent < MOST:
        world = system.other_world(key, costs)
    if world is not None:
        _note(system, choice, world)
    return world is None


def _touched(system: System) -> set[Key]:
    """The figures of which something new could be learned; the others are as safe as they were."""
    pieces = [group for group in system.pieces() if any(system.figures[k].state is State.OPEN for k in group)]
    return set().union(*pieces)


def _protect(system: System, choice: Choice, key: Key) -> None:
    costs, far = _costs(system, choice, spare=False), system.effort.spent < ENOUGH
    world = _of_known(system, choice, key, costs) or system.other_world(key, costs, far=far)
    if world is None:
        world = _cheapest(system, choice, key, far=far)
        if world is None:
            _withhold(system, choice, key)
            return
        for moved in world.moves:
            if system.figures[moved].state is State.OPEN:
                choice.hidden.setdefault(moved, "beside")
    _note(system, choice, world)


def _withhold(system: System, choice: Choice, key: Key) -> None:
    """Hide everything new that any sum binds to a figure."""
    for group in system.pieces():
        if key in group:
            new = (k for k in group if system.figures[k].state is State.OPEN and system.figures[k].value > 0)
            choice.hidden.update({k: choice.hidden.get(k, "withheld") for k in new})


def _of_known(system: System, choice: Choice, key: Key, costs: Mapping[Key, float]) -> World | None:
    """A world made of one found before, turned round or repeated until it lifts this figure to its aim."""
    need = system.figures[key].aim - system.figures[key].value
    for world in choice.moving.get(key, ()):
        times = -(-need // abs(world.moves[key])) * (1 if world.moves[key] > 0 else -1)
        moves = {k: times * by for k, by in world.moves.items()}
        if all(k in costs and system.figures[k].value + by >= system.figures[k].least for k, by in moves.items()):
            return World(moves)
    return None


def _note(system: System, choice: Choice, world: World) -> None:
    """A world proves every small count that it lifts to its aim."""
    for key, by in world.moves.items():
        figure = system.figures[key]
        choice.moving.setdefault(key, []).append(world)
        if figure.is_small and figure.state is not State.SHOWN and figure.value + by >= figure.aim:
            choice.worlds.setdefault(key, world)


def _costs(system: System, choice: Choice, *, spare: bool = True) -> dict[Key, float]:
    """What moving each figure by one costs: little where it is hidden, its weight where it would have to be."""
    costs = {}
    for key, figure in system.figures.items():
        if key in choice.hidden or figure.state in (State.HIDDEN, State.WITHIN):
            costs[key] = ALREADY
        elif spare and figure.state is State.OPEN and figure.value > 0:
            costs[key] = figure.weight
    return costs


def _cheapest(system: System, choice: Choice, key: Key, *, far: bool) -> World | None:
    """The world that needs the least hidden; weighing again by how far each figure moved finds fewer of them."""
    costs, best, least = _costs(system, choice), None, float("inf")
    weighed = dict(costs)
    for _round in range(ROUNDS):
        world = system.other_world(key, weighed, far=far)
        if world is None:
            break
        lost = sum(costs[k] for k in world.moves if k != key and costs.get(k, 0) > ALREADY)
        if lost < least:
            best, least = world, lost
        weighed = dict(costs)
        weighed.update({k: costs[k] / abs(by) for k, by in world.moves.items() if costs.get(k, 0) > ALREADY})
    return best


def _show_again(system: System, choice: Choice) -> None:
    """Show what turned out not to be needed, the dearest first."""
    for key in sorted(choice.beside(), key=lambda k: (-system.figures[k].weight, str(k))):
        if system.effort.spent >= ENOUGH:
            return
        reason = choice.hidden.pop(key)
        costs = _costs(system, choice, spare=False)
        leaning = [small for small, world in choice.worlds.items() if key in world.moves]
        others = {small: choice.worlds.pop(small) for small in leaning}
        for small in leaning:
            world = choice.worlds.get(small) or _of_known(system, choice, small, costs)
            world = world or system.other_world(small, costs)
            if world is None:
                choice.hidden[key] = reason
                choice.worlds.update(others)
                break
            _note(system, choice, world)
