"""Promise 7: mail reveals nothing. Every template of a mail is found on disk, so that a new one is tried too."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jinja2 import Environment, nodes
from sqlalchemy import select, update

from app import create_app
from app.clients import operations_status
from app.clients.choices import Choices, choose
from app.clients.mails import OCCASIONS, portal_link_asked, tell_client
from app.clients.models import Case, CaseStatus, Channel, ChannelKind, Client, Party, PartyRole
from app.core import bounces, clock, db, delivery
from app.core.bounces import Kind, Report
from app.core.db import session, transaction
from app.core.mail import Mail, MailStatus
from app.engagement import jobs
from app.tasks.models import Task
from config import Settings
from tests import factories
from tests.conftest import KEYS
from tests.core.mail_servers import Postmaster, running

APP = Path(__file__).resolve().parents[2] / "app"
MONDAY = datetime(2026, 3, 2, 16, tzinfo=UTC)
MAILS = sorted(
    path for path in APP.rglob("*.txt") if "templates" in path.parts and re.search(r"mails", path.parent.name)
)
# What a template may say of a case, its people and its programme; beside these only days, counts, addresses and words.
MAY_SAY = re.compile(
    r"(case|matter|each\.case|opening\.case|part\.case|row\.case)\.(number|public_id)"
    r"|(programme|case\.programme|each\.case\.programme)(\.(name|phone|sender_name|prefix))?"
    r"|(volunteer|person|mentor|reader|receiver|colleague|lead|follower)\.(given_name|name|short_name|family_name)"
)
NEVER = re.compile(
    r"narrative|listing|part(y|ies)\b|adverse|problem|forum|court|client\.(person|name)|person\.|born|amount|county"
    r"|\bnote\b|\bstory\b|title|household|income|safety_word|must_not"
)
DIGESTS, LISTED = ("digest.en.txt",), {"each.title"}  # what was written for a listing goes to approved volunteers
CLIENT_WORDS = re.compile(r"lawyer|attorney|abogad|legal|court|juez|tribunal|evict|desaloj", re.IGNORECASE)
TOKEN = re.compile(r"[\w.-]{24,}")  # drawn letters of a link may spell anything


def facts_of(path: Path, env: Environment) -> set[str]:
    """Everything a template writes out, like `case.number` or `name`; what it only asks about is not told."""
    tree = env.parse(path.read_text(encoding="utf-8"))
    told = [each for out in tree.find_all(nodes.Output) for each in out.find_all((nodes.Getattr, nodes.Name))]
    inner = {id(each.node) for each in told if isinstance(each, nodes.Getattr)}
    return {_dotted(each) for each in told if id(each) not in inner}


def _dotted(node: Any) -> str:
    return f"{_dotted(node.node)}.{node.attr}" if isinstance(node, nodes.Getattr) else getattr(node, "name", "")


def test_templates_are_found() -> None:
    assert len(MAILS) > 100
    assert {path.name.split(".")[-2] for path in MAILS} == {"en", "es"}


@pytest.mark.promise(7)
@pytest.mark.parametrize("path", MAILS, ids=lambda path: str(path.relative_to(APP)).replace("/templates/", "/"))
def test_no_template_can_name_what_a_mail_must_not_say(app: Flask, path: Path) -> None:
    told = facts_of(path, app.jinja_env)
    risky = {fact for fact in told if NEVER.search(fact) and not MAY_SAY.fullmatch(fact)}
    risky -= LISTED if path.name in DIGESTS else set()
    assert risky == set(), path.name
    subject = path.read_text(encoding="utf-8").split("\n", 1)[0]
    assert "client" not in path.name or not CLIENT_WORDS.search(subject)


@pytest.mark.promise(7)
def test_a_template_that_names_the_problem_is_found(app: Flask, tmp_path: Path) -> None:
    """The planted fault."""
    bad = tmp_path / "bad.en.txt"
    bad.write_text("Subject: About {{ case.title }}\n\n{% for p in case.parties %}{{ p.name }}{% endfor %}\n")
    with pytest.raises(AssertionError, match=r"bad\.en\.txt"):
        test_no_template_can_name_what_a_mail_must_not_say(app, bad)


CANARIES = ("Quetzalina", "Xanthopoulos", "Brimblecombe", "Zyzzogeton", "Kwyjibo", "Foozlewick", "$47,110.93")


@pytest.fixture
def case(app: Flask) -> Iterator[Case]:
    """A case whose every fact is an unlikely word."""
    with clock.at(MONDAY):
        with transaction():
            programme = factories.programme(name="Lakeshore Help")
            made = factories.case(
                programme, CaseStatus.IN_SERVICE, owner=factories.coordinator(programme), lead=factories.volunteer(),
                narrative="Kwyjibo locked the door and owes $47,110.93.", listing_title="Zyzzogeton eviction",
                listing_text="Zyzzogeton needs Foozlewick.",
            )  # fmt: skip
            made.client.person.given_name, made.client.person.family_name = "Quetzalina", "Xanthopoulos"
            session.add(Party(case=made, role=PartyRole.ADVERSE, name="Brimblecombe"))
        yield made


def letter(mail: Mail) -> bytes:
    """A mail as it leaves: headers, body and foot."""
    return bytes(delivery._write_message(mail)._message())


@pytest.mark.promise(7)
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("watched", [False, True])
def test_no_canary_is_in_any_mail_to_a_client(case: Case, language: str, watched: bool) -> None:
    count = 0
    for occasion in (*OCCASIONS, "new_link"):
        with transaction():
            row = session.get_one(Case, case.id)
            row.language, row.client.watched_device = language, watched
            if occasion == "new_link":
                portal_link_asked(row.client)
            else:
                tell_client(row, occasion, by=date(2026, 3, 9), at="10:30", items=["court_papers"])
        mail = session.scalars(select(Mail).order_by(Mail.id.desc()).limit(1)).one()
        message = message_from_bytes(letter(mail))
        body = message.get_payload(decode=True).decode()
        everything = body + "".join(f"{name}: {value}\n" for name, value in message.items())
        assert mail.kind == f"client.{occasion}"
        assert [word for word in (*CANARIES, case.number, "eviction", "Orchard") if word in everything] == []
        assert not watched or not CLIENT_WORDS.search(TOKEN.sub("", everything))
        assert not re.search(r"<img|cid:|utm_|pixel", everything)
        assert re.findall(r"https?://\S+/my-mails/\S+", body)
        count += 1
    print(f"promise 7: {count} mails to a client, 0 canaries")  # noqa: T201


def random_workflow(chance: random.Random, case_id: int) -> None:
    """Whatever may happen to a case whose mailbox is not safe at the end; then the post goes out."""
    at, safe = MONDAY, chance.choice((None, False, True))
    _mark(case_id, safe)
    for _ in range(chance.randrange(2, 6)):
        at += timedelta(hours=chance.randrange(1, 60))
        with clock.at(at):
            _step(chance, case_id)
    _mark(case_id, chance.choice((None, False)))
    with transaction():
        session.execute(update(Mail).where(Mail.audience != "client").values(status=MailStatus.SENT))
    with clock.at(at + timedelta(days=5)):
        while delivery.deliver_one():
            pass


def _mark(case_id: int, safe: bool | None) -> None:
    with transaction():
        for channel in session.get_one(Case, case_id).client.channels:
            if channel.kind is ChannelKind.EMAIL:
                channel.safe = safe


def _step(chance: random.Random, case_id: int) -> None:
    step = chance.choice(STEPS)
    if step is None:
        jobs.plan_due()
        while jobs.send_one():
            pass
        return
    with transaction():
        step(chance, session.get_one(Case, case_id).client)


def _tell(chance: random.Random, client: Client) -> None:
    tell_client(client.case, chance.choice(OCCASIONS), by=date(2026, 4, 1))


def _choose(chance: random.Random, client: Client) -> None:
    progress, questions = chance.random() < 0.5, chance.random() < 0.5
    choose(client, Choices(chance.choice((0, 14, 28)), progress, questions), actor=None)


def _come_back(chance: random.Random, client: Client) -> None:
    waiting = select(Mail).where(Mail.case_id == client.case_id, Mail.audience == "client")
    sent = session.scalars(waiting.where(Mail.status == MailStatus.QUEUED)).first()
    if sent is not None:
        sent.status, sent.attempts, sent.give_up_at = MailStatus.SENT, 1, clock.now() + timedelta(hours=72)
        bounces.hear(Report(sent.message_id, chance.choice(list(Kind))), source="test")


def _say_otherwise(chance: random.Random, client: Client) -> None:
    for channel in client.channels:
        channel.safe = chance.choice((None, False, True)) if channel.kind is ChannelKind.EMAIL else channel.safe


STEPS = (
    _tell, _tell, _tell, _choose, _come_back, _say_otherwise, None,
    lambda chance, client: portal_link_asked(client),
    lambda chance, client: operations_status.stop_mails(client, actor=None),
)  # fmt: skip


@contextmanager
def post_office(database_url: str) -> Iterator[Postmaster]:
    """The desk with a real mail server that takes everything."""
    postmaster = Postmaster()
    with running(postmaster) as port:
        values: dict[str, Any] = {"mail_server": "127.0.0.1", "mail_port": port, "mails_per_minute": 1_000_000}
        app = create_app(Settings(database_url=database_url, **KEYS, **values))
        with app.app_context():
            yield postmaster
            session.remove()
            db.engine().dispose()


def run_workflows(count: int) -> None:
    """As many random workflows, each ending with an address that is not safe; then the post goes out."""
    chance = random.Random(1863)
    with clock.at(MONDAY), transaction():
        programme, lead = factories.programme(), factories.volunteer(capacity=5_000)
    for _ in range(count):
        with clock.at(MONDAY), transaction():
            case_id = factories.case(programme, CaseStatus.IN_SERVICE, lead=lead).id
        random_workflow(chance, case_id)
        with transaction():
            session.get_one(Case, case_id).assignments[0].ended_at = MONDAY


def sent_to_clients(postmaster: Postmaster) -> int:
    """How many mails the server got for a client."""
    addresses = {each.value for each in session.query(Channel).filter_by(kind=ChannelKind.EMAIL)}
    return sum(taken for address, taken in postmaster.count().items() if address in addresses)


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    "count", [pytest.param(50, id="small"), pytest.param(2_000, id="published", marks=pytest.mark.full)]
)
def test_nothing_is_sent_to_an_address_that_is_not_safe(database_url: str, count: int) -> None:
    with post_office(database_url) as postmaster:
        run_workflows(count)
        sent = sent_to_clients(postmaster)
        dropped = session.query(Mail).filter_by(status=MailStatus.DROPPED, audience="client").count()
        calls = session.query(Task).filter(Task.cause.in_(["call_client", "checkin_call"])).count()
    found = f"{sent} sent, {dropped} dropped, {calls} calls"
    print(f"promise 7: {count} workflows with an unsafe address: {found}")  # noqa: T201
    assert sent == 0
    assert dropped >= count // 6
    assert calls >= count // 2


@pytest.mark.promise(7)
def test_a_last_look_that_forgets_the_channel_is_found(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: nobody asks whether the address is safe."""
    with post_office(database_url) as postmaster:
        monkeypatch.setattr(delivery, "reason_to_drop", lambda mail: None)
        run_workflows(12)
        assert sent_to_clients(postmaster) > 0
