"""What the documents say is what the code does."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from flask import Flask

from app.clients.models import MOVES, CaseStatus

ROOT = Path(__file__).parents[2]
MOST_LINES, LONGEST_FUNCTION = 400, 40


def statuses_table() -> str:
    """The table of moves as docs/statuses.md holds it."""
    lines = ["| from | to | by |", "|---|---|---|"]
    order = list(CaseStatus)
    for (before, after), operation in sorted(MOVES.items(), key=lambda m: (order.index(m[0][0]), order.index(m[0][1]))):
        lines.append(f"| {before} | {after} | `{operation}` |")
    return "\n".join(lines)


def test_the_table_of_moves_is_the_code() -> None:
    assert statuses_table() in (ROOT / "docs" / "statuses.md").read_text()


def test_every_move_is_made_by_an_operation_that_exists() -> None:
    text = "\n".join(path.read_text() for path in (ROOT / "app").rglob("operations*.py"))
    for operation in set(MOVES.values()):
        assert f'"{operation}"' in text, operation


def modules() -> list[Path]:
    return sorted((ROOT / "app").rglob("*.py"))


def test_files_and_functions_keep_their_budget() -> None:
    too_long = [str(path) for path in modules() if len(path.read_text().splitlines()) > MOST_LINES]
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION:
                too_long.append(f"{path}:{node.lineno} {node.name}")
    assert too_long == []


def test_every_template_compiles_and_holds_no_inline_style_or_script(app: Flask) -> None:
    names = app.jinja_env.list_templates(extensions=["html", "txt"])
    assert len(names) > 60
    for name in names:
        app.jinja_env.get_template(name)
        source = app.jinja_env.loader.get_source(app.jinja_env, name)[0]
        assert not re.search(r"\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=\"", source), name


@pytest.mark.parametrize("folder", ["app", "tests", "docs", "benchmarks", "bin"])
def test_no_text_names_a_machine_or_a_registry(folder: str) -> None:
    places = re.compile("|".join(["/" + "work/", "/" + "farm/", "pypi" + r"\.org", "npmjs" + r"\.(com|org)"]))
    for path in (ROOT / folder).rglob("*"):
        if path.is_file() and path.suffix in {".py", ".md", ".html", ".txt", ".css", ".js", ".csv", ""}:
            assert not places.search(path.read_text(errors="ignore")), path
