"""Checks what is under deploy/ without running it: linters, the servers' own checks, and whether manifests agree with
the settings of the binary, with each other, and with what they promise."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
OVERLAYS = ["embedded", "distributed"]
COMPOSE = ["compose.yaml", "compose.nats.yaml"]
SERVICES = ["ledger", "directory", "scheduling", "deliberation", "resolution", "followup", "delivery"]
# What the commands of a client read, such as health checks.
OF_CLIENTS = {"HUISHANG_SERVER", "HUISHANG_CA_FILE"}

faults: list[str] = []


def main() -> None:
    rendered = {name: render(name) for name in OVERLAYS}
    compose = {name: yaml.safe_load((DEPLOY / name).read_text()) for name in COMPOSE}
    lint(rendered)
    check_broker_configuration()
    check_unit()
    known = settings()
    for name, objects in rendered.items():
        check_kubernetes(name, objects, known)
    for name, file in compose.items():
        check_compose(name, file, known)
    check_chart()
    for fault in faults:
        print(f"FAULT {fault}", file=sys.stderr)
    sys.exit(1 if faults else 0)


def expect(holds: bool, what: str) -> None:
    if not holds:
        faults.append(what)


def run(*command: str | Path, env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
    """Runs a command that has to succeed, and returns what it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HUISHANG")}
    answer = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        check=False,
        env=environment | (env or {}),
        cwd=cwd or ROOT,
    )
    words = " ".join(str(word) for word in command)
    expect(answer.returncode == 0, f"{words}\n{answer.stdout}{answer.stderr}")
    return answer.stdout


def not_run(what: str, why: str) -> None:
    print(f"NOT RUN: {what}: {why}")


# Linters, and the checks of those who read the files.


def render(overlay: str) -> list[dict]:
    return list(yaml.safe_load_all(run("kubectl", "kustomize", DEPLOY / "kubernetes" / overlay)))


def lint(rendered: dict[str, list[dict]]) -> None:
    run("hadolint", DEPLOY / "Containerfile")
    rules = "{extends: default, rules: {document-start: disable, line-length: {max: 180}}}"
    run("yamllint", "--strict", "--config-data", rules, DEPLOY)
    with tempfile.TemporaryDirectory() as folder:
        for name, objects in rendered.items():
            file = Path(folder) / f"{name}.yaml"
            file.write_text(yaml.safe_dump_all(objects))
            run("kubernetes-validate", "--strict", "--quiet", file)
    if shutil.which("podman"):
        for name in COMPOSE:
            run("podman-compose", "--file", DEPLOY / name, "config")
    else:
        not_run("podman-compose config", "podman is not installed")
    if shutil.which("shellcheck"):
        run("shellcheck", ROOT / "tests/deploy/run")
    else:
        not_run("shellcheck", "it is not installed")


def check_broker_configuration() -> None:
    server = os.environ.get("TEST_NATS_SERVER") or ROOT / "target/tools/nats-server"
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder) / "keys"
        run(DEPLOY / "create-keys", keys)
        (Path(folder) / "tls").symlink_to(keys / "broker")
        public = dict(line.split("=", 1) for line in (keys / "nkeys.env").read_text().split())
        variables = {"BROKER_NAME": "broker-0", "BROKER_ROUTES": "[tls://broker-1:6222]"} | public
        run(server, "-t", "--config", DEPLOY / "nats/nats.conf", env=variables, cwd=Path(folder))
        # What is there is kept.
        before = {file: file.read_bytes() for file in keys.rglob("*") if file.is_file()}
        run(DEPLOY / "create-keys", keys)
        expect(all(file.read_bytes() == old for file, old in before.items()), "create-keys replaces keys")


def check_unit() -> None:
    text = (DEPLOY / "systemd/huishang.service").read_text()
    run(os.environ["HUISHANG"], "up", "--print-config", "--config", DEPLOY / "systemd/huishang.toml")
    if not shutil.which("systemd-analyze"):
        return not_run("systemd-analyze verify", "it is not installed")
    with tempfile.TemporaryDirectory() as folder:
        unit = Path(folder) / "huishang.service"
        unit.write_text(text.replace("/usr/local/bin/huishang", os.environ["HUISHANG"]))
        run("systemd-analyze", "verify", "--man=no", unit)
        run("systemd-analyze", "security", "--offline=true", "--threshold=20", unit)


# Settings.


def settings() -> set[str]:
    """The names of all settings in the environment, as the binary knows them."""
    printed = run(os.environ["HUISHANG"], "up", "--print-config")
    keys = set(re.findall(r"^# (\S+) is not set$", printed, re.MULTILINE))

    def collect(prefix: str, table: dict) -> None:
        for name, value in table.items():
            if isinstance(value, dict):
                collect(f"{prefix}{name}.", value)
            else:
                keys.add(prefix + name)

    collect("", tomllib.loads(printed))
    return {"HUISHANG_" + key.replace(".", "__").upper() for key in keys}


def check_settings(where: str, arguments: list[str], environment: dict[str, str], known: set[str]) -> None:
    """Whether the binary knows these variables and accepts their values and the arguments."""
    ours = {name: str(value) for name, value in environment.items() if name.startswith("HUISHANG_")}
    for name in sorted(ours.keys() - known - OF_CLIENTS):
        expect(False, f"{where} sets {name}, which is no setting")
    # What probes ask is what the process is.
    expect(ours.get("HUISHANG_SERVER", "").startswith("https://localhost:"), f"{where} has no TLS for its probes")
    expect("HUISHANG_TLS__CERTIFICATE_FILE" in ours, f"{where} speaks no TLS")
    run(os.environ["HUISHANG"], *arguments, "--print-config", env=ours)


# Kubernetes.


def check_kubernetes(overlay: str, objects: list[dict], known: set[str]) -> None:
    maps = {thing["metadata"]["name"]: thing["data"] for thing in objects if thing["kind"] == "ConfigMap"}
    budgets = [thing["spec"].get("selector") for thing in objects if thing["kind"] == "PodDisruptionBudget"]
    walls = [
        thing["spec"]["podSelector"]["matchLabels"]
        for thing in objects
        if thing["kind"] == "NetworkPolicy" and "Ingress" in thing["spec"]["policyTypes"]
    ]
    served = set()
    for thing in objects:
        if thing["kind"] not in ("Deployment", "StatefulSet"):
            continue
        where = f"{overlay}: {thing['kind']} {thing['metadata']['name']}"
        spec, pod = thing["spec"], thing["spec"]["template"]["spec"]
        labels = spec["template"]["metadata"]["labels"]
        check_pod(where, pod)
        if spec["replicas"] > 1:
            expect(spec["selector"] in budgets, f"{where} has no PodDisruptionBudget")
        expect(any(wall.items() <= labels.items() for wall in walls), f"{where} has no NetworkPolicy")
        container = pod["containers"][0]
        if container["name"] != "huishang":
            continue
        environment = {}
        for source in container.get("envFrom", []):
            environment |= maps[source["configMapRef"]["name"]]
        environment |= {variable["name"]: variable["value"] for variable in container.get("env", [])}
        check_settings(where, container["args"], environment, known)
        service = container["args"][-1]
        served.add(service)
        check_own_key(where, service, environment, secret_of(pod))
        if service in ("up", "ledger"):
            check_volume_of_its_own(where, thing)
    expect(served == ({"up"} if overlay == "embedded" else set(SERVICES)), f"{overlay} runs {sorted(served)}")


def check_pod(where: str, pod: dict) -> None:
    expect(pod.get("enableServiceLinks") is False, f"{where} has service links")
    expect(pod.get("automountServiceAccountToken") is False, f"{where} has a token for the API")
    security = pod.get("securityContext", {})
    expect(security.get("runAsNonRoot") is True, f"{where} may run as root")
    expect(security.get("seccompProfile") == {"type": "RuntimeDefault"}, f"{where} has no seccomp profile")
    for container in pod["containers"]:
        own = container.get("securityContext", {})
        expect(own.get("readOnlyRootFilesystem") is True, f"{where} can write to its root")
        expect(own.get("allowPrivilegeEscalation") is False, f"{where} can gain privileges")
        expect(own.get("capabilities") == {"drop": ["ALL"]}, f"{where} keeps capabilities")
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            expect(probe in container, f"{where} has no {probe}")
        resources = container.get("resources", {})
        expect({"cpu", "memory"} <= resources.get("requests", {}).keys(), f"{where} requests no resources")
        expect("memory" in resources.get("limits", {}), f"{where} has no limit of memory")


def check_volume_of_its_own(where: str, thing: dict) -> None:
    if thing["kind"] == "StatefulSet":
        claims = [claim["metadata"]["name"] for claim in thing["spec"]["volumeClaimTemplates"]]
        expect("data" in claims, f"{where} has no volume for each log")
    else:
        alone = thing["spec"]["replicas"] == 1 and thing["spec"]["strategy"]["type"] == "Recreate"
        expect(alone, f"{where} may have two writers of one log")


def secret_of(pod: dict) -> str | None:
    """The secret with the key by which a broker knows the process."""
    names = [volume["secret"]["secretName"] for volume in pod["volumes"] if volume["name"] == "nkey"]
    return names[0] if names else None


# Compose.


def check_compose(name: str, file: dict, known: set[str]) -> None:
    volumes = []
    copies: dict[str, int] = {}
    for service, definition in file["services"].items():
        where = f"{name}: {service}"
        expect(definition.get("read_only") is True, f"{where} can write to its root")
        expect(definition.get("cap_drop") == ["ALL"], f"{where} keeps capabilities")
        expect(definition.get("security_opt") == ["no-new-privileges:true"], f"{where} can gain privileges")
        mounts = dict(mount.split(":")[:2] for mount in definition["volumes"])
        volumes += [volume for volume in mounts if volume in file["volumes"]]
        for source in mounts.keys() - file["volumes"].keys():
            expect(source.startswith("./keys/") or (DEPLOY / source).exists(), f"{where} mounts {source}")
        if service.startswith("broker"):
            continue
        environment = {key: default_of(value) for key, value in definition["environment"].items()}
        check_settings(where, definition["command"], environment, known)
        role = definition["command"][-1]
        copies[role] = copies.get(role, 0) + 1
        seeds = [source for source, target in mounts.items() if target == "/etc/huishang/nkey"]
        check_own_key(where, role, environment, seeds[0] if seeds else None)
    expect(sorted(volumes) == sorted(file["volumes"]), f"{name}: each volume has one owner, and each owner one")
    wanted = {"up": 1} if name == "compose.yaml" else {service: 2 for service in SERVICES}
    expect(copies == wanted, f"{name} runs {copies}")


def default_of(value: object) -> str:
    """What Compose makes of ${NAME:-default} where NAME is not set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(value))


def check_own_key(where: str, service: str, environment: dict, key: str | None) -> None:
    """Whether a service has its own key, and the inbox that nats.conf gives to that key."""
    if service == "up":
        return expect(key is None, f"{where} has a key for a broker")
    expect(key is not None and service in key, f"{where} has the key {key}")
    inbox = environment.get("HUISHANG_NATS__INBOX_PREFIX")
    broker = (DEPLOY / "nats/nats.conf").read_text()
    user = re.search(r"nkey: \$NKEY_" + service.upper() + r"\b.*?subscribe: \[([^]]*)\]", broker, re.DOTALL)
    expect(user is not None and f'"{inbox}.>"' in user[1], f"{where} has the inbox {inbox}; nats.conf differs")


# Helm.


def check_chart() -> None:
    with tempfile.TemporaryDirectory() as folder:
        chart = Path(folder) / "huishang"
        run(sys.executable, DEPLOY / "helm/generate", chart)
        if not shutil.which("helm"):
            return not_run("helm lint and helm template", "helm is not installed")
        run("helm", "lint", "--strict", chart)
        for mode in OVERLAYS:
            made = run("helm", "template", "huishang", chart, "--set", f"mode={mode}")
            kinds = sorted(thing["kind"] for thing in yaml.safe_load_all(made) if thing)
            expect(kinds == sorted(thing["kind"] for thing in render(mode)), f"the chart lacks objects of {mode}")


if __name__ == "__main__":
    main()
