"""The wanted list: which imagined volunteers would place most of what stays unplaced.

A profile is what one unplaced case needs. Profiles are taken greedily by how many cases not yet counted they
could take. Counts only fall as cases are counted, so a heap of old counts, refreshed at the top, gives the same
order as counting everything anew each time. Cases alike in what they need are counted as one kind.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .docket import Docket
from .problems import categories, fold
from .tables import LEVEL_NUMBER


@dataclass(frozen=True, slots=True)
class Profile:
    """What a volunteer would need to bring; fields in the order their text is compared."""

    role: str
    licence: str
    area: str
    level: str
    county: str
    remote: str
    language: str
    credentials: str
    trainings: str


@dataclass(frozen=True, slots=True)
class Want:
    """A profile worth recruiting and the unplaced cases, as indices, it would newly place."""

    profile: Profile
    cases: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """What decides whether a profile takes a case."""

    profile: Profile
    interpreter: bool


def _need(docket: Docket, index: int) -> Need:
    case = docket.cases[index]
    return Need(
        Profile(
            role=case.role,
            licence=(case.licence or case.state) if case.role == "attorney" else "",
            area=categories()[fold(case.problem_code)],
            level=case.level,
            county=case.county,
            remote="no" if case.in_person else "yes",
            language=case.language,
            credentials=";".join(sorted(set(case.credentials))),
            trainings=";".join(sorted(set(case.trainings))),
        ),
        case.interpreter,
    )


def _items(text: str) -> frozenset[str]:
    return frozenset(text.split(";")) if text else frozenset()


class Group:
    """Needs alike in role and category, as columns, with the cases of each not yet counted."""

    def __init__(self, needs: Sequence[Need], cases: Sequence[list[int]]) -> None:
        profiles = [need.profile for need in needs]
        self.cases = cases
        self.left = np.array([len(members) for members in cases])
        self.first = np.array([members[0] for members in cases])
        self.licence = np.array([profile.licence for profile in profiles])
        self.level = np.array([LEVEL_NUMBER[profile.level] for profile in profiles])
        self.county = np.array([profile.county for profile in profiles])
        self.remote = np.array([profile.remote == "yes" for profile in profiles])
        self.language = np.array([profile.language for profile in profiles])
        self.interpreter = np.array([need.interpreter for need in needs])
        self.credentials, self.credential_sets = self._sets([profile.credentials for profile in profiles])
        self.trainings, self.training_sets = self._sets([profile.trainings for profile in profiles])

    @staticmethod
    def _sets(texts: list[str]) -> tuple[np.ndarray, list[frozenset[str]]]:
        numbers: dict[str, int] = {}
        places = np.array([numbers.setdefault(text, len(numbers)) for text in texts])
        return places, [_items(text) for text in numbers]

    def taken_by(self, profile: Profile) -> np.ndarray:
        """Return which needs a volunteer of this profile could take."""
        licensed = (self.licence == profile.licence) | (self.licence == "any")
        near = (self.county == profile.county) | (self.remote & (profile.remote == "yes"))
        speaks = self.interpreter | (self.language == profile.language) | (self.language == "en")
        able = licensed & near & speaks & (self.level <= LEVEL_NUMBER[profile.level])
        for places, sets, text in (
            (self.credentials, self.credential_sets, profile.credentials),
            (self.trainings, self.training_sets, profile.trainings),
        ):
            offered = _items(text)
            able &= np.array([needed <= offered for needed in sets])[places]
        taken: np.ndarray = np.nonzero(able & (self.left > 0))[0]
        return taken


def _grouped(docket: Docket, unplaced: Sequence[int]) -> dict[tuple[str, str], Group]:
    kinds: dict[tuple[str, str], dict[Need, list[int]]] = {}
    for index in unplaced:
        need = _need(docket, index)
        kinds.setdefault((need.profile.role, need.profile.area), {}).setdefault(need, []).append(index)
    return {key: Group(list(members), list(members.values())) for key, members in kinds.items()}


def wanted_list(docket: Docket, unplaced: Sequence[int]) -> list[Want]:
    """Return the profiles to recruit, the most useful first, until every unplaced case is counted."""
    groups = _grouped(docket, unplaced)
    profiles = {_need(docket, index).profile for index in unplaced}

    def entry(profile: Profile) -> tuple[int, int, tuple[str, ...], Profile]:
        group = groups[profile.role, profile.area]
        taken = group.taken_by(profile)
        first = int(group.first[taken].min()) if len(taken) else len(docket.cases)
        return -int(group.left[taken].sum()), first, _text(profile), profile

    heap = [entry(profile) for profile in profiles]
    heapq.heapify(heap)
    wants = []
    while heap:
        fresh = entry(heap[0][3])
        if fresh != heap[0]:
            heapq.heapreplace(heap, fresh)
            continue
        heapq.heappop(heap)
        if fresh[0] == 0:
            break
        wants.append(_count(groups, fresh[3]))
    return wants


def _text(profile: Profile) -> tuple[str, ...]:
    return tuple(getattr(profile, name) for name in Profile.__slots__)


def _count(groups: dict[tuple[str, str], Group], profile: Profile) -> Want:
    group = groups[profile.role, profile.area]
    taken = group.taken_by(profile)
    cases = sorted(index for kind in taken for index in group.cases[kind])
    group.left[taken] = 0
    return Want(profile, tuple(cases))
