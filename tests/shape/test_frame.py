"""What the frame around every page reads is the frame's own."""

from __future__ import annotations

import ast
from pathlib import Path

from flask import Flask

from app.desk.wiring import _frame

SAID_BY_A_PAGE = {"contact_line", "neutral_name"}  # a page without a sign-in may say them of one programme
APP = Path(__file__).parents[2] / "app"


def test_no_view_gives_its_template_a_name_of_the_frame(app: Flask) -> None:
    """Else the menu of that page shows something else, or nothing."""
    with app.test_request_context("/today"):
        framed = set(_frame()) - SAID_BY_A_PAGE
    calls = [
        (path, node)
        for path in sorted(APP.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "render_template"
    ]
    given = [(path.name, node.lineno, word.arg) for path, node in calls for word in node.keywords]
    assert {"places", "programme_name"} <= framed
    assert len(given) > 500
    assert [each for each in given if each[2] in framed] == []
