"""Choosing what else stays hidden, so that no small count can be worked out, with as little lost as possible."""

from __future__ import annotations

from dataclasses import dataclass, field

from .hiding_system import Key, State, System, World

ALREADY = 1e-3  # moving what is hidden anyway costs next to nothing
ROUNDS = 3


class CannotHide(Exception):
    """A small count follows from what was published before, whatever is hidden now."""


@dataclass
class Choice:
    """What stays hidden of a publication, and why; each small count with a world in which it is none."""

    hidden: dict[Key, str] = field(default_factory=dict)  # small, or beside
    worlds: dict[Key, World] = field(default_factory=dict)

    def beside(self) -> list[Key]:
        """What is hidden only so that nothing follows from it."""
        return [key for key, why in self.hidden.items() if why == "beside"]


def choose(system: System) -> Choice:
    """Hide small counts and what would give them away.

    For each small count there is then another world of whole numbers that reads exactly the same and in which that
    count is at least as great as its floor; so no reader can work it out, nor that it is small.

    :raises CannotHide: there is no such world
    """
    choice = Choice()
    for key in system.sensitive():
        if system.figures[key].state is State.OPEN:
            choice.hidden[key] = "small"
    for key in system.sensitive():
        if key not in choice.worlds:
            _protect(system, choice, key)
    _show_again(system, choice)
    return choice


def _protect(system: System, choice: Choice, key: Key) -> None:
    world = system.other_world(key, _costs(system, choice, spare=False))
    if world is None:
        world = _cheapest(system, choice, key)
        for moved in world.moves:
            if system.figures[moved].state is State.OPEN:
                choice.hidden.setdefault(moved, "beside")
    _note(system, choice, world)


def _note(system: System, choice: Choice, world: World) -> None:
    """A world proves every small count that it lifts to its floor."""
    for key, by in world.moves.items():
        figure = system.figures[key]
        if figure.is_small and figure.state is not State.SHOWN and figure.value + by >= figure.floor:
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


def _cheapest(system: System, choice: Choice, key: Key) -> World:
    """The world that needs the least hidden; weighing again by how far each figure moved finds fewer of them."""
    costs, best, least = _costs(system, choice), None, float("inf")
    weighed = dict(costs)
    for _round in range(ROUNDS):
        world = system.other_world(key, weighed)
        if world is None:
            break
        lost = sum(costs[k] for k in world.moves if k != key and costs.get(k, 0) > ALREADY)
        if lost < least:
            best, least = world, lost
        weighed = dict(costs)
        weighed.update({k: costs[k] / abs(by) for k, by in world.moves.items() if costs.get(k, 0) > ALREADY})
    if best is None:
        raise CannotHide(str(key))
    return best


def _show_again(system: System, choice: Choice) -> None:
    """Show what turned out not to be needed, the dearest first."""
    for key in sorted(choice.beside(), key=lambda k: (-system.figures[k].weight, str(k))):
        reason = choice.hidden.pop(key)
        costs = _costs(system, choice, spare=False)
        found: dict[Key, World] = {}
        for small in [k for k, world in choice.worlds.items() if key in world.moves]:
            if small not in found:
                world = system.other_world(small, costs)
                if world is None:
                    choice.hidden[key] = reason
                    break
                found[small] = world
        else:
            choice.worlds.update(found)
