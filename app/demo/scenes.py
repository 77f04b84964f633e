"""The last days of the demo, set so that every status and every reader has something to see."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.accounts import calendars
from app.accounts.models import User
from app.casework import closing
from app.casework import operations_closing as endings
from app.clients import letters
from app.clients import operations_letters as post
from app.clients import operations_reach as reach
from app.clients import operations_screening as screening
from app.clients.mails import tell_client
from app.clients.models import Case, CaseStatus, ChannelKind
from app.core import clock
from app.core.db import session, transaction
from app.core.errors import Refusal
from app.engagement import operations as engagement
from app.engagement.models import Audience, Checkin
from app.matching import operations_offers as offers
from app.matching import operations_placement as placing
from app.matching.models import Assignment
from app.tasks.models import Task
from app.tasks.operations import finish_task
from app.volunteers.models import Volunteer

from .asking import programme_asks_in_its_way, somebody_is_away
from .firms import a_firm_is_asked
from .hand_overs import one_is_asked, one_is_complete
from .parts import others_have_parts
from .people import Cast
from .service import lead_of
from .talk import somebody_is_written, steps_are_told, they_write
from .worries import worries_of_the_past, worries_of_today


def set_the_scene(cast: Cast, end: datetime) -> None:
    """Play the scenes a few hours before now."""
    worries_of_the_past(end)
    _old_duties_were_done(end)
    for scene in SCENES:
        with clock.at(end - timedelta(hours=5)), transaction():
            scene(cast)
    worries_of_today(cast, end)
    with clock.at(end - timedelta(hours=4)), transaction():
        _star_is_asked_how_it_goes(cast)


def _old_duties_were_done(end: datetime) -> None:
    """Staff of the demo are diligent: of what was due before yesterday only the newest two are late."""
    with transaction():
        late = session.query(Task).filter(Task.done_at.is_(None), Task.due_at < end - timedelta(days=1))
        for task in late.order_by(Task.due_at.desc()).all()[2:]:
            with clock.at(task.due_at):
                finish_task(task, actor=task.owner)
        called = session.query(Checkin).filter(Checkin.handed_over_at < end - timedelta(days=3))
        for checkin in called.filter(Checkin.answered_at.is_(None), Checkin.closed_at.is_(None)):
            checkin.closed_at, checkin.close_reason = checkin.handed_over_at, "heard_otherwise"


def _cases(cast: Cast, status: CaseStatus) -> list[Case]:
    found = session.query(Case).filter_by(status=status, programme_id=cast.programmes[0])
    return found.order_by(Case.points.desc(), Case.id).all()


def _staff(case: Case) -> User:
    if case.custody is None:
        raise LookupError("an open case has a custodian")
    return case.custody.user


def _star_has_cases(cast: Cast) -> None:
    """The printed volunteer has two cases at least."""
    star = session.get_one(Volunteer, cast.star)
    live = sum(1 for a in star.assignments if a.ended_at is None)
    for case in _cases(cast, CaseStatus.AVAILABLE):
        if live >= 2:
            return
        try:
            with session.begin_nested():
                placing.place_by_hand(case.lead_opening, star, "phone_yes", actor=_staff(case), checked=True)
                live += 1
        except Refusal:
            continue


def _star_is_asked(cast: Cast) -> None:
    """An offer waits in the printed volunteer's mail."""
    star = session.get_one(Volunteer, cast.star)
    for case in _cases(cast, CaseStatus.AVAILABLE):
        try:
            with session.begin_nested():
                offers.send_offer(case.lead_opening, star, actor=_staff(case))
                return
        except Refusal:
            continue


def _star_is_asked_how_it_goes(cast: Cast) -> None:
    """A check-in waits for the printed volunteer's answer."""
    star = session.get_one(Volunteer, cast.star)
    live = [a for a in star.assignments if a.ended_at is None]
    mine = (Checkin.assignment_id.in_([a.id for a in live]), Checkin.audience == Audience.VOLUNTEER)
    waiting = session.query(Checkin).filter(*mine, Checkin.answered_at.is_(None), Checkin.closed_at.is_(None))
    if live and not waiting.filter(Checkin.sent_at.is_not(None)).count():
        _ask_now(live[0].case, live[0], Audience.VOLUNTEER)


def _ask_now(case: Case, lead: Assignment, audience: Audience) -> Checkin:
    asked = Checkin(
        case=case, assignment=lead, audience=audience, series_key="scene", questions=f"{audience}_regular",
        due_on=calendars.today(case.programme), due_at=clock.now(), sent_at=clock.now(), channel="email",
    )  # fmt: skip
    session.add(asked)
    session.flush()
    return asked


def _reports_wait(cast: Cast) -> None:
    """Two closing reports wait for staff."""
    for case in _cases(cast, CaseStatus.IN_SERVICE)[-3:-1]:
        lead = lead_of(case.id)
        if lead is None or lead.volunteer.user is None:
            continue
        today = calendars.today(case.programme)
        report = closing.Closing("B", None, None, None, None, False, False, today, 650)
        endings.report_closing(case, report, amounts=[], actor=lead.volunteer.user)


def _client_withdraws(cast: Cast) -> None:
    """A client to whom letters are safe wants no more help: one waits to be printed."""
    case = _cases(cast, CaseStatus.ACCEPTED)[-1]
    if case.client is not None:
        said = reach.Said("9 Quince Road, Madison, WI 53703", True, "", "open", _staff(case), clock.now())
        reach.add_channel(case.client, ChannelKind.POST, said, actor=_staff(case))
    endings.withdraw_case(case, reason="client_wish", actor=_staff(case))


def _a_letter_comes_back(cast: Cast) -> None:
    """A client can be written to by post alone, and has moved: a letter came back."""
    case = _cases(cast, CaseStatus.AVAILABLE)[-1]
    said = reach.Said("41 Elder Lane, Madison, WI 53704", True, "", "neutral", _staff(case), clock.now())
    for way in case.client.channels:
        reach.stop_channel(way, "wrong", actor=_staff(case))
    reach.add_channel(case.client, ChannelKind.POST, said, actor=_staff(case))
    tell_client(case, "still_looking", actor=_staff(case))
    for letter in letters.letters_of(case.id)[:1]:
        today = calendars.today(case.programme)
        post.mark_posted(letter, today, actor=_staff(case))
        post.mark_returned(letter, today, actor=_staff(case))


def _never_came(cast: Cast) -> None:
    """A request whose papers never came is closed with a way back."""
    waiting = [case for case in _cases(cast, CaseStatus.PRESCREEN) if case.missing_items]
    if waiting:
        screening.close_incomplete(waiting[0], actor=None)


def _they_disagree(cast: Cast) -> None:
    """One volunteer says that all is well; the client says that nobody called."""
    for case in _cases(cast, CaseStatus.IN_SERVICE):
        lead = lead_of(case.id)
        if lead is None or lead.volunteer.user is None:
            continue
        for audience, said in (
            (Audience.VOLUNTEER, {"standing": "on_track"}),
            (Audience.CLIENT, {"contact": "no", "next_step": "no", "call_me": "no"}),
        ):
            engagement.answer(_ask_now(case, lead, audience), said, how="phone")
        return


SCENES = (
    _star_has_cases,
    _star_is_asked,
    _reports_wait,
    _client_withdraws,
    _a_letter_comes_back,
    _never_came,
    _they_disagree,
    one_is_complete,
    one_is_asked,
    others_have_parts,
    a_firm_is_asked,
    they_write,
    steps_are_told,
    somebody_is_written,
    programme_asks_in_its_way,
    somebody_is_away,
)
