"""Several processes as one: they start together, and none runs on without the others."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from runpy import run_path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from app.schedule import run_scheduler
from app.worker import run_worker, stop_on_signals

PATIENCE = 15.0
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
GUNICORN_SETTINGS = Path(__file__).parents[1] / "gunicorn.conf.py"

Part = Callable[[], None]


class WebServer(BaseApplication):
    """Gunicorn with its settings file, on an application that is loaded already."""

    def __init__(self, app: Flask) -> None:
        self.application = app
        super().__init__()

    def load_config(self) -> None:
        """Take over what the settings file sets."""
        for name, value in run_path(str(GUNICORN_SETTINGS)).items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        """The application to serve."""
        return self.application


def parts_of(app: Flask) -> dict[str, Part]:
    """Everything that a desk on one machine runs."""
    return {
        "web": lambda: WebServer(app).run(),
        "scheduler": lambda: run_scheduler(app, stop_on_signals()),
        "worker": lambda: run_worker(app, stop_on_signals()),
    }


def run_together(parts: Mapping[str, Part]) -> int:
    """Run every part in a process until Ctrl-C, TERM or the first of them ends; returns the exit code."""
    fork = multiprocessing.get_context("fork")  # the application is loaded once and shared
    running = {name: fork.Process(target=_run, args=(part,), name=name) for name, part in parts.items()}
    stop = stop_on_signals()
    try:
        for process in running.values():
            process.start()
        while not stop.wait(0.2):
            for name, process in running.items():
                if process.exitcode is not None:
                    told = f"The {name} process stopped with exit code {process.exitcode}, so everything stops."
                    print(told, file=sys.stderr)  # noqa: T201
                    return 1
        return 0
    finally:
        _end(list(running.values()))


def _run(part: Part) -> None:
    """In the new process: a group of its own, so that Ctrl-C reaches it through the parent only."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    os.setpgid(0, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGTERM)
    part()


def _end(processes: list[BaseProcess]) -> None:
    started = [process for process in processes if process.pid is not None]
    for process in started:
        process.terminate()
    deadline = time.monotonic() + PATIENCE
    for process in started:
        process.join(max(0.1, deadline - time.monotonic()))
        if process.exitcode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid or 0, signal.SIGKILL)
            process.join()
