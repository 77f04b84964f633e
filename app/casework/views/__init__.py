"""Pages of the work on a placed case: the volunteer's, and what staff do."""

from flask import Blueprint

bp = Blueprint("casework", __name__, template_folder="../templates")
