"""A witness of C2SP tlog-witness, for tests: it cosigns heads of the logs that it knows when they continue what it has seen.

Usage: witness.py FOLDER NAME [DIRECTORY]

It says on standard error where it is and which key it has: "witness URL KEY". It knows the logs whose keys are lines of
FOLDER/logs, which may be written while it runs. With a DIRECTORY that has litewitness and witnessctl, of Debian's package
torchwood, that is started instead; logs are then made known with witnessctl.

Nothing here is shared with Huishang; the arithmetic of Ed25519 is that of PyPI's cryptography.
"""

import base64
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519, COSIGNATURE = 0x01, 0x04


class Refused(Exception):
    """A status and what is said with it."""


def key_id(name: str, kind: int, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def written(name: str, kind: int, public: bytes) -> str:
    encoded = base64.b64encode(bytes([kind]) + public).decode()
    return f"{name}+{key_id(name, kind, public).hex()}+{encoded}"


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def is_consistent(old: int, size: int, old_root: bytes, root: bytes, path: list[bytes]) -> bool:
    """RFC 9162, 2.1.4.2."""
    if old == size:
        return not path and old_root == root
    if not 0 < old < size:
        return False
    if old & (old - 1) == 0:
        path = [old_root, *path]
    if not path:
        return False
    fn, sn = old - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for step in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(step, fr), node(step, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, step)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old_root and sr == root


class Witness:
    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name, self.seen = folder, name, {}
        self.key = Ed25519PrivateKey.generate()
        self.public = self.key.public_key().public_bytes_raw()

    def log_key(self, origin: str) -> Ed25519PublicKey:
        for line in (self.folder / "logs").read_text().splitlines():
            name, _, key = line.split("+", 2)
            if name == origin:
                return Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:])
        raise Refused(404, "unknown log")

    def add_checkpoint(self, request: str) -> str:
        asked, _, note = request.partition("\n\n")
        text, _, signatures = note.partition("\n\n")
        text += "\n"
        origin, size, root = text.splitlines()[:3]
        self.check_signature(origin, text, signatures)
        old, *path = asked.splitlines()
        old, size, root = int(old.removeprefix("old ")), int(size), base64.b64decode(root)
        known, known_root = self.seen.get(origin, (0, b""))
        if old > size:
            raise Refused(400, "the old size is larger")
        if old != known:
            raise Refused(409, f"{known}\n")
        if old and not is_consistent(old, size, known_root, root, [base64.b64decode(step) for step in path]):
            raise Refused(422, "the head does not continue what was seen")
        self.seen[origin] = (size, root)
        now = int(time.time())
        signature = self.key.sign(f"cosignature/v1\ntime {now}\n{text}".encode())
        line = key_id(self.name, COSIGNATURE, self.public) + now.to_bytes(8, "big") + signature
        return f"— {self.name} {base64.b64encode(line).decode()}\n"

    def check_signature(self, origin: str, text: str, signatures: str) -> None:
        key = self.log_key(origin)
        public = key.public_bytes_raw()
        for line in signatures.splitlines():
            dash, name, encoded = line.split(" ")
            signature = base64.b64decode(encoded)
            if (dash, name, signature[:4]) == ("—", origin, key_id(origin, ED25519, public)):
                try:
                    return key.verify(signature[4:], text.encode())
                except InvalidSignature:
                    break
        raise Refused(403, "no valid signature by the log")


def serve(witness: Witness) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["Content-Length"])).decode()
            try:
                status, answer = 200, witness.add_checkpoint(request)
            except Refused as refused:
                status, answer = refused.args
            if self.path != "/add-checkpoint":
                status, answer = 404, "nothing is here"
            self.send_response(status)
            if status == 409:
                self.send_header("Content-Type", "text/x.tlog.size")
            self.send_header("Content-Length", str(len(answer.encode())))
            self.end_headers()
            self.wfile.write(answer.encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    announce(server.server_port, written(witness.name, COSIGNATURE, witness.public))
    server.serve_forever()


def announce(port: int, key: str) -> None:
    print(f"witness http://127.0.0.1:{port} {key}", file=sys.stderr, flush=True)


def litewitness(folder: Path, name: str, programs: Path) -> None:
    key, agent_socket = folder / "key", folder / "agent"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    # It ends with this process, which is killed. A copy does: the installed one belongs to a group, with which the kernel
    # forgets that.
    own = shutil.copy(shutil.which("ssh-agent"), folder / "ssh-agent")
    command = ["setpriv", "--pdeathsig", "KILL", own, "-D", "-a", agent_socket]
    agent = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while not agent_socket.exists():
        if agent.poll() is not None:
            sys.exit("ssh-agent has ended")
        time.sleep(0.05)
    environment = os.environ | {"SSH_AUTH_SOCK": str(agent_socket)}
    subprocess.run(["ssh-add", "-q", key], check=True, env=environment)
    public = serialization.load_ssh_public_key((folder / "key.pub").read_bytes()).public_bytes_raw()
    blob = base64.b64decode((folder / "key.pub").read_text().split()[1])
    fingerprint = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    flags = ["-db", folder / "db", "-key", f"SHA256:{fingerprint}", "-name", name]
    flags += ["-listen", f"127.0.0.1:{port}", "-ssh-agent", agent_socket]
    command = ["setpriv", "--pdeathsig", "KILL", programs / "litewitness", *flags]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while running.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    announce(port, written(name, COSIGNATURE, public))
    sys.exit(running.wait())


def main(folder: str, name: str, programs: str = "") -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if programs:
        litewitness(Path(folder), name, Path(programs))
    else:
        serve(Witness(Path(folder), name))


if __name__ == "__main__":
    main(*sys.argv[1:])
