"""How many misspelt names the conflict search finds, and how many strangers it shows with them.

    python -m benchmarks.names [people]

Ten thousand invented people and organisations are searched for variants of their own names, made in the ways names
are really miswritten. Beside ours, on the same names: equality of folded words, and rapidfuzz's WRatio at 88.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from itertools import islice

from rapidfuzz import fuzz, process

from app.clients.names import SHORT_NAMES, Index, Name, folded
from app.core.facts import rows_of
from app.demo.words import FAMILY, GIVEN

PER_KIND = 400
SHORT = {row["name"]: row["short_forms"].split(";") for row in rows_of(SHORT_NAMES)}
STARTS = ("Bal", "Cor", "Del", "Esp", "Fon", "Gal", "Hart", "Iver", "Jar", "Kel", "Lund", "Mar", "Nor", "Ost", "Pal",
          "Quin", "Ram", "Sand", "Tor", "Ur", "Val", "Wes", "Ybar", "Zam")  # fmt: skip
MIDDLES = ("a", "e", "i", "o", "an", "en", "er", "in", "or", "al", "el", "ach", "eth", "und")
ENDS = ("dez", "ton", "sen", "ville", "man", "ski", "rez", "well", "berg", "ford", "ley", "rado", "quist", "mora",
        "vich", "ney")  # fmt: skip
TRADES = ("Rentals", "Properties", "Credit", "Collections", "Management", "Holdings", "Motors", "Lending", "Homes")
FORMS = ("LLC", "Inc.", "LLP", "Corp.", "Ltd.", "Co.")
NEAR_KEYS = {"a": "s", "e": "r", "i": "o", "n": "m", "t": "y", "s": "d", "l": "k", "r": "t", "o": "p", "d": "f"}
LIKE_SOUNDS = (("ph", "f"), ("f", "ph"), ("ck", "k"), ("k", "ck"), ("c", "k"), ("z", "s"), ("v", "b"), ("ey", "y"),
               ("i", "y"), ("s", "z"))  # fmt: skip
ACCENTED = str.maketrans("aeioun", "áéíóúñ")


def people(count: int, rng: random.Random) -> list[str]:
    """Two-part names, half with a second family name or a middle name, half with one of seventy common family names."""
    made: set[str] = set()
    rare = sorted({a + b + c for a in STARTS for b in MIDDLES for c in ENDS})
    given = sorted({*GIVEN, *SHORT})
    while len(made) < count:
        more = rng.choice(("", "", rng.choice(rare), rng.choice(given)))
        parts = [rng.choice(given), more, rng.choice(rng.choice((FAMILY, rare)))]
        made.add(" ".join(part for part in parts if part))
    return sorted(made)


def firms(count: int, rng: random.Random) -> list[str]:
    made: set[str] = set()
    while len(made) < count:
        made.add(f"{rng.choice(STARTS)}{rng.choice(ENDS)} {rng.choice(STARTS).lower()}{rng.choice(MIDDLES)}".title()
                 + f" {rng.choice(TRADES)} {rng.choice(FORMS)}")  # fmt: skip
    return sorted(made)


def _somewhere(name: str, rng: random.Random) -> int:
    """A place inside a word, past its first letter."""
    inside = [at for at in range(1, len(name) - 1) if name[at - 1 : at + 2].isalpha()]
    return rng.choice(inside)


def swapped(name: str, rng: random.Random) -> str:
    at = _somewhere(name, rng)
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]


def dropped(name: str, rng: random.Random) -> str:
    at = _somewhere(name, rng)
    return name[:at] + name[at + 1 :]


def doubled(name: str, rng: random.Random) -> str:
    at = _somewhere(name, rng)
    return name[:at] + name[at] + name[at:]


def mistyped(name: str, rng: random.Random) -> str:
    fitting = [at for at, letter in enumerate(name) if at and letter in NEAR_KEYS]
    at = rng.choice(fitting)
    return name[:at] + NEAR_KEYS[name[at]] + name[at + 1 :]


def as_heard(name: str, _rng: random.Random) -> str:
    """The first family-name syllable that can be written otherwise is."""
    head, last = name.rsplit(" ", 1)
    for wrote, heard in LIKE_SOUNDS:
        if wrote in last[1:]:
            return f"{head} {last[0]}{last[1:].replace(wrote, heard, 1)}"
    return name


def turned(name: str, _rng: random.Random) -> str:
    head, last = name.rsplit(" ", 1)
    return f"{last} {head}"


def accented(name: str, _rng: random.Random) -> str:
    return name.translate(ACCENTED)


def hyphened(name: str, _rng: random.Random) -> str:
    head, last = name.rsplit(" ", 1)
    return f"{head}-{last}" if " " in head else name


def without_the_middle(name: str, _rng: random.Random) -> str:
    words = name.split()
    return f"{words[0]} {words[-1]}"


def by_letter(name: str, _rng: random.Random) -> str:
    words = name.split()
    return f"{words[0][0]}. {words[-1]}"


def two_slips(name: str, rng: random.Random) -> str:
    return mistyped(dropped(name, rng), rng)


def short_form(name: str, rng: random.Random) -> str:
    """The given name as friends say it, where one is known."""
    first, rest = name.split(" ", 1)
    return f"{rng.choice(SHORT[first])} {rest}" if first in SHORT else name


def other_form(name: str, rng: random.Random) -> str:
    return f"{name.rsplit(' ', 1)[0]}, {rng.choice(FORMS)}"


def no_form(name: str, _rng: random.Random) -> str:
    return f"The {name.rsplit(' ', 1)[0].upper()}"


def short_and_mistyped(name: str, rng: random.Random) -> str:
    """One wrong letter in a name of nine letters or fewer, where it weighs most."""
    first, last = name.split()[0], name.split()[-1]
    return mistyped(name, rng) if name == f"{first} {last}" and len(name) <= 10 else name


PERSONAL: tuple[Callable[[str, random.Random], str], ...] = (
    accented, turned, swapped, dropped, doubled, mistyped, as_heard, hyphened, without_the_middle, by_letter,
    two_slips, short_form, short_and_mistyped,
)  # fmt: skip
COMMERCIAL: tuple[Callable[[str, random.Random], str], ...] = (other_form, no_form, swapped, dropped, mistyped)


def figures(
    kind: Callable[[str, random.Random], str], known: list[str], index: Index, rng: random.Random, is_firm: bool
) -> tuple[int, list[float]]:
    """How many variants were made, and of each way of searching: recall, then strangers per search."""
    words = {name: set(folded(name).split()) for name in known}
    choices = {name: folded(name) for name in known}
    found, strangers = [0, 0, 0], [0, 0, 0]
    made = ((name, kind(name, rng)) for name in rng.sample(known, len(known)))
    tried = list(islice(((name, variant) for name, variant in made if variant != name), PER_KIND))
    for name, variant in tried:
        ours = {hit.found.text for hit in index.search(Name(variant, is_organisation=is_firm))}
        equal = {other for other, theirs in words.items() if theirs == set(folded(variant).split())}
        near = process.extract(folded(variant), choices, scorer=fuzz.WRatio, score_cutoff=88, limit=None)
        for at, hits in enumerate((ours, equal, {key for _, _, key in near})):
            found[at] += name in hits
            strangers[at] += len(hits - {name})
    return len(tried), [100 * f / len(tried) for f in found] + [s / len(tried) for s in strangers]


def main(count: int) -> None:
    rng = random.Random(7)
    print(f"{count} names; recall in %, and strangers shown per search\n")
    print(f"{'the name ...':32}{'tried':>6}{'ours':>8}{'equal':>8}{'WRatio':>8}   {'ours':>7}{'equal':>7}{'WRatio':>7}")
    for label, known, kinds in (("person", people(count, rng), PERSONAL), ("firm", firms(count, rng), COMMERCIAL)):
        is_firm = label == "firm"
        began = time.perf_counter()
        index = Index.of(Name(name, is_organisation=is_firm) for name in known)
        prepared = time.perf_counter() - began
        for kind in kinds:
            tried, (ours, equal, ratio, *strange) = figures(kind, known, index, rng, is_firm)
            shown = "".join(f"{each:7.2f}" for each in strange)
            print(f"{label + ': ' + kind.__name__:32}{tried:6}{ours:8.1f}{equal:8.1f}{ratio:8.1f}   {shown}")
        print(f"  {label}s prepared in {prepared:.2f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
