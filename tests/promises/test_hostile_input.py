"""Hostile forms and files: a clear refusal, little memory, never a failure."""

from __future__ import annotations

import gzip
import io
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from click.testing import CliRunner
from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from app.core.access import public
from app.core.db import session
from app.matching.commands import match_files_command

from . import crawl

SAMPLE = Path(__file__).parents[1] / "matching" / "sample_docket"
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"
MOST_READ = 2_000_000


@pytest.fixture
def database_url(world_url: str) -> str:
    return world_url


class Flood(io.RawIOBase):
    """A body that goes on and on, and counts how much of it was read."""

    def __init__(self, size: int) -> None:
        self.left, self.read_so_far = size, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        n = min(len(buffer), self.left)
        buffer[:n] = b"a" * n
        self.left -= n
        self.read_so_far += n
        return n


def part(name: str, value: bytes = b"a", more: str = "") -> bytes:
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value + b"\r\n"


BODIES: dict[str, tuple[bytes, str]] = {
    "ten thousand parts": (b"".join(part(f"f{n}") for n in range(10_000)) + b"--x--\r\n", PARTS),
    "ten thousand fields": (urlencode({f"f{n}": "a" for n in range(10_000)}).encode(), FORM),
    "one huge field": (b"name=" + b"a" * 700_000, FORM),
    "a huge part": (part("name", b"a" * 700_000) + b"--x--\r\n", PARTS),
    "a part without an end": (part("name")[:-4], PARTS),
    "parts without a boundary": (b"--x\r\n", "multipart/form-data"),
    "a boundary of a thousand characters": (b"--" + b"x" * 1000, f"multipart/form-data; boundary={'x' * 1000}"),
    "a file where a text should be": (
        part("name", b"\x89PNG\r\n\x1a\n<script>", '; filename="a.png"') + b"--x--",
        PARTS,
    ),
    "a file outside the folder": (part("name", b"a", '; filename="../../etc/passwd"') + b"--x--", PARTS),
    "bytes that are no text": (b"name=\xff\xfe\x80&\xc3=\x28", FORM),
    "half a surrogate": (b"name=%ed%a0%80&email=%ed%bf%bf", FORM),
    "null bytes": (b"name=%00&email=a%00b&na%00me=1", FORM),
    "an unknown character set": (b"name=a", f"{FORM}; charset=utf-77"),
    "deep nesting as JSON": (b"[" * 100_000 + b"]" * 100_000, "application/json"),
    "XML entities": (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "application/xml"),
    "plain text": (b"name=a", "text/plain"),
    "no type": (b"name=a", ""),
    "a packed bomb": (gzip.compress(b"a" * 50_000_000), FORM),
    "nested names": (b"&".join(b"a" + b"[a]" * n + b"=1" for n in range(200)), FORM),
    "nothing but marks": (b"&=&=&;;%&%%%=%zz", FORM),
}
QUICK_PEOPLE = (None, "coordinator@demo.test")
QUICK = ("a part without an end", "null bytes")
VALUES = {
    "null": "a\0b", "surrogate": "\ufffe\uffff", "long": "x" * 20_000, "number": "9" * 400, "minus": "-1",
    "huge": "99999999999999999999", "float": "1e309", "nan": "NaN", "right to left": "\u202ea\u2066",
    "spaces": " \t\u3000 ",
    "arabic digits": "١٢٣", "lines": "a\r\nBcc: b@example.net", "empty": "", "path": "../../etc/passwd",
    "wide": "🏛" * 300,
}  # fmt: skip


def post_targets(app: Flask, each_rule: int) -> Iterator[tuple[str | None, crawl.Form, str]]:
    """Who sends it, a form and its rule, for every form of everybody, then for every POST rule without one."""
    reached: set[str] = set()
    for email in crawl.PEOPLE if each_rule > 1 else QUICK_PEOPLE:
        for (rule, method), form in crawl.forms_of(app, email, each_rule).items():
            if method == "POST" and rule not in (*crawl.AWAY, *reached):
                reached.add(rule)
                yield email, form, rule
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and rule.rule not in (*crawl.AWAY, *reached):
            yield (
                "coordinator@demo.test",
                crawl.Form(next(crawl.addresses(rule, ["0" * 16])), "post", {"name": ""}),
                rule.rule,
            )


def hostile_forms(form: crawl.Form, chosen: list[str]) -> Iterator[tuple[str, bytes]]:
    """The form with one hostile value in every field that can be typed into, then in every field."""
    for name in chosen:
        value = VALUES[name].encode("utf-8", "surrogatepass")
        yield name, urlencode({f: value if f in form.free else v for f, v in form.fields.items()}).encode()
        yield f"{name} everywhere", urlencode(dict.fromkeys(form.fields, value)).encode()


def attack(
    app: Flask, bodies: list[str], values: list[str], each_rule: int
) -> tuple[int, int, Counter[int], list[str]]:
    """Send every hostile body to every POST rule: how many rules and tries, the answers, the failures.

    In a quick look each rule gets one of them, in turn.
    """
    said: Counter[int] = Counter()
    wrong, rules = [], 0
    for email, form, rule in post_targets(app, each_rule):
        rules += 1
        path, browser = urlsplit(form.action).path, crawl.browser_of(app, email)
        sent = bodies if each_rule > 1 else bodies[rules % len(bodies) :][:1]
        tries = [(name, *BODIES[name]) for name in sent]
        tries += [(name, body, FORM) for name, body in hostile_forms(form, values)]
        for name, body, kind in tries:
            session.rollback()
            answer = browser.post(path, data=body, content_type=kind)
            said[answer.status_code] += 1
            if answer.status_code >= 500:
                wrong.append(f"{rule} failed on {name}")
    return rules, said.total(), said, wrong


def check(app: Flask, bodies: list[str], values: list[str], each_rule: int) -> None:
    rules, tries, said, wrong = attack(app, bodies, values, each_rule)
    print(f"promise 13: {tries} hostile forms to {rules} POST rules: {len(wrong)} failed; {dict(said)}")  # noqa: T201
    assert rules > 100
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.promise(13)
def test_hostile_forms_are_refused(app: Flask) -> None:
    check(app, list(QUICK), [], each_rule=1)


@pytest.mark.full
@pytest.mark.promise(13)
def test_every_hostile_form_to_every_page(app: Flask) -> None:
    check(app, list(BODIES), list(VALUES), each_rule=4)


@pytest.mark.promise(13)
def test_every_hostile_body_to_a_public_form(app: Flask) -> None:
    browser = app.test_client()
    for name, (body, kind) in BODIES.items():
        answer = browser.post("/sign-in", data=body, content_type=kind)
        assert answer.status_code < 500, name


@pytest.mark.promise(13)
def test_a_page_that_fails_is_found(app: Flask) -> None:
    """The planted fault: a page that trusts what it is sent."""
    from flask import request

    app.add_url_rule("/trusting", "trusting", public(lambda: str(int(request.form["name"]))), methods=["POST"])
    browser = app.test_client()
    failed = [n for n, (b, k) in BODIES.items() if browser.post("/trusting", data=b, content_type=k).status_code >= 500]
    assert "half a surrogate" in failed


def send(app: Flask, path: str, flood: Flood, kind: str, **environ: object) -> int:
    """Post a flood as a web server hands it on; the status answered."""
    made = EnvironBuilder(path=path, method="POST", content_type=kind).get_environ()
    made.pop("CONTENT_LENGTH", None)
    made.update({"wsgi.input": io.BufferedReader(flood), **environ})
    _body, status, _headers = run_wsgi_app(app.wsgi_app, made)
    return int(status.split()[0])


@pytest.mark.promise(13)
@pytest.mark.parametrize("path", ["/sign-in", "/help", "/volunteer"])
def test_a_body_without_end_is_not_read(app: Flask, path: str) -> None:
    for kind in (FORM, PARTS, "application/json"):
        flood = Flood(1_000_000_000)
        status = send(app, path, flood, kind, CONTENT_LENGTH="1000000000")
        assert status == 413
        assert flood.read_so_far < MOST_READ
        flood = Flood(30_000_000)
        unmeasured = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
        status = send(app, path, flood, kind, **unmeasured)
        assert status < 500
        assert flood.read_so_far < MOST_READ


@pytest.mark.promise(13)
def test_a_packed_body_stays_packed(app: Flask) -> None:
    seen: list[int] = []

    def measure() -> str:
        from flask import request

        seen.append(len(request.get_data()))
        return "ok"

    app.add_url_rule("/measure", "measure", public(measure), methods=["POST"])
    packed = gzip.compress(b"a" * 50_000_000)
    app.test_client().post("/measure", data=packed, headers={"Content-Encoding": "gzip"})
    assert seen == [len(packed)]


def bad_pair(chance: random.Random, folder: Path) -> tuple[Path, Path]:
    """Two spreadsheets of which at least one was damaged."""
    made = []
    for name in ("cases.csv", "volunteers.csv"):
        path = folder / name
        path.write_bytes((SAMPLE / name).read_bytes())
        made.append(path)
    victim = chance.choice(made)
    victim.write_bytes(damage(chance, victim.read_bytes()))
    return made[0], made[1]


WRONG_CELLS = (
    b"\0", b"\xff\xfe", b"9" * 5000, b"-1e309", b"2026-13-45", b"\xe2\x80\xae", b'"', b"=1+1", b"x" * 200_000,
)  # fmt: skip
Lines = list[bytes]
DAMAGE: tuple[Callable[[random.Random, Lines, int], bytes], ...] = (
    lambda chance, lines, n: b"",
    lambda chance, lines, n: chance.randbytes(5000),
    lambda chance, lines, n: b"".join(lines[1:]),
    lambda chance, lines, n: lines[0] + b"".join(lines),
    lambda chance, lines, n: b"".join(lines)[: len(lines[0]) + 3 + n % 17],
    lambda chance, lines, n: b"PK\x03\x04" + b"".join(lines),
    lambda chance, lines, n: b"".join(lines).decode().encode("utf-16"),
    lambda chance, lines, n: b"".join([*lines[:n], lines[n].rstrip(b"\r\n") + b",more,cells\r\n", *lines[n + 1 :]]),
    lambda chance, lines, n: b"".join([*lines[:n], b'"' + lines[n], *lines[n + 1 :]]),
    lambda chance, lines, n: b"".join([*lines[:n], wrong_row(chance, lines[n]), *lines[n + 1 :]]),
)


def wrong_row(chance: random.Random, row: bytes) -> bytes:
    """A row of cells that nothing can be made of."""
    return b",".join(chance.choice(WRONG_CELLS) for _ in row.split(b",")) + b"\r\n"


def damage(chance: random.Random, good: bytes) -> bytes:
    """Bytes that are no longer a right spreadsheet."""
    lines = good.splitlines(keepends=True)
    return chance.choice(DAMAGE)(chance, lines, chance.randrange(1, len(lines)))


def try_bad_pairs(folder: Path, pairs: int) -> tuple[int, list[str]]:
    """How many pairs were refused, and what else happened."""
    refused, wrong = 0, []
    for n in range(pairs):
        each = folder / str(n)
        each.mkdir()
        cases, volunteers = bad_pair(random.Random(n), each)
        out = each / "out"
        out.mkdir()
        options = ["--as-of", "2026-11-21", "--out", str(out)]
        result = CliRunner().invoke(match_files_command, [str(cases), str(volunteers), *options])
        refused += result.exit_code != 0
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            wrong.append(f"pair {n}: {type(result.exception).__name__}: {result.exception}")
        if result.exit_code == 0 or any(out.iterdir()) or "Traceback" in result.output:
            wrong.append(f"pair {n}: exit {result.exit_code}: {result.output[:200]}")
    return refused, wrong


@pytest.mark.promise(13)
def test_bad_spreadsheets_are_refused(tmp_path: Path) -> None:
    refused, wrong = try_bad_pairs(tmp_path, 25)
    print(f"promise 13: {refused} of 25 bad pairs of spreadsheets refused")  # noqa: T201
    assert wrong == []


@pytest.mark.full
@pytest.mark.promise(13)
def test_two_hundred_bad_spreadsheets_are_refused(tmp_path: Path) -> None:
    refused, wrong = try_bad_pairs(tmp_path, 200)
    print(f"promise 13: {refused} of 200 bad pairs of spreadsheets refused")  # noqa: T201
    assert wrong == []


@pytest.mark.promise(13)
def test_good_spreadsheets_would_be_found_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: nothing was damaged, so something is written and the count is red."""
    monkeypatch.setattr("tests.promises.test_hostile_input.damage", lambda chance, good: good)
    refused, wrong = try_bad_pairs(tmp_path, 1)
    assert refused == 0
    assert wrong != []
