"""Puts a calendar into Radicale, and prints what that has of it as JSON; see `run` beside this file."""

import io
import json
import logging
import sys
import tempfile
from pathlib import Path

from radicale import Application, config


def ask(application: Application, method: str, body: bytes = b"") -> tuple[int, str]:
    answered: list[int] = []
    environment = {
        "REQUEST_METHOD": method,
        "PATH_INFO": "/reader/calendar/",
        "CONTENT_TYPE": "text/calendar; charset=utf-8",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_AUTHORIZATION": "Basic cmVhZGVyOnJlYWRlcg==",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
    }
    answer = application(environment, lambda status, _headers: answered.append(int(status.split()[0])))
    return answered[0], b"".join(answer).decode("utf-8")


def main() -> None:
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        settings = config.load()
        settings.update({"storage": {"filesystem_folder": folder}, "auth": {"type": "none"}}, "test")
        application = Application(settings)
        put, _ = ask(application, "PUT", Path(sys.argv[1]).read_bytes())
        got, kept = ask(application, "GET")
    events, todos = kept.count("BEGIN:VEVENT"), kept.count("BEGIN:VTODO")
    print(json.dumps({"put": put, "get": got, "events": events, "todos": todos}))


if __name__ == "__main__":
    main()
