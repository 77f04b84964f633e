"""Reading a page the way a test wants it: elements with their attributes and text."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass
class Element:
    """One element; its text includes that of the elements inside."""

    tag: str
    attrs: dict[str, str]
    inside: tuple[str, ...]
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The words, with single spaces."""
        return " ".join("".join(self.parts).split())

    def has(self, **wanted: str) -> bool:
        """Does it carry these attributes? `class_` matches one class of several."""
        for name, value in wanted.items():
            name = name.rstrip("_").replace("_", "-")
            found = self.attrs.get(name)
            if found is None or (value not in found.split() if name == "class" else found != value):
                return False
        return True


class Page(HTMLParser):
    """All elements of some HTML, in order; fails on tags that do not close properly."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()
        assert not self._open, f"not closed: {[e.tag for e in self._open]}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {k: v or "" for k, v in attrs}, tuple(e.tag for e in self._open))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {k: v or "" for k, v in attrs}, tuple(e.tag for e in self._open)))

    def handle_endtag(self, tag: str) -> None:
        assert [e.tag for e in self._open][-1:] == [tag], f"</{tag}> closes {[e.tag for e in self._open]}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.parts.append(data)

    def all(self, tag: str = "", **wanted: str) -> list[Element]:
        """Every element that matches."""
        return [e for e in self.elements if (not tag or e.tag == tag) and e.has(**wanted)]

    def one(self, tag: str = "", **wanted: str) -> Element:
        """The only element that matches."""
        found = self.all(tag, **wanted)
        assert len(found) == 1, f"{len(found)} × {tag} {wanted}"
        return found[0]
