"""Who may take a case: fourteen hard rules in their order, each a predicate on one pair.

Every predicate takes the three tables and where the rows of the case (`c`) and of the volunteer (`v`) begin,
and says whether the pair fails.
The same functions judge one pair, run over a docket uncompiled, and are compiled for large ones.
"""

from datetime import date
from typing import Any

from .docket import CaseRow, Docket, VolunteerRow
from .settings import Settings
from .tables import (
    APPROVED,
    AREAS,
    AVAILABLE,
    BARRED,
    BARRED_END,
    CODE,
    COUNTIES,
    COUNTIES_END,
    COUNTY,
    CREDENTIAL,
    CREDENTIALS,
    DECLINES,
    FIRM,
    HOURS,
    IN_PERSON,
    INDEX,
    INTERPRETER,
    LANGUAGE,
    LANGUAGES,
    LEVEL,
    LICENCE,
    LICENCES,
    MAX_HOURS,
    MENTOR,
    REMOTE,
    RESTED,
    ROLE,
    ROLES,
    STATE,
    STATES,
    TRAINING,
    TRAININGS,
)

RULES: tuple[str, ...] = (
    "not_approved",
    "wrong_role",
    "no_licence",
    "no_credential",
    "no_area",
    "below_level",
    "opted_out",
    "no_language",
    "too_far",
    "too_long",
    "not_available",
    "no_training",
    "barred",
    "asked_too_often",
)


def has_bit(pool: Any, at: int, bit: int) -> bool:
    """Say whether the set that starts there holds the numbered requirement."""
    return (pool[at + (bit >> 5)] >> (bit & 31)) & 1 == 1


def in_sorted(items: Any, start: int, end: int, wanted: int) -> bool:
    """Say whether a sorted stretch of numbers holds the wanted one."""
    low, high = start, end
    while low < high:
        middle = (low + high) >> 1
        if items[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low < end and items[low] == wanted


def not_approved(cs: Any, vs: Any, pool: Any, c: int, v: int) -> bool:
    """The volunteer's status is not approved."""
    return vs[v + APPROVED] == 0


def wrong_role(cs: Any, vs: Any, pool: Any, c: int, v: int) -> bool:
    """The case's role is not among the volunteer's."""
    return not has_bit(pool, vs[v + ROLES], cs[c + ROLE])


def no_licence(cs: Any, vs: Any, pool: Any, c: int, v: int) -> bool:
    """An attorney's case needs a licence the volunteer lacks."""
    return cs[c + LICENCE] >= 0 and not has_bit(pool, vs[v + LICENCES], cs[c + LICENCE])


def no_credential(cs: Any, vs: Any, pool: Any, c: int, v: int) -> bool:
    """A credential the case's forum needs is missing."""
    return cs[c + CREDENTIAL] >= 0 and not has_bit(pool, vs[v + CREDENTIALS], cs[c + CREDENTIAL])


def area_of(cs: Any, vs: Any, pool: Any, c: int, v: int) -> int:
    """Return 0 when the area is not listed, 1-4 by category and 5-8 by code, in order of level."""
    return pool[vs[v + AREAS] + cs[c + CODE]]


def level_gap(cs: Any, vs: Any, pool: Any, c: int, v: int) -> int:
    """Return the volunteer's level in a listed area minus the case's."""
    return ((area_of(cs, vs, pool, c, v) - 1) & 3) - cs[c + LEVEL]


def no_area(cs: Any, vs: Any, pool: Any, c: int, v: int) -> bool:
    """The volunteer lists neither the problem code nor its category."""
    return area_of(cs, vs, pool, c, v) == 0


def below_level(cs: Any, vs: Any, pool: Any, c: int, v: int) -> bool:
    """The volunteer's level is under the case's, but for one step with a mentor."""
    if area_of(cs, vs, pool, c, v) == 0:
        return False
    gap = level_gap(cs, vs, pool, c, v)
    return gap < -1 or (gap == -1 and vs[v + MENTOR] == 0)


def opted_out(cs: Any, vs: Any, pool: Any, c: int, v: int) -> bool:
    """The volunteer declines the code or its category."""
    return has_bit(pool, vs[v + DECLINES], cs[c + CODE])


def speaks(cs: Any, vs: Any, pool: Any, c: int, v: int) -> bool:
    """Say whether the volunteer speaks the client's language."""
    return has_bit(pool, vs[v + LANGUAGES], cs[c + LANGUAGE])


def no_language(cs: Any, vs: Any, pool: Any, c: int, v: int) -> bool:
    """The volunteer does not speak the client's language and there is no interpreter."""
    return cs[c + INTERPRETER] == 0 and not speaks(cs, vs, pool, c, v)


def place_kind(cs: Any, vs: Any, pool: Any, c: int, v: int) -> int:
    """Return 3 when the county is listed, 2 for the whole state, 1 for remote help, 0 for out of reach."""
    if in_sorted(pool, vs[v + COUNTIES], vs[v + COUNTIES_END], cs[c + COUNTY]):
        return 3
    if has_bit(pool, vs[v + STATES], cs[c + STATE]):
        return 2
    if cs[c + IN_PERSON] == 0 and vs[v + REMOTE] == 1:
        return 1
    return 0


def too_far(cs: Any, vs: Any, pool: Any, c: int, v: int) -> bool:
    """Neither the county nor the whole state is listed, and remote help is not possible."""
    return place_kind(cs, vs, pool, c, v) == 0


def too_long(cs: Any, vs: Any, pool: Any, c: int, v: int) -> bool:
    """The case's hours exceed the volunteer's largest case."""
    return cs[c + HOURS] > vs[v + MAX_HOURS]


def not_available(cs: Any, vs: Any, pool: Any, c: int, v: int) -> bool:
    """The volunteer is available only after the day of the run."""
    return vs[v + AVAILABLE] == 0


def no_training(cs: Any, vs: Any, pool: Any, c: int, v: int) -> bool:
    """A training the case needs is missing."""
    return cs[c + TRAINING] >= 0 and not has_bit(pool, vs[v + TRAININGS], cs[c + TRAINING])


def barred(cs: Any, vs: Any, pool: Any, c: int, v: int) -> bool:
    """The volunteer or their firm is barred from the case."""
    start, end = cs[c + BARRED], cs[c + BARRED_END]
    if start == end:
        return False
    if in_sorted(pool, start, end, vs[v + INDEX]):
        return True
    return vs[v + FIRM] < -1 and in_sorted(pool, start, end, vs[v + FIRM])


def asked_too_often(cs: Any, vs: Any, pool: Any, c: int, v: int) -> bool:
    """The volunteer was asked as often as the limits allow."""
    return vs[v + RESTED] == 0


def fails(cs: Any, vs: Any, pool: Any, c: int, v: int, rule: int) -> bool:
    """Say whether the pair fails the rule numbered in the order of RULES."""
    if rule < 7:
        return fails_who(cs, vs, pool, c, v, rule)
    if rule == 7:
        return no_language(cs, vs, pool, c, v)
    if rule == 8:
        return too_far(cs, vs, pool, c, v)
    if rule == 9:
        return too_long(cs, vs, pool, c, v)
    if rule == 10:
        return not_available(cs, vs, pool, c, v)
    if rule == 11:
        return no_training(cs, vs, pool, c, v)
    if rule == 12:
        return barred(cs, vs, pool, c, v)
    return asked_too_often(cs, vs, pool, c, v)


def fails_who(cs: Any, vs: Any, pool: Any, c: int, v: int, rule: int) -> bool:
    """Say whether the pair fails one of the first seven rules: who the volunteer is and what they do."""
    if rule == 0:
        return not_approved(cs, vs, pool, c, v)
    if rule == 1:
        return wrong_role(cs, vs, pool, c, v)
    if rule == 2:
        return no_licence(cs, vs, pool, c, v)
    if rule == 3:
        return no_credential(cs, vs, pool, c, v)
    if rule == 4:
        return no_area(cs, vs, pool, c, v)
    if rule == 5:
        return below_level(cs, vs, pool, c, v)
    return opted_out(cs, vs, pool, c, v)


def can_be_asked(vs: Any, v: int) -> bool:
    """Say whether the volunteer passes the rules that look at no case."""
    return vs[v + APPROVED] == 1 and vs[v + AVAILABLE] == 1 and vs[v + RESTED] == 1


def does_such_work(cs: Any, vs: Any, pool: Any, c: int, v: int) -> bool:
    """Say whether the pair passes the rules that cases alike in role, licence and problem share."""
    if no_area(cs, vs, pool, c, v) or no_licence(cs, vs, pool, c, v):
        return False
    return not (wrong_role(cs, vs, pool, c, v) or opted_out(cs, vs, pool, c, v))


def passes_rest(cs: Any, vs: Any, pool: Any, c: int, v: int) -> bool:
    """Say whether the pair passes what differs from case to case; asking at once beats guessing branches."""
    fails_any = below_level(cs, vs, pool, c, v) | too_long(cs, vs, pool, c, v) | no_language(cs, vs, pool, c, v)
    if fails_any or too_far(cs, vs, pool, c, v):
        return False
    if no_credential(cs, vs, pool, c, v) or no_training(cs, vs, pool, c, v):
        return False
    return not barred(cs, vs, pool, c, v)


def may_take(cs: Any, vs: Any, pool: Any, c: int, v: int) -> bool:
    """Say whether the pair passes every rule."""
    return can_be_asked(vs, v) and does_such_work(cs, vs, pool, c, v) and passes_rest(cs, vs, pool, c, v)


def rules_against(case: CaseRow, volunteer: VolunteerRow, as_of: date, settings: Settings | None = None) -> list[str]:
    """Return the names of all rules one pair fails, in their order."""
    tables = Docket.from_rows([case], [volunteer], as_of, settings).lists
    return [name for rule, name in enumerate(RULES) if fails(*tables, 0, 0, rule)]


PARTS = (
    has_bit,
    in_sorted,
    not_approved,
    wrong_role,
    no_licence,
    no_credential,
    area_of,
    level_gap,
    no_area,
    below_level,
    opted_out,
    speaks,
    no_language,
    place_kind,
    too_far,
    too_long,
    not_available,
    no_training,
    barred,
    asked_too_often,
    fails_who,
    fails,
    can_be_asked,
    does_such_work,
    passes_rest,
    may_take,
)
