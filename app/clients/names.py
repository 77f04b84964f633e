"""Comparing names the way people misspell, shorten and transpose them; a hit says why, never how likely."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import jellyfish
from flask_babel import lazy_gettext as _l
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA
from sqlalchemy import Table, delete, func, insert, select

from app.core.db import session
from app.core.facts import rows_of
from app.core.sealed import fold, word_hashes

from .models import Case, Client, NameWord, Party, Person

LEGAL_FORMS = frozenset([
    "llc", "llp", "lp", "inc", "incorporated", "corp", "corporation", "co", "company", "ltd", "limited", "pllc", "pc",
    "plc", "na", "the", "and", "of", "dba",
])  # fmt: skip
SHORT_NAMES = Path(__file__).parent / "data" / "short_names.csv"
CLOSE = 88  # rapidfuzz ratio of sorted tokens: one or two letters in a usual name
SHORT, CLOSE_IF_SHORT = 12, 70  # up to so many letters, one slip weighs more than CLOSE allows
SOUNDS_FLOOR = 60  # two names that sound alike must also look somewhat alike
SEMIVOWELS = str.maketrans("", "", "YWH")  # Meyer and Maier

WHY: dict[str, Any] = {
    "same": _l("the same name"),
    "alias": _l("one of them is another name the person goes by"),
    "order": _l("the same names in another order"),
    "close": _l("nearly the same spelling"),
    "sound": _l("the names sound alike"),
    "part": _l("one name is contained in the other"),
    "short": _l("the same family name and a short form of the given name"),
    "initial": _l("the same family name and first letter"),
    "organisation": _l("the same organisation without its legal form"),
    "birth": _l("the same date of birth"),
    "other_birth": _l("but the dates of birth differ"),
    "contact": _l("the same phone, email or address"),
}
STRENGTH = {"same": 0, "organisation": 0, "order": 1, "close": 2, "part": 3, "sound": 4, "short": 4, "initial": 5}


@lru_cache(maxsize=65536)
def folded(text: str) -> str:
    """Lower case, without accents, marks and double spaces."""
    return fold(text)


def stripped(name: str) -> str:
    """A folded organisation's name without its legal form."""
    words = [word for word in folded(name).split() if word not in LEGAL_FORMS]
    return " ".join(words) or folded(name)


@dataclass(frozen=True)
class Name:
    """One name to compare: who bears it is up to the caller's `ref`."""

    text: str
    ref: Any = None
    is_organisation: bool = False
    is_alias: bool = False
    born_on: str | None = None

    @property
    def plain(self) -> str:
        """What is compared."""
        return stripped(self.text) if self.is_organisation else folded(self.text)


@dataclass(frozen=True)
class Hit:
    """A name found for a name searched, with every reason in codes of `WHY`."""

    searched: Name
    found: Name
    why: tuple[str, ...]

    @property
    def strength(self) -> int:
        """For ordering only: 0 is the most alike."""
        return min((STRENGTH[each] for each in self.why if each in STRENGTH), default=9)


@lru_cache(maxsize=65536)
def sounds(plain: str) -> frozenset[str]:
    """The phonetic keys of a folded name's words."""
    keys = (jellyfish.metaphone(word).translate(SEMIVOWELS) for word in plain.split() if len(word) > 1)
    return frozenset(key for key in keys if key)


@dataclass
class Index:
    """Names prepared once, so that searching ten thousand takes milliseconds."""

    names: list[Name] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)
    sorted_plain: list[str] = field(default_factory=list)
    by_word: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_last: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_sound: dict[frozenset[str], list[int]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, names: Iterable[Name]) -> Index:
        """Prepare names for searching."""
        made = cls()
        for name in names:
            made.add(name)
        return made

    def add(self, name: Name) -> None:
        """Take one more name in."""
        plain = name.plain
        if not plain:
            return
        at = len(self.names)
        words = plain.split()
        self.names.append(name)
        self.plain.append(plain)
        self.sorted_plain.append(" ".join(sorted(words)))
        for word in set(words):
            self.by_word[word].append(at)
        self.by_last[words[-1]].append(at)
        self.by_sound[sounds(plain)].append(at)

    def search(self, name: Name) -> list[Hit]:
        """Every candidate that is alike in some way, the most alike first."""
        plain = name.plain
        if not plain:
            return []
        found = self._alike(plain) | self._sharing_words(plain) | set(self.by_sound.get(sounds(plain), ()))
        hits = [Hit(name, self.names[at], why) for at in found if (why := reasons(name, self.names[at]))]
        return sorted(hits, key=lambda hit: (hit.strength, hit.found.text))

    def _alike(self, plain: str) -> set[int]:
        ordered = " ".join(sorted(plain.split()))
        least = CLOSE_IF_SHORT if len(ordered) <= SHORT else CLOSE
        near = process.extract(ordered, self.sorted_plain, scorer=fuzz.ratio, score_cutoff=least, limit=None)
        return {at for _, _, at in near}

    def _sharing_words(self, plain: str) -> set[int]:
        """Two words in common, or the last one: what `part` and `initial` ask for at least."""
        words = plain.split()
        times = Counter(at for word in set(words) for at in self.by_word.get(word, ()))
        return {at for at, count in times.items() if count > 1} | set(self.by_last.get(words[-1], ()))


def reasons(one: Name, other: Name) -> tuple[str, ...]:
    """Why two names are taken for alike, in codes; nothing where they are not."""
    if one.is_organisation or other.is_organisation:
        why = _organisation_reason(stripped(one.text), stripped(other.text), folded(one.text) == folded(other.text))
    else:
        why = _person_reason(one.plain, other.plain)
    if why is None:
        return ()
    more = ["alias"] if one.is_alias or other.is_alias else []
    if one.born_on and other.born_on:
        more.append("birth" if one.born_on == other.born_on else "other_birth")
    return (why, *more)


def _organisation_reason(one: str, other: str, same_text: bool) -> str | None:
    if one == other:
        return "same" if same_text else "organisation"
    words, others = one.split(), other.split()
    if sorted(words) == sorted(others):
        return "order"
    if fuzz.ratio(one, other) >= CLOSE:
        return "close"
    if _part(set(words), set(others)):
        return "part"
    return "sound" if _sound_alike(one, other) else None


def _person_reason(one: str, other: str) -> str | None:
    if one == other:
        return "same"
    words, others = one.split(), other.split()
    if sorted(words) == sorted(others):
        return "order"
    if _is_close(" ".join(sorted(words)), " ".join(sorted(others))):
        return "close"
    if _part(set(words), set(others)):
        return "part"
    if _sound_alike(one, other):
        return "sound"
    if _short_form(words, others):
        return "short"
    return "initial" if _same_initial(words, others) else None


def _is_close(one: str, other: str) -> bool:
    """A slip or two in a usual name, one in a short one."""
    if fuzz.ratio(one, other) >= CLOSE:
        return True
    return 5 <= max(len(one), len(other)) <= SHORT and OSA.distance(one, other, score_cutoff=1) <= 1


def _part(words: set[str], others: set[str]) -> bool:
    return len(words & others) >= 2 and (words <= others or others <= words)


def _sound_alike(one: str, other: str) -> bool:
    keys = sounds(one)
    return bool(keys) and keys == sounds(other) and len(keys) >= 2 and fuzz.token_sort_ratio(one, other) >= SOUNDS_FLOOR


def _same_initial(words: Sequence[str], others: Sequence[str]) -> bool:
    """`J. Castro` and `Jorge Castro`: same last word, and one gives only the first letter."""
    if len(words) < 2 or len(others) < 2 or words[-1] != others[-1]:
        return False
    return words[0][0] == others[0][0] and 1 in (len(words[0]), len(others[0]))


@lru_cache(maxsize=1)
def _roots() -> dict[str, set[str]]:
    """The given names that a short form, or the name itself, may stand for."""
    roots: dict[str, set[str]] = defaultdict(set)
    for row in rows_of(SHORT_NAMES):
        whole = folded(row["name"])
        for each in (whole, *map(folded, row["short_forms"].split(";"))):
            roots[each].add(whole)
    return roots


def _short_form(words: Sequence[str], others: Sequence[str]) -> bool:
    """`Bob Castro` and `Robert Castro`: same last word, and both first words may stand for one name."""
    if len(words) < 2 or len(others) < 2 or words[-1] != others[-1] or words[0] == others[0]:
        return False
    return bool(_roots().get(words[0], set()) & _roots().get(others[0], set()))


def hits(names: Iterable[Name], candidates: Index | Iterable[Name]) -> list[Hit]:
    """Every hit of some names among candidates."""
    index = candidates if isinstance(candidates, Index) else Index.of(candidates)
    return [hit for name in names for hit in index.search(name)]


def index_names(case: Case) -> None:
    """Keep the hashed words of a case's people and parties in step with their names."""
    session.flush()
    asked = select(Client.person_id).where(Client.case_id == case.id)
    persons = session.scalars(select(Person).where(Person.id.in_(asked))).all()
    parties = session.scalars(select(Party).where(Party.case_id == case.id)).all()
    for person in persons:
        _index(case, "people", person.id, [person.name, *(person.other_names or [])])
    for party in parties:
        known = [] if party.removed_at else [party.name, *(party.aliases or [])]
        _index(case, "parties", party.id, known)
    session.flush()


def _index(case: Case, kind: str, record_id: int, names: list[str]) -> None:
    table = cast(Table, NameWord.__table__)  # rows nobody holds, so past the session
    session.execute(delete(table).where(table.c.record_kind == kind, table.c.record_id == record_id))
    of = {"programme_id": case.programme_id, "record_kind": kind, "record_id": record_id}
    words = dict.fromkeys(each for name in names for each in word_hashes(name))
    if words:
        session.execute(insert(table), [{**of, "word_hash": each} for each in words])


def search_names(text: str, programme_ids: Sequence[int]) -> list[int]:
    """The ids of cases of the programmes in which somebody's name has all these whole words."""
    words = word_hashes(text)
    if not words or not programme_ids:
        return []
    found = (
        select(NameWord.record_kind, NameWord.record_id)
        .where(NameWord.word_hash.in_(words), NameWord.programme_id.in_(programme_ids))
        .group_by(NameWord.record_kind, NameWord.record_id)
        .having(func.count(NameWord.word_hash.distinct()) == len(words))
    )
    by_kind: dict[str, list[int]] = defaultdict(list)
    for kind, record_id in session.execute(found.limit(500)):
        by_kind[kind].append(record_id)
    cases = select(Party.case_id).where(Party.id.in_(by_kind["parties"]))
    clients = select(Client.case_id).where(Client.person_id.in_(by_kind["people"]))
    return sorted(set(session.scalars(cases)) | set(session.scalars(clients)))
