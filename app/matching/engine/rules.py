"""Who may take a case: fourteen hard rules in their order, each a predicate on one pair.

Every predicate takes the columns, a case index and a volunteer index and says whether the pair fails.
The same functions judge one pair, run over a docket uncompiled, and are compiled for large ones.
"""

from datetime import date
from typing import Any

from .docket import CaseRow, Docket, VolunteerRow
from .settings import Settings

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


def has_bit(bits: Any, words: int, row: int, bit: int) -> bool:
    """Say whether the row's set holds the numbered requirement."""
    return (bits[row * words + (bit >> 5)] >> (bit & 31)) & 1 == 1


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


def not_approved(d: Any, c: int, v: int) -> bool:
    """The volunteer's status is not approved."""
    return d.v_approved[v] == 0


def wrong_role(d: Any, c: int, v: int) -> bool:
    """The case's role is not among the volunteer's."""
    return not has_bit(d.v_roles, d.role_words, v, d.c_role[c])


def no_licence(d: Any, c: int, v: int) -> bool:
    """An attorney's case needs a licence the volunteer lacks."""
    return d.c_licence[c] >= 0 and not has_bit(d.v_licences, d.licence_words, v, d.c_licence[c])


def no_credential(d: Any, c: int, v: int) -> bool:
    """A credential the case's forum needs is missing."""
    return d.c_credentials[c] >= 0 and not has_bit(d.v_credentials, d.credential_words, v, d.c_credentials[c])


def area_of(d: Any, c: int, v: int) -> int:
    """Return 0 when the area is not listed, 1-4 by category and 5-8 by code, in order of level."""
    return d.v_area[v * d.codes + d.c_code[c]]


def level_gap(d: Any, c: int, v: int) -> int:
    """Return the volunteer's level in a listed area minus the case's."""
    return ((area_of(d, c, v) - 1) & 3) - d.c_level[c]


def no_area(d: Any, c: int, v: int) -> bool:
    """The volunteer lists neither the problem code nor its category."""
    return area_of(d, c, v) == 0


def below_level(d: Any, c: int, v: int) -> bool:
    """The volunteer's level is under the case's, but for one step with a mentor."""
    if area_of(d, c, v) == 0:
        return False
    gap = level_gap(d, c, v)
    return gap < -1 or (gap == -1 and d.v_mentor[v] == 0)


def opted_out(d: Any, c: int, v: int) -> bool:
    """The volunteer declines the code or its category."""
    return has_bit(d.v_declines, d.decline_words, v, d.c_code[c])


def speaks(d: Any, c: int, v: int) -> bool:
    """Say whether the volunteer speaks the client's language."""
    return has_bit(d.v_languages, d.language_words, v, d.c_language[c])


def no_language(d: Any, c: int, v: int) -> bool:
    """The volunteer does not speak the client's language and there is no interpreter."""
    return d.c_interpreter[c] == 0 and not speaks(d, c, v)


def place_kind(d: Any, c: int, v: int) -> int:
    """Return 3 when the county is listed, 2 for the whole state, 1 for remote help, 0 for out of reach."""
    if in_sorted(d.counties, d.county_start[v], d.county_end[v], d.c_county[c]):
        return 3
    if has_bit(d.v_states, d.state_words, v, d.c_state[c]):
        return 2
    if d.c_in_person[c] == 0 and d.v_remote[v] == 1:
        return 1
    return 0


def too_far(d: Any, c: int, v: int) -> bool:
    """Neither the county nor the whole state is listed, and remote help is not possible."""
    return place_kind(d, c, v) == 0


def too_long(d: Any, c: int, v: int) -> bool:
    """The case's hours exceed the volunteer's largest case."""
    return d.c_hours[c] > d.v_max_hours[v]


def not_available(d: Any, c: int, v: int) -> bool:
    """The volunteer is available only after the day of the run."""
    return d.v_available[v] == 0


def no_training(d: Any, c: int, v: int) -> bool:
    """A training the case needs is missing."""
    return d.c_trainings[c] >= 0 and not has_bit(d.v_trainings, d.training_words, v, d.c_trainings[c])


def barred(d: Any, c: int, v: int) -> bool:
    """The volunteer or their firm is barred from the case."""
    start, end = d.barred_start[c], d.barred_start[c + 1]
    if start == end:
        return False
    if in_sorted(d.barred, start, end, v):
        return True
    return d.v_firm[v] < -1 and in_sorted(d.barred, start, end, d.v_firm[v])


def asked_too_often(d: Any, c: int, v: int) -> bool:
    """The volunteer was asked as often as the limits allow."""
    return d.v_rested[v] == 0


def fails(d: Any, c: int, v: int, rule: int) -> bool:
    """Say whether the pair fails the rule numbered in the order of RULES."""
    if rule < 7:
        return fails_who(d, c, v, rule)
    if rule == 7:
        return no_language(d, c, v)
    if rule == 8:
        return too_far(d, c, v)
    if rule == 9:
        return too_long(d, c, v)
    if rule == 10:
        return not_available(d, c, v)
    if rule == 11:
        return no_training(d, c, v)
    if rule == 12:
        return barred(d, c, v)
    return asked_too_often(d, c, v)


def fails_who(d: Any, c: int, v: int, rule: int) -> bool:
    """Say whether the pair fails one of the first seven rules: who the volunteer is and what they do."""
    if rule == 0:
        return not_approved(d, c, v)
    if rule == 1:
        return wrong_role(d, c, v)
    if rule == 2:
        return no_licence(d, c, v)
    if rule == 3:
        return no_credential(d, c, v)
    if rule == 4:
        return no_area(d, c, v)
    if rule == 5:
        return below_level(d, c, v)
    return opted_out(d, c, v)


def may_take(d: Any, c: int, v: int) -> bool:
    """Say whether the pair passes every rule, asking the most telling ones first."""
    if no_area(d, c, v) or d.v_approved[v] == 0 or d.v_available[v] == 0 or d.v_rested[v] == 0:
        return False
    if no_licence(d, c, v) or wrong_role(d, c, v) or opted_out(d, c, v):
        return False
    return passes_rest(d, c, v)


def passes_rest(d: Any, c: int, v: int) -> bool:
    """Say whether a pair alike in role, licence and problem passes what differs from case to case."""
    if below_level(d, c, v) or no_language(d, c, v) or too_long(d, c, v):
        return False
    if no_credential(d, c, v) or no_training(d, c, v) or too_far(d, c, v):
        return False
    return not barred(d, c, v)


def rules_against(case: CaseRow, volunteer: VolunteerRow, as_of: date, settings: Settings | None = None) -> list[str]:
    """Return the names of all rules one pair fails, in their order."""
    columns = Docket.from_rows([case], [volunteer], as_of, settings).columns
    return [name for rule, name in enumerate(RULES) if fails(columns, 0, 0, rule)]


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
    passes_rest,
    may_take,
)
