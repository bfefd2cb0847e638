"""Delivery by e-mail: always over TLS, to a server whose certificate is verified.

The idempotency key is the Message-ID, so that a mail store that was handed a message twice shows it once.
"""

import smtplib
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from flagging.errors import DeliveryFailed
from flagging.notify.content import SUBJECT, Notification, as_text

SECONDS_TO_ANSWER: Final = 10.0
_PORTS: Final = {"smtp": 587, "smtps": 465}
_PERMANENT: Final = 500


class SmtpSender:
    """Sends by one server, over one connection for as long as there is something to send."""

    def __init__(self, url: str, sender: str, ca_file: Path | None = None) -> None:
        self._parts = urlsplit(url)
        self._sender = sender
        self._tls = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
        self._connection: smtplib.SMTP | None = None

    def send(self, notification: Notification) -> None:
        """Hand one message to the server; raise DeliveryFailed unless it took it."""
        try:
            message = self._compose(notification)
            self._connected().send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code = max(code for code, _ in error.recipients.values())
            self._reset()
            raise DeliveryFailed(f"the recipient was refused ({code})", is_final=code >= _PERMANENT) from None
        except smtplib.SMTPAuthenticationError as error:
            self.rest()
            raise DeliveryFailed(f"the server does not let us in ({error.smtp_code})", is_of_channel=True) from None
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            self.rest()
            raise DeliveryFailed(f"the message was refused ({error.smtp_code})") from None
        except (smtplib.SMTPException, OSError) as error:
            self.rest()
            raise DeliveryFailed(f"the server: {type(error).__name__}", is_of_channel=True) from None
        except ValueError:  # an address that cannot stand in a header; what it was is not quoted
            raise DeliveryFailed("the recipient's address cannot be used", is_final=True) from None

    def rest(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._connection.quit()
            self._connection = None

    def _connected(self) -> smtplib.SMTP:
        if self._connection is None:
            host, port = self._parts.hostname or "", self._parts.port or _PORTS[self._parts.scheme]
            if self._parts.scheme == "smtps":
                connection: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=SECONDS_TO_ANSWER, context=self._tls)
            else:
                connection = smtplib.SMTP(host, port, timeout=SECONDS_TO_ANSWER)
                try:
                    connection.starttls(context=self._tls)  # raises where it is not offered: nothing goes in the clear
                except BaseException:
                    connection.close()
                    raise
            self._connection = connection
            if self._parts.username:
                connection.login(unquote(self._parts.username), unquote(self._parts.password or ""))
        return self._connection

    def _reset(self) -> None:
        try:
            if self._connection is not None:
                self._connection.rset()
        except (smtplib.SMTPException, OSError):
            self.rest()

    def _compose(self, notification: Notification) -> EmailMessage:
        domain = parseaddr(self._sender)[1].partition("@")[2]
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = notification.recipient.email or ""
        message["Subject"] = SUBJECT
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Message-ID"] = f"<{notification.key}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(as_text(notification.carried, notification.recipient))
        return message
