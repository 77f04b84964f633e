"""The connection to the mail server, and what its answers mean."""

from __future__ import annotations

import re
import smtplib
import ssl
from typing import Any, NamedTuple

from flask_mail import Connection

from .mail import MailStatus


class Verdict(NamedTuple):
    """What becomes of a mail; the error is a code, never the server's sentence, which may hold an address."""

    status: MailStatus
    error: str


class _Watched:
    """Notes the moment from which the server may have the whole message."""

    handed_over = False

    def send(self, s: Any) -> None:
        """Send, and note when the end of a message is about to go."""
        if isinstance(s, bytes) and s.endswith(b"\r\n.\r\n"):
            self.handed_over = True
        super().send(s)  # type: ignore[misc]


class _Plain(_Watched, smtplib.SMTP):
    pass


class _Secure(_Watched, smtplib.SMTP_SSL):
    pass


class SafeConnection(Connection):
    """A connection that verifies the server's certificate and does not wait for ever."""

    def __init__(self, mail: Any, timeout: float) -> None:
        super().__init__(mail)
        self.timeout = timeout

    @property
    def handed_over(self) -> bool:
        """May the server already have the whole message?"""
        return getattr(self.host, "handed_over", False)

    def configure_host(self) -> smtplib.SMTP:
        """Connect, verify, and sign in where a name is set."""
        host = self._connect()
        try:
            if self.mail.use_tls:
                host.starttls(context=ssl.create_default_context())
            if self.mail.username:
                host.login(self.mail.username, self.mail.password or "")
        except BaseException:
            host.close()
            raise
        return host

    def _connect(self) -> smtplib.SMTP:
        name = str(self.mail.default_sender).rpartition("@")[2]
        where: dict[str, Any] = {"local_hostname": name, "timeout": self.timeout}
        if self.mail.use_ssl:
            return _Secure(self.mail.server, self.mail.port, context=ssl.create_default_context(), **where)
        return _Plain(self.mail.server, self.mail.port, **where)

    def __exit__(self, exc_type: Any, exc_value: Any, tb: Any) -> None:
        """Say goodbye; a server that hangs up first changes nothing about the mail."""
        if self.host is None:
            return
        try:
            if exc_type is None:
                self.host.quit()
        except (OSError, smtplib.SMTPException):
            pass
        finally:
            self.host.close()


def judge(error: Exception, *, handed_over: bool) -> Verdict:
    """What an error in sending means for the mail."""
    code, text = _answer(error)
    if code:
        final = code >= 500 and _is_about_this_mail(error, code)
        return Verdict(MailStatus.FAILED if final else MailStatus.RETRYING, _short(code, text))
    name = type(error).__name__
    if handed_over:
        return Verdict(MailStatus.PARKED, name)
    cannot = isinstance(error, (UnicodeError, smtplib.SMTPNotSupportedError)) and not isinstance(error, OSError)
    return Verdict(MailStatus.FAILED if cannot else MailStatus.RETRYING, name)


def _answer(error: Exception) -> tuple[int, bytes]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next(iter(error.recipients.values()))
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return error.smtp_code, text if isinstance(text, bytes) else str(text).encode()
    return 0, b""


def _is_about_this_mail(error: Exception, code: int) -> bool:
    """Refused at the recipient or the text, or too large; a refused sender or password is the desk's own trouble."""
    return isinstance(error, (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)) or code == 552


def _short(code: int, text: bytes) -> str:
    extended = re.match(rb"\s*([245]\.\d{1,3}\.\d{1,3})\b", text)
    return f"{code} {extended[1].decode()}" if extended else str(code)
