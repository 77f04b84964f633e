"""Who is in a matter, and searching for conflicts with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l

from app.accounts.calendars import add_business_time
from app.core import audit, clock
from app.core.db import lock, session
from app.core.errors import BadInput, NotAllowed, Refusal, refuse_if
from app.core.forms import is_blank
from app.tasks.operations import finish_tasks, open_task

from . import conflicts, policy
from .models import OPEN, Case, CaseStatus, ConflictSearch, Party, PartyRole
from .names import index_names

if TYPE_CHECKING:
    from app.accounts.models import User

OUTCOMES = ("clear", "conflict", "more_needed")


class CaseIsOver(Refusal):
    """The case has ended."""

    message = _l("This case has ended. What belongs to it can no longer be changed.")


class PartiesChanged(Refusal):
    """The search is for other parties than the case has now."""

    message = _l("A party was added or changed after this search. Search again, then decide.")


class AlreadyDecided(Refusal):
    """Somebody decided this search before."""

    message = _l("This search is decided already. Search again to decide anew.")


class NeedsNote(BadInput):
    """A decision over hits needs its reason in words."""

    message = _l("Write why the names found are no conflict, or what is still needed.")


class NamedAlready(Refusal):
    """The matter has somebody of that name in that part."""

    message = _l("Somebody of this name has this part already. Change that entry if something is missing.")


class NoName(BadInput):
    """Nothing to see was typed for a name."""

    message = _l("Write the name.")


class ClientStays(Refusal):
    """The client cannot be taken off their own case."""

    message = _l("The client cannot be removed from the case. Change the name instead.")


class StorySealed(NotAllowed):
    """The story is sealed until the conflict search is clear."""

    message = _l("The story is sealed until the conflict search is clear. A supervising attorney can open it.")


def refuse_unless_open(case: Case) -> None:
    """Refuse to work on a case that has ended.

    :raises CaseIsOver: it has
    """
    refuse_if(case.status not in OPEN, CaseIsOver)


def add_party(
    case: Case,
    *,
    role: PartyRole,
    name: str,
    actor: User | None,
    aliases: list[str] | None = None,
    is_organisation: bool = False,
    born_on: str | None = None,
) -> Party:
    """Add somebody to the matter; an earlier conflict clearance no longer counts.

    :raises CaseIsOver: the case has ended
    :raises NoName: there is nothing to see of the name
    :raises NamedAlready: somebody of the same name has the same part
    """
    case = lock(case)
    refuse_unless_open(case)
    _refuse_name(case, role, name)
    party = Party(
        case=case, role=role, name=name.strip(), aliases=aliases or None, is_organisation=is_organisation,
        born_on=born_on,
    )  # fmt: skip
    session.add(party)
    names_changed(case, actor)
    _tell_of_name(party, actor)
    audit.record("party.add", party, actor=actor, after={"role": role, "parties_version": case.parties_version})
    return party


def change_party(
    party: Party,
    *,
    role: PartyRole,
    name: str,
    aliases: list[str] | None,
    is_organisation: bool,
    born_on: str | None,
    actor: User | None,
) -> Party:
    """Correct a party; where a name, part or birth date changed, the conflict clearance no longer counts.

    :raises CaseIsOver: the case has ended
    """
    case = lock(party.case)
    refuse_unless_open(case)
    _refuse_name(case, role, name, but=party)
    before = (party.role, party.name, party.aliases or None, party.is_organisation, party.born_on)
    after = (role, name.strip(), aliases or None, is_organisation, born_on)
    if before == after:
        return party
    party.role, party.name, party.aliases, party.is_organisation, party.born_on = after
    names_changed(case, actor)
    _tell_of_name(party, actor)
    audit.record("party.change", party, actor=actor, after={"role": role, "parties_version": case.parties_version})
    return party


def _refuse_name(case: Case, role: PartyRole, name: str, *, but: Party | None = None) -> None:
    """Refuse a name of which nothing shows, and one that stands there in the same part."""
    refuse_if(is_blank(name), NoName)
    same = [each for each in case.parties if each.removed_at is None and each is not but and each.role is role]
    refuse_if(any(_read(each.name) == _read(name) for each in same), NamedAlready)


def _read(name: str) -> str:
    return " ".join("".join(each for each in name if not is_blank(each) or each.isspace()).casefold().split())


def remove_party(party: Party, *, actor: User | None) -> None:
    """Take somebody out of the matter who was entered by mistake.

    :raises ClientStays: it is the client
    :raises CaseIsOver: the case has ended
    """
    case = lock(party.case)
    refuse_unless_open(case)
    refuse_if(party.role is PartyRole.CLIENT and party.person_id is not None, ClientStays)
    if party.removed_at is not None:
        return
    party.removed_at = clock.now()
    names_changed(case, actor)
    audit.record("party.remove", party, actor=actor, after={"parties_version": case.parties_version})


_told_of_names: list[Callable[..., None]] = []


def tell_of_new_names(told: Callable[..., None]) -> None:
    """Register who acts in the same moment on a name that came into a matter."""
    _told_of_names[:] = [told]


def _tell_of_name(party: Party, actor: User | None) -> None:
    session.flush()
    for told in _told_of_names:
        told(party, actor=actor)


def names_changed(case: Case, actor: User | None) -> None:
    """Raise the parties' version: clearances and attestations for the one before no longer count."""
    case.parties_version += 1
    if case.status is CaseStatus.PRESCREEN:
        case.narrative_opened_at = None
    index_names(case)
    session.expire(case, ["parties"])
    ask_for_search(case, actor, "a party of {number} changed")


def ask_for_search(case: Case, actor: User | None, why: str) -> None:
    """Have staff search the names again; before a request is accepted its own page asks for that."""
    if case.status is CaseStatus.PRESCREEN:
        return
    open_task(
        "search_conflicts", case, programme=case.programme, case=case, actor=actor, owner=_custodian(case),
        title=f"Search conflicts again: {why.format(number=case.number)}",
        due_at=add_business_time(clock.now(), case.programme, hours=4),
    )  # fmt: skip


def _custodian(case: Case) -> User | None:
    return case.custody.user if case.custody else None


def search_conflicts(case: Case, *, actor: User | None) -> ConflictSearch:
    """Search the programme's names for this case's parties as they are now; staff decide, never the search.

    :raises CaseIsOver: the case has ended
    """
    case = lock(case)
    refuse_unless_open(case)
    return keep_search(case, actor)


def keep_search(case: Case, actor: User | None) -> ConflictSearch:
    """Search the names of a case and keep what was found, undecided."""
    found = conflicts.stored(conflicts.find_hits(case))
    search = ConflictSearch(
        case=case, parties_version=case.parties_version, searched_at=clock.now(), hits=found, hit_count=len(found),
        names_searched=len(conflicts.programme_names(case.programme_id).names),
    )  # fmt: skip
    session.add(search)
    after = {"hits": len(found), "parties_version": case.parties_version}
    audit.record("conflict.search", search, actor=actor, after=after)
    return search


def decide_conflicts(search: ConflictSearch, outcome: str, note: str | None, *, actor: User) -> ConflictSearch:
    """Say what the names found mean: clear, conflict, or more needed; clear opens the story.

    :raises PartiesChanged: a party changed since the search, or a newer search was run
    :raises AlreadyDecided: it was decided before
    :raises NeedsNote: names were found, or something is needed, and the note is empty
    """
    case = lock(search.case)
    search = lock(search)
    refuse_if(outcome not in OUTCOMES, BadInput)
    newest = conflicts.latest_search(case)
    refuse_if(search.parties_version != case.parties_version or newest is not search, PartiesChanged)
    if search.outcome == outcome:
        return search
    refuse_if(search.outcome in ("clear", "conflict"), AlreadyDecided)
    refuse_if((search.hit_count or outcome != "clear") and not (note or "").strip(), NeedsNote)
    search.outcome, search.note = outcome, (note or "").strip() or None
    search.decided_at, search.decided_by_id = clock.now(), actor.id
    if outcome == "clear":
        case.narrative_opened_at = case.narrative_opened_at or clock.now()
        finish_tasks("search_conflicts", case, actor=actor)
    audit.record("conflict.decide", search, actor=actor, after={"outcome": outcome})
    return search


def open_narrative(case: Case, *, actor: User) -> Case:
    """Open the sealed story before the search is clear, as a supervising attorney.

    :raises StorySealed: the actor is no supervising attorney of the programme
    """
    case = lock(case)
    refuse_if(not policy.may_open_story(actor, case), StorySealed)
    if case.narrative_opened_at is not None:
        return case
    case.narrative_opened_at = clock.now()
    audit.record("case.open_story", case, actor=actor, after=_clearance(case))
    return case


def _clearance(case: Case) -> dict[str, Any]:
    search = conflicts.latest_search(case)
    return {"conflict": search.outcome if search else None}
