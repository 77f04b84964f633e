"""What somebody reports of a limited-scope package they took."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base, Editable, Public, choice, live_unique
from app.core.sealed import Sealed
from app.matching.models import Assignment


class PackageStatus(enum.StrEnum):
    """Where the report of a package stands."""

    REPORTED = "reported"
    RETURNED = "returned"
    APPROVED = "approved"


class PackageReport(Base, Public, Editable):
    """That a package is done: a few lines, the hours, and what staff answered."""

    __tablename__ = "package_reports"
    __table_args__ = (
        live_unique("one_live_package_report", "assignment_id", where="status IN ('reported', 'approved')"),
        CheckConstraint("hundredths > 0", name="some"),
    )

    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id"), index=True)
    status: Mapped[PackageStatus] = mapped_column(choice(PackageStatus, "status"), default=PackageStatus.REPORTED)
    text: Mapped[str] = mapped_column(Sealed("package_reports.text"))
    hundredths: Mapped[int]
    reported_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    return_reason: Mapped[str | None] = mapped_column(Sealed("package_reports.return_reason"))

    assignment: Mapped[Assignment] = relationship()
