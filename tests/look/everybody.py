"""The demo programme with somebody of every kind in it, and the pages each of them can reach."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import select

from app.accounts import calendars
from app.accounts import operations as accounts
from app.accounts.models import Closure, Programme, User
from app.accounts.queries import find_user
from app.casework import operations as casework
from app.casework import operations_packages as packages
from app.casework import operations_transfer as handing
from app.casework import operations_transfer_receiver as receiving
from app.casework.models import TimeEntry
from app.casework.models_packages import PackageReport
from app.casework.operations_transfer_steps import Checklist
from app.casework.transfer_models import Transfer, TransferAsk
from app.clients import mails as client_mails
from app.clients import operations_intake as intake
from app.clients import operations_status as statuses
from app.clients.calls import CALL
from app.clients.choices import address_of
from app.clients.lifecycle import move_case
from app.clients.models import Case, CaseStatus, IntakeDraft, Opening, OpeningStatus
from app.clients.models.statuses import WITH_VOLUNTEER, CaseRole
from app.core import clock, links
from app.core.access import Role
from app.core.db import session, transaction
from app.core.mail import Mail
from app.demo import load as demo
from app.desk import my_several
from app.engagement import operations as engagement
from app.engagement import operations_surveys
from app.engagement.models import Audience, Checkin
from app.engagement.models_escalations import Escalation
from app.engagement.models_surveys import Survey
from app.matching import docket_jobs, operations_appeals, operations_runs
from app.matching import operations as matching
from app.matching import operations_firms as firms
from app.matching.models import Appeal, Assignment, DocketRun
from app.matching.operations_appeals import KEY_LENGTH
from app.tasks.models import Task
from app.volunteers.mail_choices import one_click_address
from app.volunteers.models import Volunteer, VolunteerStatus
from tests import factories
from tests.promises import crawl

LANGUAGES = ("en", "es")
TRANSFER = ("/cause", "/checklist", "/consent", "/court-leave", "/receivers", "/take-back")
VERBS = ("decline", "suspend", "reinstate", "retire", "reopen")
MOST = {"/cases/<public_id>": 14, "/volunteers/<public_id>": 8, "/checkin/<token>": 4}  # pages of these are unlike


@dataclass
class Reader:
    """Somebody who opens pages: signed in, known to the browser by a cookie, or nobody."""

    name: str
    language: str = "en"
    email: str | None = None
    cookie: dict[str, Any] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)


def make_world() -> None:
    """A year and a half of invented work, and a row of every kind that it leaves out."""
    demo.load()
    with transaction():
        south = session.execute(select(Programme).order_by(Programme.id).limit(1)).scalar_one()
        factories.user(Role.SUPERVISING_ATTORNEY, programme=south, email="attorney@demo.test", name="Noor Asante")
        factories.user(email="nobody@demo.test", name="Wren Solberg")
        accounts.ask_for_password(find_user("coordinator@demo.test"))
        _what_the_demo_leaves_out(south)
        _ask_how_it_goes()
        _stop_halfway()
        _ask_a_firm(south)
        _change_hands(south)
        _share_the_work(south)
        _ask_afterwards(south)
        _appeal(south)
    for _ in range(2):  # the second is compared with the first
        with transaction():
            operations_runs.ask_for_run(actor=None)
        docket_jobs.run_one()


def _what_the_demo_leaves_out(programme: Programme) -> None:
    """Rows of the kinds that the demo has none of."""
    star, staff = who_is("volunteer@demo.test"), who_is("coordinator@demo.test")
    assert star.volunteer is not None
    star.volunteer.capacity = 12
    session.add(Closure(programme_id=programme.id, on_day=date(2026, 12, 24), reason="Office moves"))
    factories.volunteer(status=VolunteerStatus.APPLIED, about="I did housing law.")
    accounts.invite(factories.coordinator(programme), actor=who_is("admin@demo.test"))
    for status in CaseStatus:
        led = star.volunteer if status in WITH_VOLUNTEER else None
        factories.case(programme, status, owner=staff, lead=led)
    held, asked = (factories.case(programme, CaseStatus.AVAILABLE, owner=staff).lead_opening for _ in range(2))
    matching.hold(held, actor=star)
    matching.attest(matching.hold(asked, actor=star), "clear", actor=star)
    intake.begin_request(language="en", watched=False, actor=staff)
    worked = factories.case(programme, CaseStatus.IN_SERVICE, owner=staff, lead=star.volunteer)
    casework.add_time(worked, on_day=calendars.today(programme), hundredths=50, actor=staff)
    statuses.ask_for_call(worked.client, actor=None)


def _ask_how_it_goes() -> None:
    """A check-in of each kind waits in the mail; the first two are answered already."""
    led = select(Assignment).join(Case).where(Case.status == CaseStatus.IN_SERVICE, Assignment.ended_at.is_(None))
    kinds = [(Audience.CLIENT, "client_regular"), (Audience.VOLUNTEER, "volunteer_regular")] * 2
    said = {"client_regular": {"contact": "yes", "next_step": "yes", "call_me": "no"},
            "volunteer_regular": {"standing": "on_track"}}  # fmt: skip
    for n, (of, (audience, questions)) in enumerate(zip(session.execute(led).scalars(), kinds, strict=False)):
        asked = Checkin(
            case=of.case, assignment=of, audience=audience, series_key=f"look_{n}", questions=questions,
            due_on=clock.now().date(), due_at=clock.now() - timedelta(hours=1),
        )  # fmt: skip
        session.add(asked)
        session.flush()
        engagement.send_checkin(asked)
        if n < 2:
            engagement.answer(asked, said[questions])


def _stop_halfway() -> None:
    """An unfinished request whose way back was mailed."""
    draft, _token = intake.begin_request(language="en", watched=False, actor=None)
    pages = {"reach": {"email": "halfway@example.net"}, "safe": {"email_safe": "yes"}}
    intake.save_pages(draft, pages, actor=None)
    intake.stop_for_now(draft, actor=None)


def _ask_afterwards(programme: Programme) -> None:
    """A case was closed, and each side is asked how it went."""
    staff = who_is("coordinator@demo.test")
    case = factories.case(programme, CaseStatus.CLOSING, owner=staff, lead=factories.volunteer())
    case.assignments[0].ended_at, case.assignments[0].end_reason = clock.now(), "closed"
    closed = move_case(case, CaseStatus.CLOSED, operation="casework.approve_closing", actor=staff)
    for survey in operations_surveys.plan_surveys(closed):
        operations_surveys.send_survey(survey)


def _appeal(programme: Programme) -> None:
    """Volunteers were written to about a matter of their area."""
    staff = who_is("coordinator@demo.test")
    opening = factories.case(programme, CaseStatus.AVAILABLE, owner=staff).lead_opening
    operations_appeals.send_appeal([opening], [factories.volunteer()], key="a" * KEY_LENGTH, actor=staff)


def _ask_a_firm(programme: Programme) -> None:
    """The firm that somebody answers for is asked about one matter and looks at a second."""
    answers, staff = who_is("firm@demo.test"), who_is("coordinator@demo.test")
    firm = next(grant.organisation for grant in answers.grants if grant.role is Role.FIRM_COORDINATOR)
    assert firm is not None
    for _ in range(2):
        factories.member(factories.volunteer().id, firm.id)
    for n in range(2):
        opening = factories.case(programme, CaseStatus.AVAILABLE, owner=staff).lead_opening
        asked = firms.ask_firm(opening, firm, actor=staff)
        if n:
            firms.accept_for_firm(asked, actor=answers)


def _change_hands(programme: Programme) -> None:
    """One case is handed back, another goes to a chosen receiver, who has not answered."""
    star, staff = who_is("volunteer@demo.test"), who_is("coordinator@demo.test")
    given = Checklist("The answer is filed.", "Call the clerk.")
    mine = factories.case(programme, CaseStatus.IN_SERVICE, owner=staff, lead=star.volunteer)
    handing.hand_back(mine.assignments[0], "no_time", given, actor=star)
    other = factories.volunteer()
    theirs = factories.case(programme, CaseStatus.IN_SERVICE, owner=staff, lead=other)
    opened = receiving.open_transfer(theirs.assignments[0], "workload", actor=staff)
    handing.write_checklist(opened, given, actor=other.user)
    assert star.volunteer is not None
    receiving.choose_receiver(opened, star.volunteer, actor=staff)
    receiving.agree(opened, "phone", actor=staff)


def _share_the_work(programme: Programme) -> None:
    """Parts of cases that others lead: beside the lead, one task at work, one task reported done."""
    star, staff = who_is("volunteer@demo.test"), who_is("coordinator@demo.test")
    for n, task in enumerate((None, "Write the motion", "Argue the motion")):
        case = factories.case(programme, CaseStatus.IN_SERVICE, owner=staff, lead=factories.volunteer())
        part = Opening(case_id=case.id, role=CaseRole.CO_COUNSEL, hours=500, status=OpeningStatus.FILLED, package=task)
        doing = factories.assignment(case, star.volunteer, role=CaseRole.CO_COUNSEL, opening=factories.add(part))
        if n == 2:
            packages.report_package(doing, text="The motion is argued.", hundredths=300, actor=star)


def mailed(pattern: str) -> list[str]:
    """The paths of one kind that mails lead to, newest first."""
    found = []
    for text in session.execute(select(Mail.text).order_by(Mail.id.desc()).limit(400)).scalars():
        found += [urlsplit(url).path for url in re.findall(r"https?://\S+", text)]
    return [path for path in found if re.match(pattern, path)]


def readers(app: Flask) -> list[Reader]:
    """Everybody, with what they can reach."""
    mails = mailed("/(offer|invitation|new-password|my-request|help/resume)/.")
    mails += [path + more for path in mailed("/(checkin|survey)/.") for more in ("", "/thanks")]
    mails += _choices_of_mails()
    doors = {
        "volunteer@demo.test": [*mailed("/offer/."), *_doors_of_volunteers()],
        "coordinator@demo.test": list(_doors_of_staff()),
    }
    public = reachable(app, None, mails)
    found = [Reader(f"public in {language}", language, paths=public) for language in LANGUAGES]
    for email in [*crawl.PEOPLE[1:], "attorney@demo.test", "firm@demo.test", "nobody@demo.test"]:
        paths = reachable(app, email, doors.get(email, []))
        found.append(Reader(email.partition("@")[0], email=email, paths=paths))
    return [*found, *clients()]


def reachable(app: Flask, email: str | None, doors: list[str]) -> list[str]:
    """The pages behind some doors, and one of every other kind that somebody reaches."""
    pages, opened = [], Counter[str]()
    browser = crawl.browser_of(app, email)
    for path in doors:
        answer = crawl.look(browser, path)
        rule = crawl.rule_of(app, path)
        if answer.status_code == 200 and answer.mimetype == "text/html" and opened[rule] < MOST.get(rule, 2):
            opened[rule] += 1
            pages.append(path)
    for page in crawl.walk(app, email, 1, doors).pages:
        if page.kind == "text/html" and page.status == 200 and not opened[page.rule]:
            opened[page.rule] += 1
            pages.append(page.url)
    return pages


def _doors_of_staff() -> Iterator[str]:
    """Pages that few links lead to, and the cases and volunteers of every status."""
    yield from _doors_of_records()
    for status in CaseStatus:
        for case_id in _some(Case.public_id, Case.status == status, most=4):
            yield f"/cases/{case_id}"
            for step in ("closing/approve", "closing/return", "first-contact", "reopen", "dormant", "letter"):
                yield f"/cases/{case_id}/{step}"
    for standing in VolunteerStatus:
        for person in _some(Volunteer.public_id, Volunteer.status == standing, most=1):
            yield f"/volunteers/{person}"
            yield f"/matching/volunteer/{person}"
            yield from (f"/volunteers/{person}/{verb}" for verb in VERBS)


def _doors_of_records() -> Iterator[str]:
    """Pages of what hangs on a case."""
    for each in _some(Transfer.public_id):
        yield from (f"/transfers/{each}{page}" for page in ("", *TRANSFER))
    yield from (f"/packages/{each}" for each in _some(PackageReport.public_id))
    yield from (f"/calls/{each}" for each in _some(Task.public_id, Task.cause == CALL, Task.done_at.is_(None), most=9))
    yield from (f"/intake/entered/{each}" for each in _some(IntakeDraft.public_id, IntakeDraft.case_id.is_not(None)))
    for each in _some(Escalation.public_id):
        yield from (f"/escalations/{each}{page}" for page in ("", "/close"))
    for run in _some(DocketRun.public_id):
        yield from (f"/matching/runs/{run}{page}" for page in ("", "/left", "/send", "/changes"))
    yield from (f"/appeals/{each}" for each in _some(Appeal.public_id))
    yield from (f"/surveys/{each}/answer" for each in _some(Survey.public_id, Survey.answered_at.is_(None)))
    for case_id, entry in session.execute(select(Case.public_id, TimeEntry.id).join(TimeEntry.case)):
        yield f"/cases/{case_id}/time/{entry}/remove"


def _choices_of_mails() -> list[str]:
    """Where a client chooses their mails, and where a mail program stops one kind for either side."""
    case = session.scalars(select(Case).where(Case.status == CaseStatus.IN_SERVICE).limit(1)).one()
    mail = session.scalars(select(Mail).where(Mail.audience == "volunteer").limit(1)).one()
    clients_page = urlsplit(address_of(case)).path
    return [clients_page, f"{clients_page}/no-survey", urlsplit(one_click_address(mail, "survey")).path]


def _doors_of_volunteers() -> Iterator[str]:
    yield from (f"/my/several/{kind}" for kind in my_several.KINDS)
    yield from (f"/my/handed-over/{each}" for each in _some(Transfer.public_id))
    yield from (f"/my/take-over/{each}" for each in _some(TransferAsk.public_id))
    for part in _some(Assignment.public_id, Assignment.role == CaseRole.CO_COUNSEL):
        yield from (f"/my/parts/{part}{page}" for page in ("/done", "/give-back"))
    for status in WITH_VOLUNTEER:
        for case_id in _some(Case.public_id, Case.status == status):
            yield from (f"/my/cases/{case_id}{step}" for step in ("", "/attempt", "/close"))


def _some(column: Any, *where: Any, most: int = 40) -> list[str]:
    """The newest ids of a kind."""
    return list(session.execute(select(column).where(*where).order_by(column.class_.id.desc()).limit(most)).scalars())


def clients() -> list[Reader]:
    """Clients whose own page is open, one for each status, in both languages, and on watched devices."""
    found = []
    for status in CaseStatus:
        case = session.execute(select(Case).where(Case.status == status).limit(1)).scalar_one()
        for language in LANGUAGES:
            token = links.make(client_mails.PORTAL, case.client, expires_at=clock.now() + timedelta(days=3))
            opened = {"portal": {"token": token, "seen": int(clock.now().timestamp())}, "language": language}
            paths = ["/my-request", *(["/my-request/messages"] if status is CaseStatus.IN_SERVICE else [])]
            found.append(Reader(f"client {status} in {language}", language, cookie=opened, paths=paths))
    session.commit()
    return found


def who_is(email: str) -> User:
    """The person with that address."""
    found = find_user(email)
    assert found is not None
    return found
