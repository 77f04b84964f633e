"""Two ways to run the same kernels: as plain Python over lists, or compiled over arrays.

Importing and loading the compiler costs more than a county's whole docket, so small dockets run plain.
Compiled code is kept on disk under a name made of the sources' digest, so a changed rule is never run stale.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from .docket import Docket

SMALL = 400_000
HERE = Path(__file__).parent
Kernel = Callable[..., Any]
OPTIONS = {"_nrt": False}  # kernels allocate nothing; counting references to their arrays made them five times slower


class Plain:
    """Kernels as they stand, over lists."""

    def kernel(self, function: Kernel) -> Kernel:
        """Return the function itself."""
        return function

    def tables(self, docket: Docket) -> Any:
        """Return the docket's tables as lists."""
        return docket.lists

    def vector(self, length: int, value: int = 0, kind: type = np.int32) -> Any:
        """Return a list of equal numbers."""
        return [value] * length

    def share(self, array: np.ndarray) -> Any:
        """Return the array as a list."""
        return array.tolist()

    def postings(self, docket: Docket) -> tuple[Any, Any]:
        """Return the starts and members of the area postings as lists."""
        return docket.area_posting_lists


class Compiled:
    """Kernels compiled once and kept, over arrays."""

    def kernel(self, function: Kernel) -> Kernel:
        """Return the compiled function."""
        return _compiled(function)

    def tables(self, docket: Docket) -> Any:
        """Return the docket's tables as arrays."""
        return docket.tables

    def vector(self, length: int, value: int = 0, kind: type = np.int32) -> Any:
        """Return an array of equal numbers; zeros take no memory until they are written over."""
        return np.zeros(length, dtype=kind) if value == 0 else np.full(length, value, dtype=kind)

    def share(self, array: np.ndarray) -> Any:
        """Return the array itself."""
        return array

    def postings(self, docket: Docket) -> tuple[Any, Any]:
        """Return the starts and members of the area postings."""
        return docket.area_postings


Machine = Plain | Compiled


def machine_for(docket: Docket) -> Machine:
    """Return the faster machine for a docket of this size."""
    return Plain() if len(docket.cases) * len(docket.volunteers) <= SMALL else Compiled()


def _cache_dir() -> str:
    """Return where compiled kernels of exactly these sources and this Python are kept."""
    digest = hashlib.sha256()
    for source in sorted(HERE.glob("*.py")):
        digest.update(source.read_bytes())
    name = f"kernels-{digest.hexdigest()[:16]}"
    beside = HERE / "__pycache__"
    try:
        beside.mkdir(exist_ok=True)
        writable = os.access(beside, os.W_OK)
    except OSError:
        writable = False
    return str((beside if writable else Path(tempfile.gettempdir()) / f"pro-bono-desk-{os.getuid()}") / name)


@cache
def _compiler() -> Any:
    """Load the compiler once, with every function kernels call made known to it."""
    import numba
    from numba.extending import register_jitable

    from . import auction, candidates, coverage, fit, funnels, heap, optimum, rules

    numba.config.CACHE_DIR = _cache_dir()  # type: ignore[attr-defined]
    for module in (rules, fit, candidates, coverage, heap, optimum, auction, funnels):
        for function in module.PARTS:
            register_jitable(forceinline=True, **OPTIONS)(function)
    return numba


@cache
def _compiled(function: Kernel) -> Kernel:
    compiled: Kernel = _compiler().njit(cache=True, **OPTIONS)(function)
    return compiled
