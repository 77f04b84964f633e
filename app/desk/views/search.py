"""Pages."""

from . import bp
from app.core.access import *


@bp.route("/search", methods=["GET", "POST"])
@open_to(*STAFF)
def search():
    return ""
