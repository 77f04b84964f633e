"""A run in the product and `match-files` on the exported docket are the same placement, row by row."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.clients.models import CaseStatus, Opening
from app.core import clock
from app.core.db import session, transaction
from app.core.errors import Refusal
from app.matching import docket_jobs, operations
from app.matching.models import RunStatus
from app.volunteers.models import Membership, Organisation, Volunteer
from tests import factories
from tests.matching.desk import MONDAY, Desk, lay

LEVELS = ("learning", "competent", "experienced", "expert")


def some_docket(chance: random.Random) -> Desk:
    """A programme with openings and volunteers of every kind, some asked already, some barred."""
    desk = lay(volunteers=0)
    with transaction():
        firm = Organisation(name="Dunmore; Hale")
        people = [volunteer(chance) for _ in range(chance.randrange(9, 16))]
        session.add(Membership(volunteer=people[0], organisation=firm, confirmed_at=clock.now()))
        cases = [case(desk, chance) for _ in range(chance.randrange(10, 20))]
        operations.bar(cases[0].case, firm, reason="conflict", actor=desk.staff)
        operations.bar(cases[1].case, people[1], reason="conflict", actor=desk.staff)
    for opening in cases[:3]:
        who = session.get_one(Volunteer, chance.choice(people).id)
        try:
            with transaction():
                sent = operations.send_offer(session.get_one(Opening, opening.id), who, actor=desk.staff)
                operations.decline_offer(sent, "no_time", actor=None)
        except Refusal:
            session.rollback()
    return desk


def volunteer(chance: random.Random) -> Volunteer:
    areas = {area: chance.choice(LEVELS) for area in chance.sample(("Housing", "63", "63b", "Family", "32"), 2)}
    made: Volunteer = factories.volunteer(
        areas=areas, capacity=chance.choice((0, 1, 1, 2)),
        mentor_ok=chance.random() < 0.5, remote=chance.random() < 0.4,
        counties=chance.choice((["WI"], ["55025"], ["55079", "55025"])),
        languages=chance.choice((["en"], ["en", "es"])),
        largest_case=chance.choice((None, 800, 3000)), declines=chance.choice(([], [], ["Family"])),
        licences=chance.choice((["WI"], ["WI"], ["MN"], [])),
    )  # fmt: skip
    return made


def case(desk: Desk, chance: random.Random) -> Opening:
    level = chance.choice(("critical", "high", "normal", "low"))
    made = factories.case(
        desk.programme, CaseStatus.AVAILABLE, owner=desk.staff, problem_code=chance.choice(("63", "63b", "32", "69")),
        priority_level=level, priority_rank=("critical", "high", "normal", "low").index(level) + 1,
        points=chance.randrange(90), county=chance.choice(("55025", "55079")), hours=chance.choice((500, 1000, 1250)),
        language=chance.choice(("en", "es")), interpreter=chance.random() < 0.5, in_person=chance.random() < 0.5,
    )  # fmt: skip
    return made.lead_opening


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))


@pytest.mark.parametrize("seed", [1, 2, *(pytest.param(n, marks=pytest.mark.full) for n in range(3, 25))])
def test_a_run_says_what_match_files_says_of_the_exported_docket(
    app: Flask, client: FlaskClient, tmp_path: Path, seed: int
) -> None:
    chance, folder = random.Random(seed), tmp_path
    with clock.at(MONDAY):
        desk = some_docket(chance)
        assert invoke(app, "export-docket", str(folder)).startswith(tuple("123456789"))
        files = [str(folder / "cases.csv"), str(folder / "volunteers.csv")]
        invoke(app, "match-files", *files, "--as-of", "2026-11-02", "--out", str(folder))
        run = docket_jobs.place_docket_now()
        assert run.status is RunStatus.DONE
        factories.sign_in(client, desk.staff)
        page = rows(client.get(f"/matching/runs/{run.public_id}/proposals.csv").text)
        wanted = rows(client.get(f"/matching/runs/{run.public_id}/wanted.csv").text)
    session.rollback()
    filed = rows((folder / "proposals.csv").read_text())
    assert [public(p) for p in run.proposals] == [(r["case_id"], r["volunteer_id"], r["runner_up"]) for r in filed]
    same = ("fit", "expertise", "area", "language", "place", "slack", "rotation", "fatigue", "load_penalty",
            "needs_mentor", "rank")  # fmt: skip
    mine = {p.opening.case.number: n for n, p in enumerate(run.proposals)}
    for row in page:
        assert [row[name] for name in same] == [filed[mine[row["case"]]][name] for name in same]
    left = rows((folder / "unplaced.csv").read_text())
    assert [unplaced(one) for one in run.unplaced] == [
        (row["case_id"], row["reason"], row["binding_rule"], [row[name] for name in row if name.startswith("after_")],
         row["blocking_volunteers"], row["blocking_cases"]) for row in left
    ]  # fmt: skip
    kinds = ("role", "licence", "area", "level", "county", "remote", "language", "credentials", "trainings", "places")
    wants = rows((folder / "wanted.csv").read_text())
    assert [[row[name] for name in kinds] for row in wanted] == [[row[name] for name in kinds] for row in wants]
    assert run.proposals
    assert run.unplaced
    report = json.loads((folder / "report.json").read_text())
    for name in ("cases", "volunteers", "feasible_pairs", "placed", "value", "upper_bound", "gap", "mentors_needed"):
        assert (run.report or {})[name] == report[name], name


def invoke(app: Flask, *args: str) -> str:
    done = app.test_cli_runner().invoke(args=list(args))
    assert done.exit_code == 0, done.output
    return str(done.output)


def public(proposal: Any) -> tuple[str, str, str]:
    runner_up = proposal.runner_up.public_id if proposal.runner_up else ""
    return proposal.opening.public_id, proposal.volunteer.public_id, runner_up


def unplaced(one: Any) -> tuple[Any, ...]:
    people = session.query(Volunteer).filter(Volunteer.id.in_([entry[0] for entry in one.blocking]))
    held = session.query(Opening).filter(Opening.id.in_([case for entry in one.blocking for case in entry[1]]))
    after = [str(count) for _rule, count in one.funnel]
    who, which = sorted(row.public_id for row in people), sorted(row.public_id for row in held)
    return one.opening.public_id, one.reason, one.binding_rule or "", after, ";".join(who), ";".join(which)
