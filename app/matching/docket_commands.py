"""`flask place-docket` places the docket once and says what came of it; `flask export-docket` writes it down."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy import func, select

from app.core.db import session

from .docket_files import write_docket
from .docket_jobs import place_docket_now
from .dockets import build_docket, close_reading, open_to_matching
from .models import DocketRun, Unplaced
from .run_words import BINDING


@click.command("place-docket")
@click.option("--if-new", is_flag=True, help="Do nothing where a run exists or no case waits.")
@with_appcontext
def place_docket_command(if_new: bool) -> None:
    """Place the whole docket once, here and now, and say what came of it."""
    waits = session.execute(open_to_matching().limit(1)).first() is not None
    if if_new and (not waits or session.execute(select(DocketRun.id).limit(1)).first() is not None):
        return
    run = place_docket_now()
    for line in _told(run):
        click.echo(line)


def _told(run: DocketRun) -> list[str]:
    report = run.report
    if report is None:
        return [f"The docket was not placed: {run.failure or run.status.value}."]
    took = _took(sum(report["seconds"].values()))
    lines = [
        f"Placed the docket in {took}: {report['placed']} of {report['cases']} cases that nobody is asked for yet "
        f"have a volunteer proposed, of {report['volunteers']} volunteers.",
        "  placed by priority: "
        + ", ".join(f"{level} {n} of {report['cases_by_priority'][level]}"
                    for level, n in report["placed_by_priority"].items()),
    ]  # fmt: skip
    why = select(Unplaced.reason, Unplaced.binding_rule, func.count()).where(Unplaced.run_id == run.id)
    left = session.execute(why.group_by(Unplaced.reason, Unplaced.binding_rule).order_by(func.count().desc())).all()
    lines += [f"  left out: {count}, {_why(reason, rule)}" for reason, rule, count in left]
    proof = "no better placement exists" if report["gap"] == 0 else f"at most {report['gap']} points below the best"
    return [*lines, f"  value {report['value']:,}, upper bound {report['upper_bound']:,}: {proof}."]


def _took(seconds: float) -> str:
    return f"{seconds:.1f} seconds" if seconds >= 1 else f"{1000 * seconds:.0f} milliseconds"


def _why(reason: str, rule: str | None) -> str:
    if reason == "all_taken":
        return "because everyone able is full with more urgent cases"
    return f"because no one can; what binds is {BINDING[rule]}" if rule else "because no one can, for several reasons"


@click.command("export-docket")
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@with_appcontext
def export_docket_command(out: Path) -> None:
    """Write the docket as it stands as the two spreadsheets that match-files reads, in codes without names."""
    laid = build_docket()
    close_reading()
    left_out = write_docket(laid.docket, out)
    click.echo(f"{len(laid.docket.cases) - left_out} cases and {len(laid.docket.volunteers)} volunteers in {out}.")
    if left_out:
        click.echo(f"  left out: {left_out} parts that ask for no field of law")
    files = f"{out / 'cases.csv'} {out / 'volunteers.csv'}"
    click.echo(f"  place them: flask match-files {files} --as-of {laid.docket.as_of} --out DIR")
