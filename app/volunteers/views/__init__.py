"""Pages about volunteers, split by who reads them."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("volunteers", __name__, template_folder="../templates")
