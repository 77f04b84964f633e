"""Pages about people who ask for help and their cases; one module per audience."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("clients", __name__, template_folder="../templates")
