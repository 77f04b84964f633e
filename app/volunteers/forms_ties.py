"""What volunteers say about those close to them."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, TextAreaField
from wtforms.validators import Length, Optional, ValidationError

from app.core.forms import VersionedForm

from .operations_ties import MOST

LONGEST = 120


def lines(text: str | None) -> list[str]:
    """The names, one a line, each once."""
    return list(dict.fromkeys(name for line in (text or "").splitlines() if (name := " ".join(line.split()))))


class TiesForm(VersionedForm):
    """The people one lives with and whom one works for."""

    household = TextAreaField(
        _l("People I live with"), [Optional(), Length(max=1600)],
        description=_l("One full name on each line, like “Ana Maria Brandt”."),
    )  # fmt: skip
    employers = TextAreaField(
        _l("Whom I work for"), [Optional(), Length(max=1600)],
        description=_l("One name on each line. Your firm is known already; write here whoever else pays you."),
    )  # fmt: skip

    def validate_household(self, field: Field) -> None:
        """A name of one word would fit half the town."""
        self._check(field)
        if any(len(name.split()) < 2 for name in lines(field.data)):
            raise ValidationError(str(_l("Write given and family name of each person.")))

    def validate_employers(self, field: Field) -> None:
        """A few names, none endless."""
        self._check(field)

    def _check(self, field: Field) -> None:
        names = lines(field.data)
        if len(names) > MOST:
            raise ValidationError(str(_l("Write at most %(most)s names.", most=MOST)))
        if any(len(name) > LONGEST for name in names):
            raise ValidationError(str(_l("Write one name on each line.")))

    @property
    def names(self) -> dict[str, Any]:
        """What was typed, as the operation takes it."""
        return {"household": lines(self.household.data), "employers": lines(self.employers.data)}
