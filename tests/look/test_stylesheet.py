"""The stylesheet holds what the pages use, and nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .gallery import APP

CSS = APP / "static" / "app.css"
MOST_BYTES = 25_700
WORDS = re.compile(r"[a-zA-Z][\w-]*")


def classes(css: str) -> set[str]:
    """The classes that a stylesheet has rules for."""
    plain = re.sub(r'/\*.*?\*/|url\([^)]*\)|"[^"]*"', "", css, flags=re.DOTALL)
    heads = re.findall(r"[^{}]*\{", plain)
    return {name for head in heads for name in re.findall(r"\.([a-zA-Z][\w-]*)", head)}


def names_in_template(text: str) -> Iterator[str]:
    """What a template may write into a class: attributes, quoted words of its expressions, one-word blocks."""
    for attribute in re.findall(r'class="((?:\{[{%].*?[%}]\}|[^"])*)"', text, re.DOTALL):
        yield from WORDS.findall(attribute)
        yield from (f"{numbered}{n}" for numbered in re.findall(r"\b([a-z])\{\{", attribute) for n in range(6))
    for expression in re.findall(r"\{[{%](.*?)[%}]\}", text, re.DOTALL):
        for one, two in re.findall(r"'([^']*)'|\"([^\"]*)\"", expression):
            yield from one.split() + two.split()
    for words in re.findall(r"\{% block \w+ %\}([\w -]+)\{% endblock %\}", text):
        yield from words.split()


def names_in_python(text: str) -> Iterator[str]:
    """The strings of a module that could be classes."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 40:
            yield from node.value.split()


def test_every_class_of_the_stylesheet_is_on_some_page() -> None:
    used = {name for path in APP.glob("**/*.html") for name in names_in_template(path.read_text())}
    used |= {name for path in APP.glob("**/*.py") for name in names_in_python(path.read_text())}
    assert len(used) > 300
    assert sorted(classes(CSS.read_text()) - used) == []


def test_a_class_that_no_page_uses_is_found() -> None:
    """The planted fault."""
    assert classes('/* .a */ .never-used-anywhere .b:hover{margin:.5rem;background:url("x.png")}') == {
        "never-used-anywhere",
        "b",
    }


def test_every_token_is_asked_for() -> None:
    css = CSS.read_text()
    made = set(re.findall(r"(--(?!pico)[\w-]+):", css))
    assert sorted(made - set(re.findall(r"var\((--[\w-]+)", css))) == []


def test_the_stylesheet_stays_small() -> None:
    assert CSS.stat().st_size <= MOST_BYTES
