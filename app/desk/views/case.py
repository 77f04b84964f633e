"""Pages."""

from . import bp
from app.core.access import *


@bp.route("/cases/<public_id>")
@open_to(*STAFF)
def case(public_id):
    return ""
