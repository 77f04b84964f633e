"""Walks the desk as somebody: opens every page that a page names, and gathers the forms on them."""

from __future__ import annotations

import itertools
import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.routing.converters import AnyConverter, NumberConverter
from werkzeug.test import TestResponse

from app.accounts.queries import find_user
from app.core.access import ANY, Role, declared
from app.core.db import Base, session
from app.core.mail import Mail
from tests import factories

PEOPLE = (  # who reaches most goes first: what a rule takes is found once
    None,
    "coordinator@demo.test",
    "volunteer@demo.test",
    "firm@demo.test",
    "admin@demo.test",
    "northwoods@demo.test",
    "funder@demo.test",
)
AWAY = ("/sign-out", "/leave")
TAKES: dict[str, set[str]] = {}  # the kinds of record whose ids a rule was found to take
FORMS: dict[str | None, dict[tuple[str, str], Form]] = {}  # what each was found to be shown


@dataclass
class Form:
    """A form as a page shows it."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    free: set[str] = field(default_factory=set)  # what can be typed, not chosen


@dataclass
class Page:
    """A page somebody opened."""

    url: str
    rule: str
    status: int
    kind: str
    text: str


class Reader(HTMLParser):
    """Addresses and forms of a page."""

    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self.base, self.addresses, self.forms = base, [], []  # type: ignore[var-annotated]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.addresses.append(urljoin(self.base, given["href"]))
        elif tag == "form":
            action = urljoin(self.base, given.get("action") or self.base)
            self.forms.append(Form(action, given.get("method", "get").lower()))
        elif self.forms and tag in ("input", "textarea", "select", "button", "option"):
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        form, name = self.forms[-1], given.get("name", "")
        if tag == "select":
            self.choosing = name
        if tag == "option":
            form.fields.setdefault(getattr(self, "choosing", ""), given.get("value", ""))
        elif name and tag != "select":
            form.fields.setdefault(name, given.get("value", ""))
            if tag == "textarea" or given.get("type", "text") in ("text", "email", "tel", "search", "number", "hidden"):
                form.free.add(name)


def browser_of(app: Flask, email: str | None) -> FlaskClient:
    """A browser of the person with that address, or of nobody."""
    browser = app.test_client()
    session.rollback()
    if email is not None:
        who = find_user(email)
        assert who is not None, email
        factories.sign_in(browser, who)
    return browser


def rule_of(app: Flask, url: str, method: str = "GET") -> str:
    """The rule that an address of this site belongs to, or nothing."""
    try:
        endpoint_rule, _values = app.url_map.bind("localhost").match(
            urlsplit(url).path, method=method, return_rule=True
        )
    except HTTPException:
        return ""
    return "" if endpoint_rule.endpoint == "static" else endpoint_rule.rule


def known_ids(most: int) -> dict[str, list[str]]:
    """Some public ids of every kind of record."""
    found = {}
    for mapper in Base.registry.mappers:
        kind = mapper.class_
        if hasattr(kind, "public_id"):
            found[kind.__tablename__] = list(
                session.execute(select(kind.public_id).order_by(kind.id.desc()).limit(most)).scalars()
            )
    return found


def open_rules(app: Flask, roles: frozenset[Role] | None) -> Iterator[Rule]:
    """The rules that somebody may open without a mailed link."""
    for rule in app.url_map.iter_rules():
        allowed = declared(app.view_functions[rule.endpoint]) or frozenset()
        may = not allowed or (roles is not None and (allowed == ANY or bool(allowed & roles)))
        if may and "GET" in (rule.methods or ()) and rule.endpoint != "static" and "token" not in rule.arguments:
            yield rule


def mailed_links() -> list[str]:
    """The paths that mails lead to, newest first."""
    texts = session.execute(select(Mail.text).order_by(Mail.id.desc()).limit(60)).scalars()
    return [urlsplit(url).path for text in texts for url in re.findall(r"https?://\S+", text)]


def addresses(rule: Rule, ids: list[str]) -> Iterator[str]:
    """A rule's addresses with every choice and every id in the places that take one."""
    kinds = {name: rule._converters[name] for name in rule.arguments}
    choices = {name: sorted(kind.items) for name, kind in kinds.items() if isinstance(kind, AnyConverter)}
    free = set(kinds) - set(choices)
    for each in ids if free else [""]:
        values: dict[str, Any] = {n: 1 if isinstance(kinds[n], NumberConverter) else each for n in free}
        for chosen in itertools.product(*choices.values()):
            built = rule.build({**values, **dict(zip(choices, chosen, strict=True))}, append_unknown=False)
            assert built is not None
            yield built[1]


@dataclass
class Walk:
    """What one person saw."""

    pages: list[Page]
    forms: dict[tuple[str, str], Form]  # the first form for each rule and method


def walk(app: Flask, email: str | None, each_rule: int, begin: list[str]) -> Walk:
    """Open up to so many pages of each rule: by every link first, then what no link leads to, by any id at all."""
    browser, who = browser_of(app, email), find_user(email) if email else None
    # limits are counted for each address
    browser.environ_base["REMOTE_ADDR"] = f"127.0.0.{(*PEOPLE, email).index(email) + 2}"
    rules = list(open_rules(app, frozenset(who.role_names) if who else None))
    ids = known_ids(min(each_rule, 3))
    kinds = {each: kind for kind, of in known_ids(10_000).items() for each in of}
    session.rollback()
    going = Going(app, browser, each_rule, kinds)
    going.follow([*begin, *(url for rule in rules for url in addresses(rule, [""]) if not rule.arguments)])
    for rule in rules:
        if rule.arguments and going.opened[rule.rule] < each_rule:
            taken = TAKES.get(rule.rule) or set(ids)
            going.follow(list(addresses(rule, [each for kind, of in ids.items() if kind in taken for each in of])))
    FORMS[email] = going.found.forms
    return going.found


def forms_of(app: Flask, email: str | None, each_rule: int) -> dict[tuple[str, str], Form]:
    """The forms somebody is shown; every day those of the last walk do, for the small world is always the same."""
    if each_rule > 1 or email not in FORMS:
        walk(app, email, each_rule, mailed_links())
    return FORMS[email]


@dataclass
class Going:
    """A walk under way."""

    app: Flask
    browser: FlaskClient
    each_rule: int
    kinds: dict[str, str]
    found: Walk = field(default_factory=lambda: Walk([], {}))
    opened: Counter[str] = field(default_factory=Counter)
    tried: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)

    def follow(self, begin: list[str]) -> None:
        """Open these addresses and every link from there on."""
        line = deque(begin)
        while line:
            url = line.popleft()
            parts = urlsplit(url)
            address = parts.path + (f"?{parts.query}" if parts.query else "")
            rule = rule_of(self.app, parts.path)
            if address not in self.seen and rule and rule not in AWAY and self._is_wanted(rule):
                self.seen.add(address)
                self.tried[rule] += 1
                self._open(address, rule, line)

    def _is_wanted(self, rule: str) -> bool:
        return self.opened[rule] < self.each_rule and self.tried[rule] < 80

    def _open(self, address: str, rule: str, line: deque[str]) -> None:
        answer = look(self.browser, address)
        if answer.status_code in (301, 302, 303, 308):
            line.appendleft(answer.headers["Location"])
        if answer.status_code not in (404, 403):
            self.opened[rule] += answer.status_code == 200
            TAKES.setdefault(rule, set()).update(self.kinds[part] for part in address.split("/") if part in self.kinds)
            said = answer.data.decode(errors="replace")  # of a PDF too
            self.found.pages.append(Page(address, rule, answer.status_code, answer.mimetype, said))
            gather(self.app, self.found, line, address, answer)


def look(browser: FlaskClient, address: str) -> TestResponse:
    session.rollback()
    return browser.get(address)


def gather(app: Flask, found: Walk, line: deque[str], address: str, answer: TestResponse) -> None:
    """Remember the links and forms of a page."""
    if answer.mimetype != "text/html":
        return
    reader = Reader(address)
    reader.feed(answer.text)
    line.extend(url for url in reader.addresses if urlsplit(url).netloc in ("", "localhost"))
    for form in reader.forms:
        method = form.method.upper()
        rule = rule_of(app, form.action, method)
        if rule:
            found.forms.setdefault((rule, method), form)
