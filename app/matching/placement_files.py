"""A placement as the files coordinators open: all of them appear together, or none."""

from __future__ import annotations

import csv
import errno
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.matching.engine.fit import TERMS
from app.matching.engine.rules import RULES
from app.matching.engine.solve import Placement, Unplaced
from app.matching.engine.wanted import Want

PROPOSAL_COLUMNS = (
    "case_id", "volunteer_id", "fit", *TERMS, "load_penalty", "needs_mentor", "rank", "runner_up",
)  # fmt: skip
UNPLACED_COLUMNS = (
    "case_id", "reason", "binding_rule", *(f"after_{rule}" for rule in RULES),
    "blocking_volunteers", "blocking_cases",
)  # fmt: skip
WANTED_COLUMNS = (
    "rank", "role", "licence", "area", "level", "county", "remote", "language", "credentials", "trainings",
    "places", "case_ids",
)  # fmt: skip
PAIR_COLUMNS = ("case_id", "volunteer_id", "fit")
RESULTS = ("pairs.csv", "proposals.csv", "unplaced.csv", "wanted.csv", "report.json")  # in the order they move in
UNFINISHED = ".unfinished-"  # then the writer's process
AS = "as:"  # before the case in whose row a witness stands: that one and what is named after it are the witness
ENOUGH_PROOFS = 50_000_000  # characters of witnesses written out, before those that stand in a row above are named
STAGES = ("read", "candidates", "coverage", "fit", "certificate", "explain", "write")
MEGABYTE = 1 << 20 if sys.platform == "darwin" else 1 << 10


def proposal_rows(placement: Placement) -> Iterable[Sequence[Any]]:
    """Return the rows of proposals.csv."""
    for row in placement.proposals:
        yield (
            row.case_id, row.volunteer_id, row.fit, *(row.terms[term] for term in TERMS),
            row.load_penalty, "yes" if row.needs_mentor else "no", row.rank, row.runner_up,
        )  # fmt: skip


def unplaced_rows(placement: Placement) -> Iterable[Sequence[Any]]:
    """Return the rows of unplaced.csv; where proofs would fill gigabytes, one that stands in a row above is named."""
    written, whole = 0, set[str]()
    for row in placement.unplaced:
        proof = _by_a_row_above(row, whole) if written > ENOUGH_PROOFS else None
        if proof is None:
            witness = row.witness
            proof = (";".join(witness.volunteers), ";".join(witness.cases))
            written += len(proof[0]) + len(proof[1])
            whole.update({witness.found_for} & {row.case_id})
        yield row.case_id, row.reason, row.binding_rule, *row.after, *proof


def _by_a_row_above(row: Unplaced, whole: Collection[str]) -> tuple[str, str] | None:
    found = row.beside(whole)
    if found is None:
        return None
    named = AS + found.case_id
    return ";".join((named, *found.volunteers)), ";".join((named, *found.cases))


def wanted_rows(placement: Placement) -> Iterable[Sequence[Any]]:
    """Return the rows of wanted.csv."""
    for rank, want in enumerate(placement.wanted, 1):
        yield (rank, *asdict(want.profile).values(), len(want.cases), ";".join(_case_ids(placement, want)))


def _case_ids(placement: Placement, want: Want) -> list[str]:
    return sorted(placement.docket.cases[case].case_id for case in want.cases)


def pair_rows(placement: Placement) -> Iterable[Sequence[Any]]:
    """Return the rows of pairs.csv: each case's pairs, the best fit first."""
    for c, case in enumerate(placement.docket.cases):
        for v, fit in zip(*placement.pairs.stretch(c), strict=True):
            yield case.case_id, placement.docket.volunteers[v].volunteer_id, int(fit)


def report(placement: Placement) -> dict[str, Any]:
    """Return what report.json says."""
    return {
        "cases": len(placement.docket.cases),
        "volunteers": len(placement.docket.volunteers),
        "feasible_pairs": placement.pairs.count,
        "placed": len(placement.proposals),
        "placed_by_priority": placement.placed_by_priority,
        "total_fit": placement.total_fit,
        "load_penalty": placement.load_penalty,
        "value": placement.certificate.value,
        "upper_bound": placement.certificate.upper_bound,
        "gap": placement.certificate.gap,
        "mentors_needed": placement.mentors_needed,
        "seconds": {stage: round(placement.seconds.get(stage, 0.0), 3) for stage in STAGES},
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // MEGABYTE,
        "settings": placement.docket.settings.as_mapping(),
    }


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(columns)
        lines.writerows(rows)


def write_placement(placement: Placement, out: Path, *, pairs: bool) -> list[Path]:
    """Write every file of a placement; they are finished aside and then moved in.

    The old report goes first and the new one comes last, so a report stands only beside the files it tells of.

    :raises OSError: the folder cannot be written
    """
    begun = time.perf_counter()
    out.mkdir(parents=True, exist_ok=True)
    _refuse_folders(out)
    _clear_leftovers(out)
    aside = Path(tempfile.mkdtemp(prefix=f"{UNFINISHED}{os.getpid()}-", dir=out))
    try:
        _write_csv(aside / "proposals.csv", PROPOSAL_COLUMNS, proposal_rows(placement))
        _write_csv(aside / "unplaced.csv", UNPLACED_COLUMNS, unplaced_rows(placement))
        _write_csv(aside / "wanted.csv", WANTED_COLUMNS, wanted_rows(placement))
        if pairs:
            _write_csv(aside / "pairs.csv", PAIR_COLUMNS, pair_rows(placement))
        placement.seconds["write"] = time.perf_counter() - begun
        text = json.dumps(report(placement), indent=1, ensure_ascii=False) + "\n"
        (aside / "report.json").write_text(text, encoding="utf-8")
        (out / "report.json").unlink(missing_ok=True)
        if not pairs:
            (out / "pairs.csv").unlink(missing_ok=True)
        return [_move_in(aside / name, out) for name in RESULTS if (aside / name).exists()]
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _clear_leftovers(out: Path) -> None:
    """Remove what a writer that was killed left unfinished; one that lives still writes there."""
    for folder in out.glob(f"{UNFINISHED}*"):
        writer = folder.name.removeprefix(UNFINISHED).partition("-")[0]
        if not (writer.isdigit() and _lives(int(writer))):
            shutil.rmtree(folder, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _refuse_folders(out: Path) -> None:
    """See that a file can stand in every result's place.

    :raises OSError: a folder stands there
    """
    for name in RESULTS:
        if (out / name).is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(out / name))


def _move_in(path: Path, out: Path) -> Path:
    target = out / path.name
    os.replace(path, target)
    return target
