"""How easy a text is: the age at which somebody can read it, in English and Spanish.

English: grade after Kincaid et al. (1975), 0.39 words per sentence + 11.8 syllables per word - 15.59, and five years.
Spanish: ease after Szigriszt-Pazos (1993), 206.835 - 62.3 syllables per word - words per sentence, and the age of the
school that reads such texts on the INFLESZ scale (Barrio-Cantalejo et al. 2008).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

WANTED = 11  # the age for which we write
TOO_HARD = 14  # from this age on a page says that it is hard
YOUNGEST, OLDEST = 6, 20
SCHOOLS = ((80, 9), (65, 11), (55, 14), (40, 17))  # from this ease on, readers of this age

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
ENGLISH = re.compile(r"[aeiouy]+")
# Two strong vowels, or a weak one with an accent, are two syllables.
SPANISH = re.compile(r"[iuü]?[aeoáéó](?:[iuüy](?![aeoáéó]))?|[íú]|[iuü]+y?|y\b")


def reading_age(sentences: Sequence[str], language: str) -> int:
    """The age at which somebody reads these sentences; of nothing at all the youngest."""
    words = [word.lower() for sentence in sentences for word in WORD.findall(sentence)]
    if not words:
        return YOUNGEST
    long = len(words) / max(1, sum(bool(WORD.search(each)) for each in sentences))
    if language == "es":
        ease = 206.835 - 62.3 * sum(map(_spanish, words)) / len(words) - long
        return next((age for least, age in SCHOOLS if ease >= least), OLDEST)
    grade = 0.39 * long + 11.8 * sum(map(_english, words)) / len(words) - 15.59
    return round(min(max(grade + 5, YOUNGEST), OLDEST))


def sentences_of(text: str) -> list[str]:
    """The sentences of a text."""
    return [part for part in re.split(r"[.!?:;]+\s|\n\s*\n", text) if WORD.search(part)]


def _english(word: str) -> int:
    """Groups of vowels, a silent e at the end aside."""
    found = len(ENGLISH.findall(word))
    silent = word.endswith("e") and not word.endswith(("le", "ee")) and found > 1
    return max(1, found - silent)


def _spanish(word: str) -> int:
    return max(1, len(SPANISH.findall(re.sub(r"([gq])u([eiéí])", r"\1\2", word))))
