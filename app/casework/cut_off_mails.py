"""What somebody is told whose file was closed at once, and opened again; never why in words of the case."""

from __future__ import annotations

from app.core import mail
from app.matching.models import Assignment

FOLDER = "casework/cut_off_mails"


def _tell(name: str, part: Assignment, url: str) -> None:
    volunteer, case = part.volunteer, part.case
    contact = case.custody.user.name if case.custody else case.programme.name
    facts = {"name": volunteer.given_name, "case": case, "programme": case.programme, "contact": contact}
    subject, text = mail.compose(f"{FOLDER}/{name}", "en", url=url, **facts)
    mail.queue(
        f"casework.{name}", occasion=f"{name}:{part.public_id}:{part.cut_off_at:%Y%m%d%H%M%S}", to=volunteer.email,
        subject=subject, text=text, audience="volunteer", programme=case.programme, case=case, about=part,
    )  # fmt: skip


def file_closed(part: Assignment) -> None:
    """The file is closed for the moment; somebody of the programme looks at it and writes."""
    _tell("file_closed", part, mail.outside_url("casework.my_cases"))


def file_open_again(part: Assignment) -> None:
    """The file is open again."""
    _tell("file_open_again", part, mail.outside_url("casework.my_case", public_id=part.case.public_id))
