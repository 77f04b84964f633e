"""The rules of escalation: what makes no sense is refused in a sentence, what is changed becomes a version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import Programme
from app.clients.models import CaseStatus
from app.clients.operations_priority import RulesChanged
from app.core import clock
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.errors import NotAllowed
from app.engagement import escalation_rules as rules
from app.engagement import operations_escalation_rules as ruling
from app.engagement import queries_escalations as queries
from app.engagement.escalation_rules import BadRule, Level, Rule
from app.engagement.models_escalations import EscalationRules
from app.engagement.operations_escalations import escalate
from tests import factories

MONDAY = datetime(2026, 3, 2, 16, tzinfo=UTC)
BOTH = ("coordinator", "supervising_attorney")
STAFF = (1, 2)
LEVELS = (Level("coordinator", "task", 4, "hours", 2, 1), Level("supervising_attorney", "mail", 1, "days", None))
GOOD = Rule("mine", "call_me", LEVELS, category="Housing")
Change = Callable[[Rule], Rule]


def level(number: int, **changes: Any) -> Change:
    def change(rule: Rule) -> Rule:
        levels = list(rule.levels)
        levels[number - 1] = replace(levels[number - 1], **changes)
        return replace(rule, levels=tuple(levels))

    return change


def of(**changes: Any) -> Change:
    return lambda rule: replace(rule, **changes)


BAD: list[tuple[str, Change, str]] = [
    ("an unknown predicate", of(cause="moon"), "no criterion called “moon”"),
    ("no level", of(levels=()), "one to four levels"),
    ("five levels", of(levels=GOOD.levels * 3), "one to four levels"),
    ("a loop of two", level(2, next=1), "Level 2 leads back to level 1"),
    ("a loop of one", level(2, next=2), "Level 2 leads back to level 2"),
    ("a level that is not there", level(2, next=3), "no level 3"),
    ("a level nobody comes to", level(1, next=None), "No level leads to level 2"),
    ("an unknown role", level(1, role="king"), "Choose who answers at level 1"),
    ("an unknown channel", level(1, channel="drum"), "Choose who answers at level 1"),
    ("an unknown unit", level(1, unit="moons"), "Choose who answers at level 1"),
    ("no time", level(1, amount=0), "1 to 80 office hours at level 1"),
    ("too much time", level(2, amount=31), "1 to 30 business days at level 2"),
    ("a deputy who left", level(1, deputy=9), "deputy at level 1"),
    ("an unknown matter", of(category="Moon"), "kind of matter"),
    ("an unknown priority", of(rank=5), "priority"),
    ("no days to close", of(settle=0), "business days to close"),
    ("a number out of bounds", of(cause="dormant", number=5), "from 14 to 365"),
    ("no number", of(cause="dormant", number=None), "from 14 to 365"),
    ("the same cases twice", of(category=""), "covers the same cases"),
]


def refused(changed: Rule, held: tuple[str, ...] = BOTH, first: tuple[Rule, ...] | None = None) -> str:
    with pytest.raises(BadRule) as no:
        rules.check((*(rules.first_rules() if first is None else first), changed), held, STAFF, ["Housing"])
    return str(no.value.message)


def test_the_first_rules_and_one_of_our_own_make_sense(app: Flask) -> None:
    with app.test_request_context():
        rules.check((*rules.first_rules(), GOOD), BOTH, STAFF, ["Housing"])
    assert {rule.cause for rule in rules.first_rules()} == set(rules.CAUSES)
    assert rules.read(rules.stored(rules.first_rules())) == rules.first_rules()


def test_what_could_not_work_is_refused_in_a_sentence(app: Flask) -> None:
    with app.test_request_context():
        for what, change, said in BAD:
            assert said in refused(change(GOOD)), what
        assert "Nobody holds level 2: the programme has no supervising attorney" in refused(GOOD, ("coordinator",), ())
        assert "Nobody holds level 1: the programme has no coordinator" in refused(GOOD, ("supervising_attorney",), ())
        without = tuple(replace(rule, active=rule.cause != "safety_word") for rule in rules.first_rules())
        assert "must always reach somebody" in refused(GOOD, first=without)


def test_the_first_rule_that_covers_a_case_counts() -> None:
    found = (GOOD, *rules.first_rules())
    assert rules.rule_of(found, "call_me", "Housing", 4) == GOOD
    assert rules.rule_of(found, "call_me", "Family", 4) == rules.rule_of(rules.first_rules(), "call_me", "", 4)
    critical = rules.rule_of(found, "silence", "Family", 1)
    assert critical is not None
    assert critical.number == 1


@pytest.fixture
def programme(app: Flask) -> Programme:
    with transaction():
        made = factories.programme()
        factories.user(Role.SUPERVISING_ATTORNEY, programme=made)
        factories.coordinator(made)
    return made


def typed(**changes: str) -> dict[str, str]:
    """The form of the rule about calls, as somebody sends it."""
    levels = {"levels-0-role": "coordinator", "levels-0-channel": "call", "levels-0-amount": "2",
              "levels-0-unit": "hours", "levels-0-next": "2", "levels-0-deputy": "",
              "levels-1-role": "supervising_attorney", "levels-1-channel": "mail", "levels-1-amount": "1",
              "levels-1-unit": "days", "levels-1-next": "", "levels-1-deputy": ""}  # fmt: skip
    empty = {f"levels-{n}-{name}": "" for n in (2, 3) for name in ("role", "amount", "next", "deputy")}
    empty |= {f"levels-{n}-{name}": value for n in (2, 3) for name, value in (("channel", "task"), ("unit", "hours"))}
    return {"seen": "1", "cause": "call_me", "category": "", "rank": "4", "settle": "3", "active": "y",
            "reason": "Sooner.", **levels, **empty, **changes}  # fmt: skip


def test_a_coordinator_changes_a_rule_which_counts_from_now_on(programme: Programme, client: FlaskClient) -> None:
    with clock.at(MONDAY), transaction():
        before = escalate(factories.case(programme, CaseStatus.IN_SERVICE), "call_me", occasion="answer 1")
        assert before is not None
        staff = factories.coordinator(programme)
    factories.sign_in(client, staff)
    page = f"/escalation-rules/{programme.slug}"
    assert "call_me" in client.get(f"{page}/rules/call_me").get_data(as_text=True)
    assert client.post(f"{page}/rules/call_me", data=typed(**{"levels-1-next": "1"})).status_code == 422
    assert client.post(f"{page}/rules/call_me", data=typed(reason="")).status_code == 422
    assert client.post(f"{page}/rules/call_me", data=typed(**{"levels-0-role": ""})).status_code == 422
    assert client.post(f"{page}/rules/call_me", data=typed()).status_code == 303
    both = client.post(f"{page}/rules/call_me", data=typed(settle="4", **{"levels-1-amount": "3"}))
    assert both.status_code == 409
    for said in ("Business days to close it once somebody has taken it on: yours", "Level 2: Time to respond: yours",
                 f"saved by {staff.name}", 'name="seen" value="2"'):  # fmt: skip
        assert said in both.get_data(as_text=True), said
    assert client.post(f"{page}/rules/call_me", data=typed()).status_code == 303, "the second click"
    assert client.post(f"{page}/new", data=typed(category="Housing")).status_code == 409
    assert client.post(f"{page}/first", data={"seen": "1", "reason": "Back."}).status_code == 409
    assert client.post(f"{page}/new", data=typed(seen="2", category="Housing")).status_code == 303
    shown = client.get(page).get_data(as_text=True)
    for said in ("Version 3", "Sooner.", staff.name, "Housing", "coordinator, 2 office hours"):
        assert said in shown
    with clock.at(MONDAY), transaction():
        after = escalate(factories.case(programme, CaseStatus.IN_SERVICE), "call_me", occasion="answer 2")
    assert after is not None
    assert (before.rules_number, after.rules_number, after.rule_key) == (1, 3, "call_me_2")
    assert (after.respond_by - MONDAY).total_seconds() == 2 * 3600
    assert queries.rule_behind(before) == rules.rule_of(rules.first_rules(), "call_me", "", 4)
    assert client.post(f"{page}/first", data={"seen": "3", "reason": "As before."}).status_code == 303
    assert queries.rules_of(programme) == rules.first_rules()
    acts = session.query(AuditEntry).filter_by(action="escalation.change_rules", actor_id=staff.id).count()
    assert acts == 3


def test_only_coordinators_and_administrators_change_them_and_only_their_own(programme: Programme, app: Flask) -> None:
    with transaction():
        attorney = factories.user(Role.SUPERVISING_ATTORNEY, programme=programme)
        foreign, admin = factories.coordinator(factories.programme()), factories.user(Role.ADMIN)
    page = f"/escalation-rules/{programme.slug}"
    for who, reads, edits in ((attorney, 200, 403), (foreign, 404, 404), (admin, 200, 200)):
        browser = factories.sign_in(app.test_client(), who)
        for path, status in ((page, reads), (f"{page}/new", edits), (f"{page}/rules/call_me", edits),
                             (f"{page}/first", edits)):  # fmt: skip
            assert browser.get(path).status_code == status, path
        assert browser.get("/escalation-rules").status_code in (200, 302)
    with pytest.raises(NotAllowed), transaction():
        ruling.back_to_first(programme, "Mine.", seen_number=1, actor=foreign)


def test_of_two_who_change_them_at_once_one_is_told(programme: Programme) -> None:
    with transaction():
        staff = factories.coordinator(programme)
        ruling.change_rule(programme, "mine", GOOD_HERE, "One.", seen_number=1, actor=staff)
    with pytest.raises(RulesChanged), transaction():
        ruling.change_rule(programme, "mine", GOOD_HERE, "Two.", seen_number=1, actor=staff)
    assert [each.number for each in session.query(EscalationRules).order_by(EscalationRules.number)] == [1, 2]


GOOD_HERE = level(1, deputy=None)(GOOD)
