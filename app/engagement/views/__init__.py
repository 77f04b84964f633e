"""Pages of check-ins: answering by link, and what staff see."""

from flask import Blueprint

bp = Blueprint("engagement", __name__, template_folder="../templates")

from . import answering, docketing, escalation_rules, escalation_trends, escalations, own, questions, series, staff  # noqa: E402, F401
