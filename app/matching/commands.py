"""Operator commands of matching."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import click

from app.matching.spreadsheets import (
    BadFiles,
    MatchedFiles,
    Problem,
    match_files,
    read_settings,
    refuse_overwriting,
)

SHOWN = 50
EXISTING = click.Path(path_type=Path)

HELP = """Place the cases of one spreadsheet among the volunteers of another, without a database.

\b
CASES has the columns
  case_id, priority (critical|high|normal|low), points, waiting_since,
  next_critical_on, problem_code, level, role, state, licence (a state or any),
  credentials, county, in_person (yes|no), language, interpreter (yes|no), hours,
  trainings, barred, programme
VOLUNTEERS has the columns
  volunteer_id, status, roles, firm, licences, credentials, areas, languages,
  counties, remote (yes|no), slots, max_hours, available_from, trainings,
  mentor_ok (yes|no), declines, last_asked_on, asks_14d, asks_60d

\b
Lists are joined by ";". areas: 63:expert;Housing:competent. counties: 55025 or WI.
barred: volunteer ids or firm:NAME. Days: 2026-11-21.

\b
Written into --out, cases in priority order:
  proposals.csv  case_id, volunteer_id, fit, expertise, area, language, place, slack,
                 rotation, fatigue, load_penalty, needs_mentor, rank, runner_up
  unplaced.csv   case_id, reason, binding_rule, after_<rule> for the 14 rules,
                 blocking_volunteers, blocking_cases; where these two would pass
                 50 million characters in all, as:CASE;ID;... stands for what
                 is in that column of CASE, in a row above, and these ids
  wanted.csv     rank, role, licence, area, level, county, remote, language,
                 credentials, trainings, places, case_ids
  report.json    cases, volunteers, feasible_pairs, placed, placed_by_priority,
                 total_fit, load_penalty, value, upper_bound, gap, mentors_needed,
                 seconds, peak_mb, settings
  pairs.csv      case_id, volunteer_id, fit (with --pairs)
Files that cannot be read are named by line and column; then nothing is written
and the exit status is 2.
"""


class Progress:
    """Says on the error output how far a long run is, every two seconds at most."""

    def __init__(self) -> None:
        self.said = time.monotonic()

    def __call__(self, stage: str, done: int, total: int) -> None:
        if time.monotonic() - self.said >= 2:
            self.said = time.monotonic()
            click.echo(f"{stage}: {done:,} of {total:,} cases", err=True)


def _list(problems: list[Problem], heading: str, most: int) -> None:
    click.echo(heading, err=True)
    for problem in problems[:most]:
        click.echo(f"  {problem}", err=True)
    if len(problems) > most:
        click.echo(f"  and {len(problems) - most:,} more", err=True)


def _summarise(matched: MatchedFiles) -> None:
    placement = matched.placement
    proof = placement.certificate
    by_priority = ", ".join(f"{count:,} {name}" for name, count in placement.placed_by_priority.items())
    click.echo(
        f"{len(placement.proposals):,} of {len(placement.docket.cases):,} cases placed ({by_priority}) among "
        f"{len(placement.docket.volunteers):,} volunteers; {placement.mentors_needed:,} need a mentor."
    )
    click.echo(f"Value {proof.value:,}; no placement can exceed {proof.upper_bound:,} (gap {proof.gap:,}).")
    click.echo(f"{len(placement.unplaced):,} cases unplaced, {len(placement.wanted):,} profiles wanted.")
    for path in matched.written:
        click.echo(f"wrote {path}")


@click.command("match-files", help=HELP)
@click.argument("cases", type=EXISTING)
@click.argument("volunteers", type=EXISTING)
@click.option("--as-of", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day of the run.")
@click.option("--out", required=True, type=EXISTING, help="The folder to write into.")
@click.option("--pairs", is_flag=True, help="Also write every feasible pair.")
@click.option("--settings", type=EXISTING, help="A JSON object of term and rule names with their numbers.")
@click.option("--skip-bad-rows", is_flag=True, help="Place the good rows and list the bad ones.")
def match_files_command(
    cases: Path,
    volunteers: Path,
    as_of: datetime,
    out: Path,
    pairs: bool,
    settings: Path | None,
    skip_bad_rows: bool,
) -> None:
    """Run the docket of two files and say what came of it."""
    try:
        numbers = read_settings(settings)
        refuse_overwriting([settings] if settings else [], out)
        matched = match_files(cases, volunteers, as_of.date(), out, pairs, numbers, skip_bad_rows, progress=Progress())
    except BadFiles as bad:
        _list(bad.problems, "Nothing was written; this cannot be read:", SHOWN)
        raise SystemExit(2) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or out} cannot be written: {error.strerror}") from None
    except MemoryError:
        raise click.ClickException("There is not enough memory for a docket of this size.") from None
    if matched.skipped:
        _list(matched.skipped, f"{len(matched.skipped):,} problems; these rows were left out:", len(matched.skipped))
    _summarise(matched)


if __name__ == "__main__":
    match_files_command()
