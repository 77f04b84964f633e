"""Turning the translators' texts into the form the pages read: `python -m app.catalogues`."""

from __future__ import annotations

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

APP = Path(__file__).parent


def compile_catalogues(under: Path = APP) -> list[Path]:
    """Compile every catalogue that is newer than its compiled form; returns what was compiled."""
    stale = [path for path in sorted(under.glob("**/LC_MESSAGES/*.po")) if _is_stale(path)]
    for path in stale:
        with path.open("rb") as source:
            catalogue = read_po(source)
        fresh = path.with_suffix(".mo.new")
        with fresh.open("wb") as target:
            write_mo(target, catalogue)
        fresh.replace(path.with_suffix(".mo"))
    return stale


def _is_stale(path: Path) -> bool:
    compiled = path.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime <= path.stat().st_mtime


if __name__ == "__main__":
    compile_catalogues()
