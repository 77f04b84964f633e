"""What staff do with a letter: post it, or let it be."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l

from app.accounts import calendars
from app.core import audit, clock
from app.core.db import lock
from app.core.errors import BadInput, NotAllowed, Refusal, refuse_if
from app.tasks.operations import finish_tasks

from . import calls, policy
from .letters import POST_LETTER, may_still_go, safe_post, way_of
from .models import ClientLetter
from .operations_reach import RETURNED, stop_channel, use_again

if TYPE_CHECKING:
    from app.accounts.models import User

DROP_REASONS = {
    "unsafe": _l("Post is not safe, or the address is wrong: call instead"),
    "told_otherwise": _l("The client knows already"),
    "no_longer_true": _l("What it says is no longer so"),
}
CALLED_INSTEAD = ("unsafe",)


class LetterDone(Refusal):
    """A letter is posted or let be once."""

    message = _l("This letter was posted or let be before. Nothing was changed.")


class NotSafeByPost(Refusal):
    """Post stopped being safe after the letter was written."""

    message = _l("Post to this address is no longer marked safe. Do not post the letter; choose why it is not sent.")


class NotPostedThen(BadInput):
    """A letter is posted after it was written, and not in the future."""

    message = _l("It cannot have been posted on that day. Write today or a day since the letter was written.")


class ChooseWhyNot(BadInput):
    """A reason from the list belongs to this step."""

    message = _l("Choose why it is not posted.")


class NotPostedYet(Refusal):
    """Only what was posted can come back."""

    message = _l("This letter was not posted, so it cannot have come back. Nothing was changed.")


class CameBackBefore(Refusal):
    """A letter comes back once."""

    message = _l("It was noted before that this letter came back. Nothing was changed.")


class NotBackThen(BadInput):
    """A letter comes back after it was posted, and not in the future."""

    message = _l("It cannot have come back on that day. Write today or a day since it was posted.")


def mark_posted(letter: ClientLetter, on_day: date, *, actor: User) -> None:
    """Note that a letter was printed and posted.

    :raises NotAllowed: no staff of the case's programme
    :raises LetterDone: it was posted or let be before
    :raises NotSafeByPost: post to its address is not safe any more
    :raises NotPostedThen: before it was written, or in the future
    """
    letter = _take(letter, actor)
    programme = letter.case.programme
    refuse_if(not may_still_go(letter), NotSafeByPost)
    written_on = letter.created_at.astimezone(ZoneInfo(programme.time_zone)).date()
    refuse_if(not written_on <= on_day <= calendars.today(programme), NotPostedThen)
    letter.posted_at, letter.posted_on, letter.posted_by_id = clock.now(), on_day, actor.id
    finish_tasks(POST_LETTER, letter, actor=actor, outcome="posted")
    audit.record("letter.post", letter, actor=actor, case=letter.case, after={"posted_on": on_day.isoformat()})


def drop_letter(letter: ClientLetter, reason: str, *, actor: User) -> None:
    """Let a letter be; where post is not safe, no other goes there, and somebody calls and says what it says.

    :raises ChooseWhyNot: no reason of the list is given
    :raises NotAllowed: no staff of the case's programme
    :raises LetterDone: it was posted or let be before
    """
    refuse_if(reason not in DROP_REASONS, ChooseWhyNot)
    letter = _take(letter, actor)
    letter.dropped_at, letter.drop_reason = clock.now(), reason
    if reason in CALLED_INSTEAD:
        if (way := safe_post(letter.case.client)) is not None and way.value == letter.address:
            stop_channel(way, reason, actor=actor)
        calls.ask_to_say(letter.case.client, letter.text.replace("\n\n", "\n"), actor=actor)
    finish_tasks(POST_LETTER, letter, actor=actor, outcome=reason)
    audit.record("letter.drop", letter, actor=actor, case=letter.case, after={"reason": reason})


def mark_returned(letter: ClientLetter, on_day: date, *, actor: User) -> None:
    """Note that a letter came back: nothing goes to its address any more, and somebody calls and says what it says.

    :raises NotAllowed: no staff of the case's programme
    :raises NotPostedYet: it was not posted
    :raises CameBackBefore: it came back before
    :raises NotBackThen: before it was posted, or in the future
    """
    letter = _theirs(letter, actor)
    client, posted_on = letter.case.client, letter.posted_on
    refuse_if(letter.returned_at is not None, CameBackBefore)
    if posted_on is None:
        raise NotPostedYet
    refuse_if(not posted_on <= on_day <= calendars.today(letter.case.programme), NotBackThen)
    letter.returned_at, letter.returned_on, letter.returned_by_id = clock.now(), on_day, actor.id
    if (way := way_of(letter)) is not None:
        stop_channel(way, RETURNED, actor=actor)
    calls.ask_for_call(client, "letter_came_back", {}, actor=actor)
    calls.ask_to_say(client, letter.text.replace("\n\n", "\n"), actor=actor)
    audit.record("letter.return", letter, actor=actor, case=letter.case, after={"returned_on": on_day.isoformat()})


def use_address_again(letter: ClientLetter, *, actor: User) -> None:
    """The address from which a letter came back is right after all; twice changes nothing.

    :raises NotAllowed: no staff of the case's programme
    """
    letter = _theirs(letter, actor)
    if (way := way_of(letter)) is not None:
        use_again(way, actor=actor)


def _theirs(letter: ClientLetter, actor: User) -> ClientLetter:
    refuse_if(not policy.may_screen(actor, letter.case), NotAllowed)
    return lock(letter)


def _take(letter: ClientLetter, actor: User) -> ClientLetter:
    letter = _theirs(letter, actor)
    refuse_if(letter.posted_at is not None or letter.dropped_at is not None, LetterDone)
    return letter
