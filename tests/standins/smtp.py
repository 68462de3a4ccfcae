"""A mail server that keeps what it is given, and refuses, defers or hangs up when told to."""

from __future__ import annotations

import argparse
import asyncio
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.standins import Journal, LoopThread, serve_until_stopped


@dataclass(frozen=True)
class Received:
    """One accepted message: who sent it to whom (the envelope), and what it says."""

    at: datetime
    sender: str
    recipients: list[str]
    message: EmailMessage


class SmtpSink:
    """A context manager; `messages` holds what was accepted and can be read from any thread."""

    def __init__(self, *, port: int = 0, journal: Path | None = None) -> None:
        self.messages: list[Received] = []
        self.connections = 0
        self._port = port
        self._journal = Journal(journal)
        self._lock = threading.Lock()
        self._answers: dict[str, str] = {}
        self._drops = 0

    def __enter__(self) -> Self:
        self._thread = LoopThread("smtp-sink")
        self._port = self._thread.run(self._start())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._thread.run(self._end())
        self._thread.stop()

    @property
    def url(self) -> str:
        """What EMAIL_URL has to be."""
        return f"smtp://127.0.0.1:{self._port}"

    def refuse(self, address: str, code: int = 550) -> None:
        """From now on answer this recipient, or sender, with a permanent error."""
        self._answer(address, f"{code} 5.1.1 No such mailbox here")

    def defer(self, address: str, code: int = 451) -> None:
        """From now on answer this recipient with a transient error."""
        self._answer(address, f"{code} 4.3.0 Try again later")

    def accept(self, address: str) -> None:
        """Take back `refuse` or `defer`."""
        with self._lock:
            self._answers.pop(address.lower(), None)

    def drop_connection_next(self, times: int = 1) -> None:
        """Hang up on the next messages after reading them, without an answer."""
        with self._lock:
            self._drops = times

    def _answer(self, address: str, answer: str) -> None:
        with self._lock:
            self._answers[address.lower()] = answer

    async def _start(self) -> int:
        # aiosmtpd's own controller cannot be asked for just any free port.
        self._server = await asyncio.get_running_loop().create_server(
            self._connection, "127.0.0.1", self._port
        )
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _end(self) -> None:
        self._server.close()
        await self._server.wait_closed()

    def _connection(self) -> SMTP:
        self.connections += 1
        return SMTP(self, hostname="smtp.test", enable_SMTPUTF8=True)

    # aiosmtpd finds these by name.

    async def handle_MAIL(  # noqa: N802 - the name is aiosmtpd's
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Accept this sender, or give the answer that was asked for."""
        with self._lock:
            answer = self._answers.get(address.lower())
        if answer is not None:
            return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Accept this recipient, or give the answer that was asked for."""
        with self._lock:
            answer = self._answers.get(address.lower())
        if answer is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep the message, or hang up."""
        with self._lock:
            dropping = self._drops > 0
            self._drops -= dropping
        if dropping:
            if isinstance(server.transport, asyncio.WriteTransport):
                server.transport.abort()
            raise ConnectionResetError
        raw = envelope.original_content or b""
        message = message_from_bytes(raw, EmailMessage, policy=policy.default)
        received = Received(
            at=datetime.now(UTC),
            sender=envelope.mail_from or "",
            recipients=list(map(str, envelope.rcpt_tos)),
            message=message,
        )
        line = {
            "at": received.at.isoformat(),
            "sender": received.sender,
            "recipients": received.recipients,
            "message_id": str(message["Message-ID"] or ""),
            "subject": str(message["Subject"] or ""),
            "raw": raw.decode(errors="replace"),
        }
        with self._lock:
            self.messages.append(received)
            self._journal.write(line)
        return "250 OK"


def main() -> None:
    """Serve until stopped: prints the URL on the first line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--log", type=Path, help="file to append messages to, as JSON lines")
    options = parser.parse_args()
    serve_until_stopped(SmtpSink(port=options.port, journal=options.log), "url")


if __name__ == "__main__":
    main()
