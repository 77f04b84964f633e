"""What volunteers are written: short lines, one link, and no word about why."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from app.accounts.models import Programme
from app.core.db import transaction
from app.core.mail import Mail
from app.volunteers import mails, queries
from app.volunteers.models import Volunteer
from tests import factories

WRITE: dict[str, Callable[[Volunteer], Mail | None]] = {
    "received": mails.application_received,
    "known": lambda to: mails.application_known(to, queries.today()),
    "approved": mails.volunteer_approved,
    "declined": mails.volunteer_declined,
    "not_of": lambda to: mails.not_of_organisation(to, 1),
    "expiring": lambda to: mails.credentials_expiring(to, to.credentials[:2], queries.today()),
    "lapsed": lambda to: mails.volunteer_lapsed(to, ["A licence in good standing in at least one state"]),
    "confirm": lambda to: mails.confirmation_asked(to, queries.today()),
}
LINKS = {"received": 0, "declined": 0}


@pytest.mark.parametrize("name", WRITE)
def test_a_mail_fits_65_columns_and_holds_one_link_at_most(programme: Programme, name: str) -> None:
    with transaction():
        volunteer = factories.volunteer(given_name="Noor")
        sent = WRITE[name](volunteer)
        assert sent is not None
        assert (sent.kind, sent.to_address) == (f"volunteer.{name}", volunteer.email)
        assert sent.text.startswith("Hello Noor,\n")
        assert len(re.findall(r"https?://\S+", sent.text)) == LINKS.get(name, 1)
        assert [line for line in sent.text.splitlines() if len(line) > 65 and "://" not in line] == []
        assert "{" not in sent.subject + sent.text


def test_the_same_mail_for_the_same_occasion_is_queued_once(programme: Programme) -> None:
    with transaction():
        volunteer = factories.volunteer()
        assert mails.application_received(volunteer) is not None
        assert mails.application_received(volunteer) is None


def test_an_expiry_is_named_with_its_day(programme: Programme) -> None:
    with transaction():
        volunteer = factories.volunteer()
        sent = mails.credentials_expiring(volunteer, volunteer.credentials[:1], queries.today())
        assert sent is not None
        assert re.search(r"- Licence to practise, Wisconsin: \w{3}, \w{3} \d+", sent.text)
