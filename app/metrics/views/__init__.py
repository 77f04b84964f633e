"""Pages of figures: for coordinators, and for funders."""

from flask import Blueprint

bp = Blueprint("metrics", __name__, template_folder="../templates")

from . import analysis, behind, funder, goals, handovers, public, publishing, staff, surveys  # noqa: E402, F401
