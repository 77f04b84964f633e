"""Everything a client may read about a check-in is there in Spanish."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from app.engagement.question_sets import delivered

APP = Path(__file__).resolve().parents[2] / "app"
SAID = re.compile(r"""_l?\(\s*(["'])(.+?)\1\s*[,)]""")


def known() -> set[str]:
    found: set[str] = set()
    for path in APP.glob("**/translations/es/LC_MESSAGES/messages.po"):
        with path.open("rb") as file:
            found |= {m.id if isinstance(m.id, str) else m.id[0] for m in read_po(file) if m.id and m.string}
    return found


@pytest.mark.parametrize(
    "path",
    [
        "engagement/templates/engagement/checkin.html",
        "engagement/templates/engagement/thanks.html",
        "engagement/templates/engagement/checkin_over.html",
        "engagement/views/answering.py",
        "engagement/operations.py",
    ],
)
def test_every_sentence_of_a_clients_page_is_in_the_catalogue(path: str) -> None:
    said = {words for _quote, words in SAID.findall((APP / path).read_text(encoding="utf-8"))}
    assert said
    assert said - known() == set()


def test_every_question_and_answer_is_asked_in_both_languages() -> None:
    for questions in delivered().values():
        for asked in questions:
            for words in (asked, *asked.get("options", ())):
                assert words["en"].strip()
                assert words["es"].strip()
                assert words["en"] != words["es"] or words["en"] == "No"
