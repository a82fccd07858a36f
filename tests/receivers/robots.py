"""Robots of group chats, as WeCom, DingTalk and Feishu describe them; see `run` beside this file.

Each checks what its messenger documents: the shape of a message, its length, and its signature where the file `secret` has
one. A refusal is in the content of an answer of status 200.
"""

import base64
import hashlib
import hmac
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

# What signed messages may be off by, in seconds.
AGE_MAX = 3600


def digest(key: str, message: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()


def is_recent(seconds: float) -> bool:
    return abs(time.time() - seconds) < AGE_MAX


def wecom(query: dict, message: dict, secret: str) -> tuple[dict, str]:
    text = message["text"]["content"]
    if query.get("key") != ["1f"]:
        return {"errcode": 93000, "errmsg": "invalid webhook url"}, text
    if message["msgtype"] != "text" or len(text.encode()) > 2048 or secret:
        return {"errcode": 40058, "errmsg": "invalid parameter"}, text
    return {"errcode": 0, "errmsg": "ok"}, text


def dingtalk(query: dict, message: dict, secret: str) -> tuple[dict, str]:
    text = message["text"]["content"]
    if query.get("access_token") != ["1f"]:
        return {"errcode": 300005, "errmsg": "token is not exist"}, text
    timestamp = query.get("timestamp", ["0"])[0]
    if secret and not is_recent(int(timestamp) / 1000):
        return {"errcode": 310000, "errmsg": "invalid timestamp"}, text
    if secret and query.get("sign") != [digest(secret, f"{timestamp}\n{secret}")]:
        return {"errcode": 310000, "errmsg": "sign not match"}, text
    if message["msgtype"] != "text":
        return {"errcode": 40035, "errmsg": "invalid parameter"}, text
    return {"errcode": 0, "errmsg": "ok"}, text


def feishu(_query: dict, message: dict, secret: str) -> tuple[dict, str]:
    card = message["card"]
    [element] = card["elements"]
    text = element["text"]["content"]
    timestamp = message.get("timestamp", "0")
    if secret and not is_recent(int(timestamp)):
        return {"code": 19021, "msg": "timestamp is not within one hour"}, text
    if secret and message.get("sign") != digest(f"{timestamp}\n{secret}", ""):
        return {"code": 19021, "msg": "sign match fail"}, text
    is_plain = {element["text"]["tag"], card["header"]["title"]["tag"]} == {"plain_text"}
    if message["msg_type"] != "interactive" or not is_plain:
        return {"code": 9499, "msg": "Bad Request", "data": {}}, text
    return {"code": 0, "msg": "success", "data": {}}, f"{card['header']['title']['content']}|{text}"


ROBOTS = {
    "/cgi-bin/webhook/send": (wecom, {"errcode": 45009, "errmsg": "api freq out of limit"}),
    "/robot/send": (dingtalk, {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}),
    "/open-apis/bot/v2/hook/1f": (feishu, {"code": 11232, "msg": "frequency limited"}),
}


class Robot(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder: Path
    writing = threading.Lock()

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["content-length"])))
        address = urlsplit(self.path)
        judge, too_many = ROBOTS[address.path]
        said, text = judge(parse_qs(address.query), message, (self.folder / "secret").read_text().strip())
        entry = {"robot": judge.__name__, "text": text, "said": said, "at": time.time()}
        with self.writing:
            answers = self.folder / "answers"
            ordered = answers.read_text().split() if answers.exists() else []
            is_accepted = said.get("errcode", said.get("code")) == 0
            if is_accepted and ordered:
                answers.write_text(" ".join(ordered[1:]))
                said = {"429": too_many}[ordered[0]]
                entry["said"] = said
            file = "refused" if not is_accepted else "declined" if said == too_many else "received"
            with (self.folder / file).open("a") as lines:
                lines.write(json.dumps(entry) + "\n")
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        if said == too_many:
            self.send_header("retry-after", "1")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    Robot.folder = folder
    server = ThreadingHTTPServer(("127.0.0.1", port), Robot)
    print(f"receives on {server.server_port}", file=sys.stderr, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
