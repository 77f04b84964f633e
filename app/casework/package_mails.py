"""What volunteers are told about the packages they reported done."""

from __future__ import annotations

from app.core import mail

from .models_packages import PackageReport

FOLDER = "casework/package_mails"


def _tell(name: str, report: PackageReport, endpoint: str, **ids: str) -> None:
    volunteer, case = report.assignment.volunteer, report.assignment.case
    facts = {"volunteer": volunteer, "case": case, "programme": case.programme}
    subject, text = mail.compose(f"{FOLDER}/{name}", "en", url=mail.outside_url(endpoint, **ids), **facts)
    mail.queue(
        f"casework.{name}", occasion=f"{name}:{report.public_id}", to=volunteer.email, subject=subject, text=text,
        audience="volunteer", programme=case.programme, case=case, about=report.assignment,
    )  # fmt: skip


def package_approved(report: PackageReport) -> None:
    """The package is done; whoever did it is thanked."""
    _tell("package_approved", report, "matching.opportunities")


def package_returned(report: PackageReport) -> None:
    """Staff ask for something more; what it is stands behind the sign-in."""
    _tell("package_returned", report, "casework.package_done", public_id=report.assignment.public_id)
