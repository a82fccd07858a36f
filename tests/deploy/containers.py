"""Builds the image and runs it in every way that deploy/ offers, with podman, as root. The story that is played is the
demo, which needs a clock that can be moved. What this machine cannot do is said."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
IMAGE = "localhost/huishang:0.1.0"
IMAGE_MB_MAX = 40
CLOCK = "movable:2027-03-01T01:00:00Z"
SERVICES = ["ledger", "directory", "scheduling", "deliberation", "resolution", "followup", "delivery"]
EACH_BY_NAME = ",".join(f"{service}=https://{service}:7400" for service in SERVICES)
POD = "huishang-pod-0"
NODE_SECONDS = 40
PATIENCE_SECONDS = 180


def main() -> None:
    if os.geteuid() != 0 or not shutil.which("podman"):
        sys.exit("the containers were NOT RUN: this part needs root and podman; --checks leaves it out")
    image = os.environ.get("HUISHANG_IMAGE") or build()
    look_into(image, is_released=image == IMAGE)
    with tempfile.TemporaryDirectory(prefix="huishang-deploy-") as folder:
        # With keys of its own, beside copies of the files that name them.
        deploy = Path(folder) / "deploy"
        shutil.copytree(ROOT / "deploy", deploy, ignore=shutil.ignore_patterns("keys"))
        run(deploy / "create-keys", "--with-signing-key", "--server-name", POD)
        sync_on_disk(image, Path(folder))
        without_network(image, deploy)
        play_alone(image, deploy)
        play_distributed(image, deploy)
        play_in_pods(image, deploy)


def run(*command: object, env: dict[str, str] | None = None, cwd: Path = ROOT) -> str:
    words = [str(word) for word in command]
    answer = subprocess.run(
        words, capture_output=True, text=True, check=False, env=os.environ | (env or {}), cwd=cwd
    )
    if answer.returncode != 0:
        sys.exit(f"{' '.join(words)}\n{answer.stdout}{answer.stderr}")
    return answer.stdout


def heading(text: str) -> None:
    print(f"== {text}", flush=True)


def wait_until(what: str, holds) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > end:
            sys.exit(f"after {PATIENCE_SECONDS} s, still not: {what}")
        time.sleep(1)


# The image.


def build() -> str:
    heading("the image is built from deploy/Containerfile")
    moment = run("git", "log", "-1", "--format=%ct").strip()
    revision = run("git", "rev-parse", "HEAD").strip()
    run(
        *("podman", "build", "--format", "docker", "--timestamp", moment, "--network", "host"),
        *("--build-arg", f"REVISION={revision}", "--file", "deploy/Containerfile", "--tag", IMAGE, "."),
    )
    return IMAGE


def look_into(image: str, is_released: bool) -> None:
    heading("the image has one binary and a folder, and is small")
    (found,) = json.loads(run("podman", "image", "inspect", image))
    size_mb = found["Size"] / 1e6
    print(f"   {size_mb:.1f} MB, {found['Digest']}")
    if not is_released:
        print(f"   NOT RUN: whether it has at most {IMAGE_MB_MAX} MB, as it was not built here")
    elif size_mb > IMAGE_MB_MAX:
        sys.exit(f"the image has {size_mb:.1f} MB; {IMAGE_MB_MAX} are enough")
    config = found["Config"]
    if config["User"] != "65532:65532" or found["Healthcheck"]["Test"] != ["CMD", "/huishang", "health"]:
        sys.exit(f"user or health check are not as documented: {config['User']}, {found.get('Healthcheck')}")
    container = run("podman", "create", image).strip()
    names = subprocess.run(f"podman export {container} | tar -t", shell=True, capture_output=True, text=True)
    run("podman", "rm", "--volumes", container)
    # Mount points of the engine itself are empty.
    files = [name for name in names.stdout.split() if not name.endswith("/")]
    empty = {"etc/hostname", "etc/hosts", "etc/resolv.conf", "etc/mtab", "run/.containerenv", "dev/console"}
    if set(files) - empty != {"huishang"}:
        sys.exit(f"the image has more than one file: {files}")


def sync_on_disk(image: str, folder: Path) -> None:
    heading("what is flushed is synced, by this very binary")
    if not shutil.which("strace"):
        return print("   NOT RUN: strace is not installed")
    binary, calls = folder / "huishang", folder / "calls"
    container = run("podman", "create", image).strip()
    run("podman", "cp", f"{container}:/huishang", binary)
    run("podman", "rm", "--volumes", container)
    trace = ["strace", "-f", "-e", "trace=fdatasync,sync_file_range", "-o", calls]
    run(*trace, binary, "demo", "--keep", folder / "traced")
    text = calls.read_text()
    syncs, ranges = text.count("fdatasync("), text.count("sync_file_range(")
    print(f"   {syncs} times fdatasync, {ranges} times sync_file_range")
    if ranges or not syncs:
        sys.exit("sled's flush is not overridden in this binary")


HARDENED = ["--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges"]


def without_network(image: str, deploy: Path) -> None:
    heading("it runs with a read-only root, no capability and no network")
    jwks = f"{deploy}/keys/jwks.json:/etc/huishang/jwks.json:ro"
    settings = ["--env", "HUISHANG_IDENTITY__JWKS=/etc/huishang/jwks.json", "--volume", jwks]
    name = "huishang-alone"
    run("podman", "run", "--detach", "--name", name, *HARDENED, "--network", "none", *settings, image)
    try:
        wait_until("it is healthy", lambda: is_healthy(name))
    finally:
        run("podman", "rm", "--force", "--volumes", name)


def is_healthy(name: str) -> bool:
    asked = subprocess.run(["podman", "healthcheck", "run", name], capture_output=True, check=False)
    return asked.returncode == 0


# Stories.


@contextmanager
def composed(file: str, image: str, deploy: Path) -> Iterator[None]:
    compose = ["podman-compose", "--file", deploy / file]
    env = {"HUISHANG_IMAGE": image, "HUISHANG_CLOCK": CLOCK}
    run(*compose, "up", "--detach", env=env, cwd=deploy)
    try:
        yield
    finally:
        run(*compose, "down", "--volumes", env=env, cwd=deploy)


def client(image: str, deploy: Path, network: str, server: str, *arguments: str) -> list[str]:
    """A client in the network of an installation. Its user may read the key that signs tokens."""
    command = ["podman", "run", "--rm", *HARDENED, "--user", "0:0", "--network", network]
    command += ["--volume", f"{deploy}/keys:/keys:ro", "--env", f"HUISHANG_SERVER={server}"]
    command += ["--env", "HUISHANG_CA_FILE=/keys/ca.pem"]
    return command + [image, *arguments]


def is_ready(image: str, deploy: Path, network: str, server: str) -> bool:
    asked = subprocess.run(
        client(image, deploy, network, server, "health"), capture_output=True, text=True, check=False
    )
    return asked.returncode == 0


def play(image: str, deploy: Path, network: str, server: str) -> None:
    wait_until("every service is ready", lambda: is_ready(image, deploy, network, server))
    demo = ["demo", "--server", server, "--signing-key", "/keys/signing-key.pem"]
    played = run(*client(image, deploy, network, server, *demo))
    print(f"   {played.strip().splitlines()[-1].strip()}")


def play_alone(image: str, deploy: Path) -> None:
    heading("compose.yaml: the story plays")
    with composed("compose.yaml", image, deploy):
        play(image, deploy, "huishang_default", "https://huishang:7400")


def play_distributed(image: str, deploy: Path) -> None:
    heading("compose.nats.yaml: the story plays")
    network = "huishang-nats_default"
    with composed("compose.nats.yaml", image, deploy):
        play(image, deploy, network, EACH_BY_NAME)
        lose_a_node(image, deploy, network)


def lose_a_node(image: str, deploy: Path, network: str) -> None:
    heading("under load a broker, a ledger and a copy of every service are killed: nothing acknowledged is lost")
    acknowledged, export = deploy / "acknowledged", deploy / "export.jsonl"
    token = ["token", "--role", "clerk,operator", "--signing-key", "/keys/signing-key.pem"]
    env = {"HUISHANG_SERVER": EACH_BY_NAME, "HUISHANG_CA_FILE": str(deploy / "keys/ca.pem")}
    env["HUISHANG_TOKEN"] = run(*client(image, deploy, network, EACH_BY_NAME, *token)).strip()
    load = [sys.executable, str(ROOT / "tests/deploy/load.py")]
    inside = inside_network("huishang-nats_ledger-2_1")
    issuing = subprocess.Popen(
        [*inside, *load, "issue", str(acknowledged), str(NODE_SECONDS)], env=os.environ | env
    )
    wait_until("commands are acknowledged", lambda: acknowledged.exists() and acknowledged.stat().st_size > 2000)
    before = len(acknowledged.read_text().splitlines())
    lost = ["broker-0", "ledger-1", *(f"{service}-1" for service in SERVICES if service != "ledger")]
    run("podman", "kill", *(f"huishang-nats_{name}_1" for name in lost))
    if issuing.wait() != 0:
        sys.exit("the load failed")
    after = len(acknowledged.read_text().splitlines()) - before
    print(f"   {before} acknowledged before, {after} after")
    if after == 0:
        sys.exit("nothing was acknowledged without the node")
    run(*inside, os.environ["HUISHANG"], "log", "export", export, env=env)
    print(f"   {run(*load, 'compare', acknowledged, export).strip()}")


def inside_network(container: str) -> list[str]:
    """Runs a command of this machine in the network of a container, with its names."""
    found = json.loads(run("podman", "inspect", container))[0]
    names = found["ResolvConfPath"]
    script = f'mount --bind {names} /etc/resolv.conf && exec "$@"'
    return ["nsenter", "--net", "--target", str(found["State"]["Pid"]), "unshare", "--mount", "sh", "-c", script, "-"]


def play_in_pods(image: str, deploy: Path) -> None:
    heading("kubernetes/embedded: the story plays in a pod")
    objects = run("kubectl", "kustomize", deploy / "kubernetes/embedded")
    objects = objects.replace(IMAGE, image).replace("HUISHANG_CLOCK: system", f"HUISHANG_CLOCK: {CLOCK}")
    # Podman 4.3 does not decode what is in a Secret.
    mounted = re.compile(r"secret:\n( +)defaultMode: \d+\n +secretName: huishang-tls")
    objects, found = mounted.subn(r"configMap:\n\1name: huishang-tls", objects)
    if found != 1:
        sys.exit(f"the overlay mounts the Secret huishang-tls {found} times")
    identity = ["--from-file", deploy / "keys/jwks.json", "--dry-run=client", "--output", "yaml"]
    made = run("kubectl", "create", "configmap", "huishang-identity", *identity)
    file = deploy / "embedded.yaml"
    tls = ["--from-file", deploy / "keys/server", "--dry-run=client", "--output", "yaml"]
    made += f"---\n{run('kubectl', 'create', 'configmap', 'huishang-tls', *tls)}"
    file.write_text(f"{made}---\n{objects}")
    asked = subprocess.run(["podman", "kube", "play", file], capture_output=True, text=True, check=False)
    try:
        if asked.returncode != 0:
            sys.exit(f"podman kube play\n{asked.stderr}")
        found = json.loads(run("podman", "pod", "inspect", POD))
        print(f"   pod {found['Name']} with {len(found['Containers'])} containers")
        play(image, deploy, "podman-default-kube-network", f"https://{POD}:7400")
    finally:
        subprocess.run(["podman", "kube", "down", file], capture_output=True, check=False)
        subprocess.run(["podman", "volume", "rm", "--force", "huishang-data"], capture_output=True, check=False)
    kinds = {thing["kind"] for thing in yaml.safe_load_all(objects)}
    print(f"   NOT RUN by podman: {', '.join(sorted(kinds & {'NetworkPolicy', 'Service', 'ServiceAccount'}))}, Secret")
    print("   NOT RUN: kubernetes/distributed in a cluster, which podman is not")


if __name__ == "__main__":
    main()
