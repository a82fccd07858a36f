"""A mail server that keeps what it is given; see `run` beside this file."""

import asyncio
import email
import email.policy
import json
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        answers = self.folder / "answers"
        ordered = answers.read_text().split() if answers.exists() else []
        if ordered:
            answers.write_text(" ".join(ordered[1:]))
            return f"{ordered[0]} not now"
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = message.get_body(("plain",))
        letter = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "id": message["message-id"],
            "subject": message["subject"],
            "auto": message["auto-submitted"],
            "type": body.get_content_type(),
            "text": body.get_content(),
            "parts": [
                {
                    "type": part.get_content_type(),
                    "method": part["content-type"].params.get("method"),
                    "disposition": part.get_content_disposition(),
                    "file": part.get_filename(),
                    "text": part.get_payload(decode=True).decode("utf-8"),
                }
                for part in message.walk()
                if not part.is_multipart()
            ],
            "shape": [part.get_content_type() for part in message.walk()],
            "defects": [str(defect) for defect in message.defects],
        }
        with (self.folder / "received").open("a") as lines:
            lines.write(json.dumps(letter) + "\n")
        return "250 kept"


async def main() -> None:
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Mailbox(folder), hostname="mailbox"), "127.0.0.1", port)
    print(f"receives on {server.sockets[0].getsockname()[1]}", file=sys.stderr, flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
