"""Pages."""

from app.core.access import *

from . import bp


@bp.route("/search", methods=["GET", "POST"])
@open_to(*STAFF)
def search():
    return ""
