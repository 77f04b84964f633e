"""People who ask for help in tests: what they type, and the browser they type it into."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from app.accounts.models import Programme
from app.clients import operations_intake as operations
from app.clients.models import IntakeDraft

PAGES: dict[str, dict[str, Any]] = {
    "names": {"given_name": "Yesenia", "family_name": "Marrón", "other_names": "Yesenia Olmos\nYesi Marrón"},
    "other_side": {
        "other_kind": "organisation",
        "other_name": "Birchwood Lettings LLC",
        "other_aliases": "Birchwood Homes",
        "other_more": "Carl Winding",
        "other_lawyer": "yes",
    },
    "place": {"county": "", "address": "4 Elm Street, Madison"},
    "reach": {"phone": "(608) 555-0123", "email": "yesenia@example.net"},
    "safe": {
        "call_safe": "yes",
        "call_hours": "after 4 pm",
        "call_say": "neutral",
        "text_safe": "no",
        "voicemail_safe": "unsure",
        "email_safe": "yes",
        "post_safe": "no",
    },
    "language": {"spoken": "en"},
    "household": {"adults": "1", "children": "2"},
    "income": {"income": "1,200", "income_period": "month"},
    "assets": {"assets": "0"},
    "circumstances": {"circumstances": ["child_at_home"]},
    "problem": {"problem": "landlord"},
    "story": {"story": "The owner wants us out by the end of the month."},
    "urgent": {"emergencies": [], "harms": ["home"]},
    "dates": {
        "has_dates": "yes",
        "date1_kind": "hearing",
        "date1_on-month": "12",
        "date1_on-day": "4",
        "date1_on-year": "2026",
        "date2_kind": "answer_due",
        "date2_unknown": "y",
    },
    "access": {"access": ["large_print"], "access_note": "I hear badly on the phone."},
    "consent": {"share_names": "yes"},
}

KEPT: dict[str, dict[str, Any]] = {
    **{name: dict(page) for name, page in PAGES.items()},
    "reach": {"phone": "608-555-0123", "email": "yesenia@example.net", "no_way": False},
    "household": {"adults": 1, "children": 2},
    "income": {"income": 120_000, "income_typed": "1,200", "income_period": "month"},
    "assets": {"assets": 0, "assets_typed": "0"},
    "dates": {
        "has_dates": "yes",
        "date1_kind": "hearing",
        "date1_on": "2026-12-04",
        "date2_kind": "answer_due",
        "date2_on": None,
        "date2_unknown": True,
    },
}


def place_of(programme: Programme) -> str:
    """The choice of a programme's first county."""
    return f"{programme.counties[0]}:{programme.public_id}"


def full_draft(programme: Programme, *, watched: bool = False, language: str = "en", **changes: Any) -> IntakeDraft:
    """A request with everything answered; name a step to answer it differently."""
    draft, _token = operations.begin_request(language=language, watched=watched, actor=None)
    kept = {**KEPT, "place": {**KEPT["place"], "county": place_of(programme)}}
    operations.save_pages(draft, {**kept, **changes}, actor=None)
    return draft


class Visitor:
    """A browser without script; every click is a request of its own."""

    def __init__(self, app: Flask, **headers: str) -> None:
        self.app, self.http, self.headers = app, app.test_client(), headers

    def get(self, path: str) -> TestResponse:
        """Open a page."""
        with self.app.app_context():
            return self.http.get(path, headers=self.headers)

    def post(self, path: str, **data: Any) -> TestResponse:
        """Send a form."""
        with self.app.app_context():
            return self.http.post(path, data=data.pop("data", data), headers=self.headers)

    def begin(self, watched: str = "no") -> TestResponse:
        """Begin a request."""
        return self.post("/help", watched=watched)

    def answer(self, programme_place: str, **changes: dict[str, Any]) -> None:
        """Fill in every page."""
        for name, page in {**PAGES, **changes}.items():
            data = {**page, "county": programme_place} if name == "place" else page
            answer = self.post(f"/help/{name}", data=data)
            assert answer.status_code == 303, (name, words(answer))


def words(answer: TestResponse) -> str:
    """The text of a page without its markup."""
    text = re.sub(r"(?s)<(script|svg|style).*?</\1>", " ", answer.text)
    return " ".join(re.sub(r"<[^>]+>", " ", text).replace("&#39;", "'").replace("&amp;", "&").split())


__all__ = ["KEPT", "PAGES", "Visitor", "full_draft", "place_of", "words"]
