"""A server of calendars; see `run` beside this file.

The file `calendar` is what it has; the file `answers` says how it answers from now on: `calendar`, a status, `inside` for a
redirect to where nothing may be read, `elsewhere` for one to the same calendar, or `endless`. Each request is noted.
"""

import hashlib
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder: Path

    def do_GET(self) -> None:
        content = (self.folder / "calendar").read_bytes()
        etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        answer = (self.folder / "answers").read_text().strip()
        known = self.headers["if-none-match"] == etag
        with (self.folder / "received").open("a") as lines:
            lines.write(json.dumps({"path": self.path, "answer": answer, "known": known}) + "\n")
        if answer == "endless":
            self.answer(200, [("etag", etag)], None)
            self.pour()
        elif answer == "inside":
            self.answer(302, [("location", "http://192.168.7.7/secret.ics")], b"")
        elif answer == "elsewhere" and "elsewhere" not in self.path:
            self.answer(307, [("location", "elsewhere.ics")], b"")
        elif answer.isdigit():
            self.answer(int(answer), [], b"no\n")
        elif known:
            self.answer(304, [("etag", etag)], b"")
        else:
            self.answer(200, [("etag", etag), ("content-type", "text/calendar")], content)

    def answer(self, status: int, headers: list[tuple[str, str]], body: bytes | None) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if body is None:
            self.send_header("connection", "close")
        elif status != 304:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body or b"")

    def pour(self) -> None:
        self.close_connection = True
        try:
            while True:
                self.wfile.write(b"X-COMMENT:" + b"a" * 60 + b"\r\n")
        except OSError:
            pass

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    Server.folder = folder
    server = ThreadingHTTPServer(("127.0.0.1", port), Server)
    print(f"receives on {server.server_port}", file=sys.stderr, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
