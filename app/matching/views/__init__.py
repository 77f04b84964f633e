"""Pages about openings and attempts to place them; one module per audience."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("matching", __name__, template_folder="../templates")
