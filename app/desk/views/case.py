"""Pages."""

from app.core.access import *

from . import bp


@bp.route("/cases/<public_id>")
@open_to(*STAFF)
def case(public_id):
    return ""
