"""What stays hidden of a publication and why, for the staff who sign it off and know the numbers anyway."""

from __future__ import annotations

from flask_babel import gettext as _

from .figures import member_name
from .publishing_cells import member_of
from .publishing_draft import Draft
from .publishing_lines import name_of_count, stage_names, turned_away
from .publishing_system import Version


def why_hidden(draft: Draft, version: Version) -> list[tuple[str, int, str]]:
    """Each hidden figure of a version: its name, its number and the reason."""
    reasons = {
        "small": _("small enough to point at people"),
        "beside": _("a small one would follow from it"),
        "withheld": _("hidden with its whole table"),
        "before": _("hidden as it was published before"),
    }
    rows = []
    for name, why in draft.hidden[version].items():
        measure, dimension, member = member_of(name)
        label = stage_names()[member] if measure == "stage" else name_of_count(measure)
        if dimension not in ("all", "stage"):
            label = f"{label}: {member_name(dimension, member)}"
        value = version.cells.get(name, sum(m.get(name, 0) for m in version.exact["months"].values()))
        rows.append((label, value // 100 if measure == "hours" else value, reasons[why]))
    need = version.exact.get("need")
    if need and need["hidden"]:
        total = sum(sum(cells.values()) for cells in need["months"].values())
        rows.append((turned_away(), total, reasons["small" if total < draft.floors.crossed else "beside"]))
    return sorted(rows)
