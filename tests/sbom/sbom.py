"""Turns what `cargo metadata` prints into a bill of materials."""

import json
import sys
import tomllib
from collections import deque
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

BINARY = "huishang"


def main() -> None:
    metadata = json.load(sys.stdin)
    packages = {package["id"]: package for package in metadata["packages"]}
    needs = {node["id"]: built_in(node) for node in metadata["resolve"]["nodes"]}
    (top,) = (identity for identity, package in packages.items() if package["name"] == BINARY)
    with open("Cargo.lock", "rb") as lock:
        locked = tomllib.load(lock)["package"]
    checksums = {(each["name"], each["version"]): each.get("checksum") for each in locked}
    components = {each: component(packages[each], checksums) for each in reached(top, needs)}
    components[top].type = ComponentType.APPLICATION

    bom = Bom()
    bom.metadata.component = components[top]
    for each, found in components.items():
        if each != top:
            bom.components.add(found)
        bom.register_dependency(found, [components[needed] for needed in needs[each]])
    print(document(bom))


def built_in(node: dict) -> list[str]:
    """What a crate needs in the binary: not what only its tests or its build script need."""
    return [
        dependency["pkg"]
        for dependency in node["deps"]
        if any(kind["kind"] is None for kind in dependency["dep_kinds"])
    ]


def reached(top: str, needs: dict[str, list[str]]) -> list[str]:
    found, waiting = {top}, deque([top])
    while waiting:
        new = set(needs[waiting.popleft()]) - found
        found |= new
        waiting.extend(new)
    return sorted(found)


def component(package: dict, checksums: dict[tuple[str, str], str | None]) -> Component:
    name, version = package["name"], package["version"]
    checksum = checksums[name, version]
    found = Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{name}@{version}",
        purl=PackageURL("cargo", name=name, version=version) if checksum else None,
        # Cargo's older separator is the expression's OR.
        licenses=[LicenseExpression(" OR ".join(part.strip() for part in package["license"].split("/")))],
    )
    if checksum:
        found.hashes.add(HashType(alg=HashAlgorithm.SHA_256, content=checksum))
    if package["repository"]:
        found.external_references.add(
            ExternalReference(type=ExternalReferenceType.VCS, url=XsUri(package["repository"]))
        )
    return found


def document(bom: Bom) -> str:
    """The bill as JSON that the schema accepts; nothing in it depends on when it was made."""
    found = json.loads(JsonV1Dot6(bom).output_as_string())
    del found["metadata"]["timestamp"], found["serialNumber"]
    found["serialNumber"] = f"urn:uuid:{uuid5(NAMESPACE_URL, json.dumps(found, sort_keys=True))}"
    text = json.dumps(found, indent=2, sort_keys=True)
    if fault := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        sys.exit(f"the bill of materials does not fit the schema of CycloneDX 1.6: {fault}")
    return text


if __name__ == "__main__":
    main()
