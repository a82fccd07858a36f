"""A receiver of webhooks; see `run` beside this file."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder: Path

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        status = self.judge(body)
        answer = f"status {status}\n".encode()
        self.send_response(status)
        self.send_header("content-length", str(len(answer)))
        if status in (429, 503):
            self.send_header("retry-after", "1")
        if 300 <= status < 400:
            self.send_header("location", f"http://{self.headers['host']}/elsewhere")
        self.end_headers()
        self.wfile.write(answer)

    def judge(self, body: bytes) -> int:
        try:
            Webhook((self.folder / "secret").read_text().strip()).verify(body, dict(self.headers))
        except WebhookVerificationError as error:
            self.note("refused", {"why": str(error)})
            return 400
        status = self.ordered()
        event = json.loads(body)
        entry = {
            "id": self.headers["webhook-id"],
            "position": self.headers["huishang-position"],
            "signature": self.headers["webhook-signature"],
            "timestamp": self.headers["webhook-timestamp"],
            "path": self.path,
            "event": event,
            "body": body.decode(),
        }
        self.note("received" if status == 200 else "declined", entry)
        return status

    def ordered(self) -> int:
        """The next status that was ordered; 200 when there is none."""
        answers = self.folder / "answers"
        ordered = answers.read_text().split() if answers.exists() else []
        if not ordered:
            return 200
        answers.write_text(" ".join(ordered[1:]))
        return int(ordered[0])

    def note(self, file: str, entry: dict) -> None:
        with (self.folder / file).open("a") as lines:
            lines.write(json.dumps(entry) + "\n")

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    Receiver.folder = folder
    server = ThreadingHTTPServer(("127.0.0.1", port), Receiver)
    print(f"receives on {server.server_port}", file=sys.stderr, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
