"""What every mail says, stored as text: a change of words is a change of a file that somebody reads.

Run the tests once with SNAPSHOTS=write to store what was changed on purpose.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from app.core.mail import Mail

HERE = Path(__file__).parent
WIDTH = 66


def same_as_stored(name: str, mail: Mail, *, links: int = 1) -> None:
    """Compare a mail with the stored one, its link's token aside, and hold it to width and so many links."""
    text = re.sub(r"(https?://[^/\s]+/(?:checkin|offer|my-request)/)\S+", r"\1…", mail.text)
    said = f"Subject: {mail.subject}\n\n{text.strip()}\n"
    path = HERE / f"{name}.txt"
    if os.environ.get("SNAPSHOTS") == "write":
        path.write_text(said, encoding="utf-8")
    assert said == path.read_text(encoding="utf-8")
    assert len(re.findall(r"https?://", said)) <= links
    assert [line for line in said.splitlines() if len(line) > WIDTH and "://" not in line] == []
