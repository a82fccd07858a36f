"""Runs an installation with the brokers' configuration, certificates and keys as they are deployed, on loopback: three
brokers and every service, which speak TLS. The demo's story plays, so no service lacks a permission; and a key is good
for nothing else."""

import base64
import contextlib
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BROKERS = 3
SERVICES = ["ledger", "directory", "scheduling", "deliberation", "resolution", "followup", "delivery"]
CLOCK = "movable:2027-03-01T01:00:00Z"
PATIENCE_SECONDS = 60
ED25519_PKCS8 = bytes.fromhex("302e020100300506032b657004220420")


def main() -> None:
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as ending:
        folder = Path(name)
        create = [ROOT / "deploy/create-keys", folder / "keys", "--with-signing-key"]
        subprocess.run(create, check=True, capture_output=True)
        (folder / "tls").symlink_to("keys/broker")
        ports = start_brokers(folder, ending)
        server = start_services(folder, ports, ending)
        play(folder, server)
        check_permissions(folder, ports[0])
        check_strangers(folder, ports)


def start(folder: Path, name: str, command: list, env: dict, ready: str, ending: contextlib.ExitStack) -> str:
    """Starts a process that ends with this one, and returns what its log says of the address when it is ready."""
    log = folder / f"{name}.log"
    clean = {key: value for key, value in os.environ.items() if not key.startswith("HUISHANG_")}
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [str(word) for word in command], env=clean | env, cwd=folder, stdout=output, stderr=output
        )
    ending.callback(process.wait)
    ending.callback(process.kill)
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := re.search(ready, log.read_text())):
        if process.poll() is not None or time.monotonic() > end:
            sys.exit(f"{name} did not become ready:\n{log.read_text()}")
        time.sleep(0.05)
    return found[1]


def free_ports() -> list[int]:
    # Held until all are known, so that none is used twice.
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(BROKERS)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def start_brokers(folder: Path, ending: contextlib.ExitStack) -> list[int]:
    clusters = free_ports()
    routes = ", ".join(f"tls://127.0.0.1:{port}" for port in clusters)
    public = dict(line.split("=", 1) for line in (folder / "keys/nkeys.env").read_text().split())
    ports = []
    for number, cluster in enumerate(clusters):
        name = f"broker-{number}"
        (folder / f"{name}.conf").write_text(on_loopback(cluster, folder / name))
        server = os.environ.get("TEST_NATS_SERVER") or ROOT / "target/tools/nats-server"
        env = public | {"BROKER_NAME": name, "BROKER_ROUTES": f"[{routes}]"}
        listening = r"Listening for client connections on 127\.0\.0\.1:(\d+)[\s\S]*Server is ready"
        ports.append(int(start(folder, name, [server, "--config", f"{name}.conf"], env, listening, ending)))
    return ports


def on_loopback(cluster: int, store: Path) -> str:
    """The configuration as it is deployed, except for where a broker listens and keeps its files."""
    text = (ROOT / "deploy/nats/nats.conf").read_text()
    for deployed, here in [
        ("listen: 0.0.0.0:4222", 'listen: "127.0.0.1:-1"'),
        ("http: 0.0.0.0:8222", ""),
        ("listen: 0.0.0.0:6222", f'listen: "127.0.0.1:{cluster}"'),
        ('store_dir: "/data"', f'store_dir: "{store}"'),
    ]:
        if deployed not in text:
            sys.exit(f"nats.conf has no line {deployed}")
        text = text.replace(deployed, here)
    return text


def start_services(folder: Path, ports: list[int], ending: contextlib.ExitStack) -> str:
    servers = []
    # The ledger first: it creates the stream.
    for service in SERVICES:
        env = settings(folder, service) | {"HUISHANG_NATS__CA_FILE": str(folder / "keys/ca.pem")}
        ready = r'"message":"serving","address":"([^"]+)"'
        servers.append(f"{service}=https://{start(folder, service, serve(service, ports), env, ready, ending)}")
    return ",".join(servers)


def serve(service: str, ports: list[int]) -> list[str]:
    journal = ",".join(f"tls://127.0.0.1:{port}" for port in ports)
    listen = ["--listen", "127.0.0.1:0", "--clock", CLOCK, "--log-format", "json"]
    return [os.environ["HUISHANG"], "serve", service, "--journal", journal, *listen]


def settings(folder: Path, service: str) -> dict[str, str]:
    """Everything but the authority that vouches for the brokers."""
    return {
        "HUISHANG_DATA": str(folder / service),
        "HUISHANG_IDENTITY__JWKS": str(folder / "keys/jwks.json"),
        "HUISHANG_TLS__CERTIFICATE_FILE": str(folder / "keys/server/server.pem"),
        "HUISHANG_TLS__KEY_FILE": str(folder / "keys/server/server.key"),
        "HUISHANG_NATS__NKEY_FILE": str(folder / f"keys/nkeys/{service}.nk"),
        "HUISHANG_NATS__INBOX_PREFIX": f"_INBOX_{service}",
        "HUISHANG_NATS__REPLICAS": str(BROKERS),
    }


def play(folder: Path, server: str) -> None:
    key = folder / "keys/signing-key.pem"
    trust = ["--ca-file", str(folder / "keys/server/ca.pem")]
    demo = [os.environ["HUISHANG"], "demo", "--server", server, "--signing-key", str(key), *trust]
    played = subprocess.run(demo, capture_output=True, text=True, check=False)
    if played.returncode != 0:
        sys.exit(f"the demo does not play:\n{played.stdout}{played.stderr}")
    for service in SERVICES:
        log = (folder / f"{service}.log").read_text()
        if "permissions violation" in log.lower():
            sys.exit(f"{service} lacks a permission:\n{log}")
        for seed in (folder / "keys/nkeys").iterdir():
            if seed.read_text().strip() in log:
                sys.exit(f"the log of {service} has the seed {seed.name}")


def check_permissions(folder: Path, port: int) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    docket, session = f"huishang.main.deliberation.docket.{nobody}", f"huishang.main.scheduling.session.{nobody}"
    api = "$JS.API.STREAM.{}.huishang-main"
    for user, verb, subject, may in [
        ("deliberation", "PUB", docket, True),
        ("scheduling", "PUB", docket, False),
        ("deliberation", "PUB", session, False),
        ("operator", "PUB", docket, False),
        ("ledger", "PUB", "huishang.main.committed", True),
        ("scheduling", "PUB", "huishang.main.committed", False),
        ("ledger", "PUB", "huishang.main.feed", True),
        ("scheduling", "PUB", "huishang.main.feed", False),
        ("operator", "PUB", "huishang.main.feed", False),
        ("scheduling", "SUB", "huishang.main.feed", True),
        ("ledger", "PUB", api.format("UPDATE"), False),
        ("ledger", "PUB", api.format("DELETE"), False),
        ("scheduling", "PUB", api.format("DELETE"), False),
        ("scheduling", "PUB", api.format("MSG.DELETE") + "-keys", False),
        ("scheduling", "PUB", api.format("PURGE") + "-keys", False),
        ("ledger", "PUB", api.format("MSG.DELETE") + "-keys", True),
        ("ledger", "PUB", api.format("PURGE") + "-keys", False),
        ("operator", "PUB", api.format("MSG.GET") + "-keys", False),
        ("delivery", "PUB", api.format("MSG.GET") + "-duties", True),
        ("delivery", "PUB", "huishang-duties.main.delivery", True),
        ("delivery", "PUB", api.format("DELETE") + "-duties", False),
        ("scheduling", "PUB", "huishang-duties.main.calendars", True),
        ("scheduling", "PUB", "huishang-duties.main.delivery", False),
        ("delivery", "PUB", "huishang-duties.main.calendars", False),
        ("scheduling", "SUB", "_INBOX_scheduling.>", True),
        ("scheduling", "SUB", "_INBOX_ledger.>", False),
        ("scheduling", "SUB", "huishang.main.>", False),
    ]:
        with Connection(folder, port, user) as connection:
            # No record, which the ledgers pass over.
            command = f"PUB {subject} 2\r\n{{}}" if verb == "PUB" else f"SUB {subject} 1"
            answers = connection.ask(command)
            refused = any("Permissions Violation" in answer for answer in answers)
            if refused == may:
                sys.exit(f"{user} {'may not' if may else 'may'} {verb} {subject}: {answers}")


def check_strangers(folder: Path, ports: list[int]) -> None:
    with Connection(folder, ports[0], None) as connection:
        if not any("Authorization Violation" in answer for answer in connection.answers):
            sys.exit(f"a stranger is let in: {connection.answers}")
    clean = {key: value for key, value in os.environ.items() if not key.startswith("HUISHANG_")}
    env = clean | settings(folder, "scheduling") | {"HUISHANG_DATA": str(folder / "distrustful")}
    asked = subprocess.run(serve("scheduling", ports), env=env, capture_output=True, text=True, check=False)
    if asked.returncode == 0 or "certificate" not in asked.stderr:
        sys.exit(f"a service trusts a broker for which nobody vouches:\n{asked.stderr}")


class Connection:
    """A connection to a broker as one of its users, or as none, in the protocol that NATS speaks."""

    def __init__(self, folder: Path, port: int, user: str | None) -> None:
        plain = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)
        # Byte by byte: TLS begins after this line.
        line = b""
        while not line.endswith(b"\r\n"):
            line += plain.recv(1)
        nonce = json.loads(line[len("INFO ") :])["nonce"]
        context = ssl.create_default_context(cafile=str(folder / "keys/ca.pem"))
        self.socket = context.wrap_socket(plain, server_hostname="localhost")
        self.lines = self.socket.makefile("r", encoding="utf-8", newline="\r\n")
        who = {"verbose": False, "pedantic": False, "tls_required": True, "lang": "test", "version": "1"}
        if user is not None:
            who |= signed(folder, user, nonce)
        self.answers = self.ask(f"CONNECT {json.dumps(who)}")

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def ask(self, command: str) -> list[str]:
        """Sends a command, and returns what the broker says before it answers the next one."""
        self.socket.sendall(f"{command}\r\nPING\r\n".encode())
        answers = []
        for line in self.lines:
            if line.startswith("PONG"):
                break
            answers.append(line.strip())
        return answers


def signed(folder: Path, user: str, nonce: str) -> dict[str, str]:
    text = (folder / f"keys/nkeys/{user}.nk").read_text().strip()
    seed = base64.b32decode(text + "=" * (-len(text) % 8))[2:-2]
    public = re.search(rf"^NKEY_{user.upper()}=(\S+)$", (folder / "keys/nkeys.env").read_text(), re.MULTILINE)
    with tempfile.NamedTemporaryFile() as key, tempfile.NamedTemporaryFile() as message:
        key.write(ED25519_PKCS8 + seed)
        key.flush()
        message.write(nonce.encode())
        message.flush()
        sign = ["openssl", "pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", key.name, "-in", message.name]
        signature = subprocess.run(sign, capture_output=True, check=True).stdout
    return {"nkey": public[1], "sig": base64.urlsafe_b64encode(signature).rstrip(b"=").decode()}


if __name__ == "__main__":
    main()
