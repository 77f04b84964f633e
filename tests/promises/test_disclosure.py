"""Before the hold nobody reads a name: unlikely names in cases of every status, and everybody who may not see them yet.

Every page, search, export, feed, mail, address, header and error is read for them, and every form is sent.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import AnyConverter, Rule
from werkzeug.routing.converters import NumberConverter
from werkzeug.test import TestResponse

from app.accounts import operations as accounts
from app.accounts.models import Programme, User
from app.clients.models import Case, CaseStatus, Opening, PartyRole
from app.clients.models.statuses import WITH_VOLUNTEER
from app.clients.operations_parties import add_party
from app.core import clock
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.mail import Mail
from app.matching import jobs, mails, operations
from app.matching.models import Referral
from app.matching.views import holds
from app.volunteers.models import Organisation, Volunteer
from tests import factories
from tests.matching.desk import MONDAY

from .crawl import mailed_links

SYLLABLES = ("qua", "zor", "vim", "bex", "jul", "kho", "pyx", "dro", "wuf", "gny", "xal", "moz")
ERRORS = {200, 403, 404, 409, 422}
AWAY = ("/sign-out", "/leave", "/account/sign-out-everywhere")
TYPED = {
    "q": "Eviction", "text": "Eviction", "words": "Eviction", "reason": "other", "which": "all", "answer": "clear",
    "checked": "y", "note": "Looked at.", "seen_version": "1", "email": "nobody@example.net", "names_read": "2-all",
}  # fmt: skip  # never the promise to keep the names private: with it a hold would begin


@dataclass
class World:
    """Cases whose people have names that stand nowhere else, and who tries to read them."""

    words: dict[int, list[str]] = field(default_factory=dict)  # by case
    people: dict[str, int | None] = field(default_factory=dict)  # user ids
    may: dict[str, set[int]] = field(default_factory=dict)  # the cases whose names somebody may read by now
    chance: random.Random = field(default_factory=lambda: random.Random(15))

    def word(self, case_id: int) -> str:
        made = "".join(self.chance.choice(SYLLABLES) for _ in range(5)).capitalize()
        self.words.setdefault(case_id, []).append(made)
        return made

    def add(self, name: str, who: User | None, *may: Case) -> None:
        self.people[name] = who.id if who else None
        self.may[name] = {case.id for case in may}

    def found(self, name: str, text: str) -> list[str]:
        """The names in a text that the reader may not see yet."""
        plain = text.casefold()
        hidden = (word for case_id, words in self.words.items() if case_id not in self.may[name] for word in words)
        return [word for word in hidden if word.casefold() in plain]

    @property
    def every_word(self) -> list[str]:
        return [word for words in self.words.values() for word in words]


def name_people(world: World, case: Case) -> Case:
    """Give everybody in a case a name that stands nowhere else."""
    person = case.client.person
    person.given_name, person.family_name = world.word(case.id), world.word(case.id)
    client, other = sorted(case.parties, key=lambda party: party.role is not PartyRole.CLIENT)
    client.name, other.name = person.name, f"{world.word(case.id)} Holdings"
    other.aliases = [world.word(case.id)]
    case.narrative = f"{world.word(case.id)} changed the lock."
    add_party(case, role=PartyRole.HOUSEHOLD, name=world.word(case.id), actor=None)
    return case


def open_case(world: World, of: Programme, staff: User, **changes: object) -> Case:
    """A listed case, searched for conflicts, with canaries for names."""
    return name_people(world, factories.case(of, CaseStatus.AVAILABLE, owner=staff, **changes))  # type: ignore[arg-type]


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    """Two programmes with a case in every status, and people at every distance from the open ones."""
    made = World()
    with clock.at(MONDAY), transaction():
        for where in ("here", "elsewhere"):
            _programme(made, where)
        made.add("nobody", None)
        made.add("administrator", factories.user(Role.ADMIN))
    with clock.at(MONDAY + timedelta(hours=1)):
        yield made


def _programme(world: World, where: str) -> None:
    of = factories.programme()
    staff = factories.coordinator(of)
    cases = [_in_status(world, of, staff, status) for status in CaseStatus]
    if where == "here":
        cases += _around_holds(world, of, staff)
    world.add(f"coordinator {where}", staff, *cases)
    world.add(f"supervising attorney {where}", factories.user(Role.SUPERVISING_ATTORNEY, programme=of), *cases)
    world.add(f"funder {where}", factories.user(Role.FUNDER, grant=factories.grant(of)))
    world.add(f"looks around {where}", factories.volunteer().user)


def _in_status(world: World, of: Programme, staff: User, status: CaseStatus) -> Case:
    lead = factories.volunteer() if status in WITH_VOLUNTEER else None
    case = factories.case(of, status, owner=staff, lead=lead)
    if status in WITH_VOLUNTEER:
        name_people(world, case)
        world.add(f"leads {case.number} of {of.slug}", lead.user if lead else None, case)
    else:
        session.refresh(case)
        _name_quietly(world, case)
    return case


def _name_quietly(world: World, case: Case) -> None:
    """As `name_people`, also where the case has ended and takes no more parties."""
    person = case.client.person
    person.given_name, person.family_name = world.word(case.id), world.word(case.id)
    for party in case.parties:
        party.name, party.aliases = f"{world.word(case.id)} Vale", [world.word(case.id)]
    case.narrative = f"{world.word(case.id)} changed the lock."


def _around_holds(world: World, of: Programme, staff: User) -> list[Case]:
    """Attempts at every distance: offered, in line, over, of a sensitive matter before its names are released."""
    many = open_case(world, of, staff, priority_level="critical", priority_rank=1)
    for name in ("asked", "said no", "time ran out"):
        volunteer = factories.volunteer()
        referral = operations.send_offer(many.lead_opening, volunteer, actor=staff)
        if name == "said no":
            operations.decline_offer(referral, "too_far", actor=None)
        if name == "time ran out":
            referral.status, referral.ends_at, referral.ended_at = "expired", clock.now(), clock.now()  # type: ignore[assignment]
        world.add(name, volunteer.user)
    held = _held(world, of, staff)
    sensitive = open_case(world, of, staff, sensitive=True)
    waits = factories.volunteer()
    operations.hold(sensitive.lead_opening, actor=waits.user)
    world.add("holds, names not released", waits.user)
    return [many, held, sensitive, *_with_firm(world, of, staff), _left(world, of, staff)]


def _held(world: World, of: Programme, staff: User) -> Case:
    case = open_case(world, of, staff)
    gave_back, conflicted, holder, waiting = (factories.volunteer() for _ in range(4))
    operations.withdraw_hold(operations.hold(case.lead_opening, actor=gave_back.user), actor=gave_back.user)
    operations.attest(operations.hold(case.lead_opening, actor=conflicted.user), "conflict", actor=conflicted.user)
    operations.hold(case.lead_opening, actor=holder.user)
    operations.join_waiting_list(case.lead_opening, actor=waiting.user)
    world.add("holds", holder.user, case)
    for name, who in (("gave it back", gave_back), ("found a conflict", conflicted), ("waits in line", waiting)):
        world.add(name, who.user)
    return case


def _with_firm(world: World, of: Programme, staff: User) -> list[Case]:
    """One firm is asked; another holds, cleared the names and named somebody who has promised nothing yet."""
    case, asked = open_case(world, of, staff), open_case(world, of, staff)
    firm, person = factories.add(Organisation(name="Orchard and Vale")), factories.volunteer()
    factories.member(person.id, firm.id)
    answers = factories.user(name="Wren Abbott")
    accounts.grant_role(answers, Role.FIRM_COORDINATOR, organisation=firm, actor=None)
    referral = operations.hold_for_firm(case.lead_opening, firm, actor=answers)
    operations.attest_for_firm(referral, "clear", actor=answers)
    operations.name_person(referral, person, actor=answers)
    operations.ask_firm(asked.lead_opening, firm, actor=staff)
    world.add("firm that holds", answers, case)
    world.add("named, promised nothing", person.user)
    return [case, asked]


def _left(world: World, of: Programme, staff: User) -> Case:
    """Somebody had the case and handed it back."""
    had = factories.volunteer()
    case = name_people(world, factories.case(of, CaseStatus.PLACED, owner=staff, lead=had))
    part = next(one for one in case.assignments if one.ended_at is None)
    operations.end_assignment(part, "workload", CaseStatus.AVAILABLE, actor=staff)
    world.add("had it", had.user)
    return case


@dataclass
class Seen:
    """What was read, and what was found that should not be there."""

    pages: int = 0
    sent: int = 0
    searches: int = 0
    searches_each: int = 1
    mails: int = 0
    statuses: set[int] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)


def look_everywhere(app: Flask, world: World, ids_each: int, nth: int = 1) -> Seen:
    """Everybody opens every nth address and sends its form with ids of the cases, and searches for the names."""
    seen = Seen()
    ids = _ids(world)
    for number, name in enumerate(world.people):
        browser = _browser(app, world, name, number)
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)[number % nth :: nth]:
            if rule.endpoint != "static" and "token" not in rule.arguments and rule.rule not in AWAY:
                _knock(browser, world, name, rule, world.chance.sample(ids, ids_each), seen)
        _search(browser, world, name, seen)
        for path in sorted(set(mailed_links())) if name == "nobody" else ():
            seen.pages += 1
            _read(world, name, path, browser.get(path), seen)
    _read_mails(world, seen)
    return seen


def _ids(world: World) -> list[str]:
    """The public ids of cases, openings and attempts, and of whatever else belongs to them."""
    session.rollback()
    cases = session.query(Case).filter(Case.id.in_(world.words)).order_by(Case.id).all()
    found = [case.public_id for case in cases] + [o.public_id for case in cases for o in case.openings]
    found += [party.public_id for case in cases for party in case.parties]
    found += [part.public_id for case in cases for part in case.assignments]
    return found + [r.public_id for r in session.query(Referral).join(Opening).order_by(Referral.id)]


def _browser(app: Flask, world: World, name: str, number: int) -> FlaskClient:
    browser, user_id = app.test_client(), world.people[name]
    browser.environ_base["REMOTE_ADDR"] = f"127.0.1.{number + 1}"
    session.rollback()
    if user_id is not None:
        factories.sign_in(browser, session.get_one(User, user_id))
    return browser


def _knock(browser: FlaskClient, world: World, name: str, rule: Rule, ids: list[str], seen: Seen) -> None:
    for url in _addresses(rule, ids):
        if "GET" in (rule.methods or ()):
            seen.pages += 1
            _read(world, name, f"GET {url}", browser.get(url), seen)
        if "POST" in (rule.methods or ()) and rule.arguments:
            seen.sent += 1
            _read(world, name, f"POST {url}", browser.post(url, data=TYPED, follow_redirects=True), seen)


def _addresses(rule: Rule, ids: list[str]) -> list[str]:
    free = [name for name in rule.arguments if not isinstance(rule._converters[name], (AnyConverter, NumberConverter))]
    found = []
    for each in ids if free else [""]:
        values: dict[str, object] = dict.fromkeys(free, each)
        for name in set(rule.arguments) - set(free):
            kind = rule._converters[name]
            values[name] = 1 if isinstance(kind, NumberConverter) else min(kind.items)  # type: ignore[attr-defined]
        built = rule.build(values, append_unknown=False)
        assert built is not None
        found.append(built[1])
    return found


def _read(world: World, name: str, what: str, answer: TestResponse, seen: Seen) -> None:
    """A page's body, headers and where it leads."""
    session.rollback()
    told = f"{answer.data.decode(errors='replace')} {answer.headers} {answer.request.url}"
    seen.statuses.add(answer.status_code)
    seen.faults += [f"{name}: {what} ({answer.status_code}) tells {word}" for word in world.found(name, told)]


def _search(browser: FlaskClient, world: World, name: str, seen: Seen) -> None:
    """Look for one name of a case: nothing else of that case may come back."""
    for case_id in world.chance.sample(sorted(set(world.words) - world.may[name]), seen.searches_each):
        asked, words = world.words[case_id][0], world.words[case_id]
        for answer in (
            browser.post("/search", data={"q": asked, "text": asked, "words": asked}, follow_redirects=True),
            browser.get(f"/docket?q={asked}"),
            browser.get(f"/opportunities?show=all&county={asked}&area={asked}"),
            browser.post("/people/find", data={"email": f"{asked}@example.net"}, follow_redirects=True),
        ):
            seen.searches += 1
            told = f"{answer.data.decode(errors='replace')} {answer.headers}".casefold()
            seen.faults += [f"{name}: a search tells {word}" for word in words[1:] if word.casefold() in told]


def _read_mails(world: World, seen: Seen) -> None:
    """No mail to a volunteer or a firm names anybody, before the hold or after; a client's names nobody else."""
    session.rollback()
    for mail in session.query(Mail).order_by(Mail.id):
        seen.mails += 1
        told = f"{mail.subject} {mail.text} {mail.html or ''} {mail.kind} {mail.occasion}".casefold()
        own = world.words.get(mail.case_id or 0, [])[:1] if mail.audience == "client" else []
        hits = [word for word in world.every_word if word.casefold() in told and word not in own]
        seen.faults += [f"the mail {mail.kind} tells {word}" for word in hits]


def check(app: Flask, world: World, ids_each: int, least: int, nth: int = 1) -> None:
    seen = look_everywhere(app, world, ids_each, nth)
    looked = seen.pages + seen.sent + seen.searches + seen.mails
    print(  # noqa: T201
        f"promise 15: {len(world.every_word)} names in {len(world.words)} cases; {len(world.people)} people,"
        f" {seen.pages} pages, {seen.sent} forms, {seen.searches} searches, {seen.mails} mails:"
        f" {len(seen.faults)} names read too early"
    )
    assert not seen.faults, "\n".join(seen.faults[:40])
    assert looked >= least
    assert seen.statuses >= ERRORS - ({409, 422} if nth > 1 else set())  # errors were read too
    assert 500 not in seen.statuses


@pytest.mark.promise(15)
def test_before_the_hold_no_page_search_export_form_or_mail_yields_a_name(app: Flask, world: World) -> None:
    check(app, world, ids_each=1, least=300, nth=16)


@pytest.mark.full
@pytest.mark.promise(15)
def test_before_the_hold_no_name_by_any_id(app: Flask, world: World) -> None:
    check(app, world, ids_each=12, least=60_000)


def hold_of(world: World, name: str) -> Referral:
    """The newest attempt of one of the people."""
    user = session.get_one(User, world.people[name])
    mine = session.query(Referral).join(Volunteer, Volunteer.id == Referral.volunteer_id)
    return mine.filter(Volunteer.user_id == user.id).order_by(Referral.id.desc()).first()  # type: ignore[return-value]


@pytest.mark.promise(15)
def test_whoever_holds_reads_the_names_and_the_log_says_who_saw_what(app: Flask, world: World) -> None:
    path = f"/my/matters/{hold_of(world, 'holds').public_id}"
    browser = _browser(app, world, "holds", 1)
    (case_id,) = world.may["holds"]
    before = session.query(AuditEntry).filter_by(action="parties.view").count()
    page, words = browser.get(path).text, world.words[case_id]
    assert [word for word in words if word in page] == words[:4] + words[5:]  # all but the story's
    session.rollback()
    views = session.query(AuditEntry).filter_by(action="parties.view").order_by(AuditEntry.id).all()
    assert len(views) == before + 1
    assert (views[-1].actor_id, views[-1].case_id) == (world.people["holds"], case_id)


@pytest.mark.promise(15)
def test_each_step_of_the_disclosure_is_in_the_log(app: Flask, world: World) -> None:
    referral = hold_of(world, "holds, names not released")
    case, staff = referral.case, referral.case.custody.user  # type: ignore[union-attr]
    browser = _browser(app, world, "holds, names not released", 1)
    path = f"/my/matters/{referral.public_id}"
    shown = []
    for which in ("", "adverse", "all"):
        if which:
            with transaction():
                operations.release_names(hold_of(world, "holds, names not released"), which, actor=staff)
        page = browser.get(path).text
        shown.append([word for word in world.words[case.id] if word in page])
    nobody, adverse, everybody = shown
    words = world.words[case.id]
    assert (nobody, adverse, everybody) == ([], words[2:4], words[:4] + words[5:])
    session.rollback()
    steps = session.query(AuditEntry).filter(AuditEntry.record_kind == "referrals", AuditEntry.record_id == referral.id)
    assert [entry.action for entry in steps.order_by(AuditEntry.id)] == [
        "referral.hold", "referral.release_names", "parties.view", "referral.release_names", "parties.view",
    ]  # fmt: skip


@pytest.mark.promise(15)
def test_a_page_that_shows_names_too_early_would_be_found(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: the page of an attempt shows the names whatever became of it."""
    monkeypatch.setattr(holds, "_shows_names", lambda referral: True)
    seen, browser = Seen(), _browser(app, world, "asked", 1)
    path = f"/my/matters/{hold_of(world, 'asked').public_id}"
    _read(world, "asked", path, browser.get(path), seen)
    assert len(seen.faults) == 5


@pytest.mark.promise(15)
def test_a_mail_that_names_somebody_would_be_found(app: Flask, world: World) -> None:
    """The planted fault: what the programme is called ends every mail to a holder, and here it holds a name."""
    referral = hold_of(world, "holds")
    with transaction():
        referral.case.programme.name = world.words[referral.case.id][2]
        mails.hold_ending(referral)
    seen = Seen()
    _read_mails(world, seen)
    assert seen.faults == [f"the mail matching.hold_ending tells {world.words[referral.case.id][2]}"]


@pytest.mark.promise(15)
def test_when_the_hold_ends_the_names_are_gone_again(app: Flask, world: World) -> None:
    referral = hold_of(world, "holds")
    path, ends = f"/my/matters/{referral.public_id}", referral.ends_at
    assert ends is not None
    with clock.at(ends + timedelta(hours=1)):
        while jobs.expire_one():
            pass
        browser, seen = _browser(app, world, "holds", 1), Seen()
        world.may["holds"] = set()
        answer = browser.get(path)
        _read(world, "holds", path, answer, seen)
    assert (answer.status_code, seen.faults) == (200, [])
