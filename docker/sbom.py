#!/usr/bin/env python3
"""Prints the SBOM of an image as CycloneDX: its jars as Maven describes them, the Java runtime, and the system's libraries.

    docker/sbom.py IMAGE VERSION ARCHITECTURE DIRECTORY

DIRECTORY is the image's /opt/relaypod. Fails if the image has a jar that Maven does not describe, or if Maven's description has another content.
"""
import hashlib
import json
import pathlib
import sys
import uuid

MODULES = {"relaypod": ("server", "lib"), "relaypod-lab": ("lab", "lab")}


def properties(file):
    lines = [line.partition("=") for line in file.read_text().splitlines() if "=" in line]
    return {name: value.strip('"') for name, _, value in lines}


def sha256(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def described_jars(bom, directory):
    """The components of the jars in the directory. Our own jars have their name without a version in the image."""
    by_hash = {}
    for component in bom["components"]:
        for digest in component.get("hashes", []):
            if digest["alg"] == "SHA-256":
                by_hash[digest["content"]] = component
    ours = {component["name"] for component in bom["components"] if component.get("group") == "io.relaypod"}
    main = bom["metadata"]["component"]["name"]
    found, unknown = [], []
    for jar in sorted(directory.glob("*.jar")):
        component = by_hash.get(sha256(jar))
        if component:
            found.append(component)
        elif jar.stem in ours:
            # If Maven has not made a module's jar yet, it hashes the classes. So the jar is hashed here.
            component = next(one for one in bom["components"] if one["name"] == jar.stem)
            found.append({**component, "hashes": [{"alg": "SHA-256", "content": sha256(jar)}]})
        elif jar.stem != main:
            unknown.append(jar.name)
    if unknown:
        raise SystemExit(f"docker/sbom.py: Maven does not describe these jars of the image: {', '.join(unknown)}")
    return found


def java(release):
    version = release.get("JAVA_RUNTIME_VERSION", release["JAVA_VERSION"])  # a JRE of jlink has only the short one
    return {"type": "platform", "bom-ref": "java", "name": "OpenJDK", "version": version, "publisher": release.get("IMPLEMENTOR", ""),
            "cpe": f"cpe:2.3:a:oracle:openjdk:{release['JAVA_VERSION']}:*:*:*:*:*:*:*",
            "licenses": [{"expression": "GPL-2.0-only WITH Classpath-exception-2.0"}],
            "properties": [{"name": "relaypod:java:modules", "value": release["MODULES"]}]}


def system_packages(lines, architecture):
    kind = {"debian": "deb", "ubuntu": "deb", "fedora": "rpm", "rhel": "rpm", "ubi": "rpm", "centos": "rpm"}
    system = ["unknown", "unknown"]
    for line in lines:
        word, name, version = line.split(" ", 2)
        if word == "system":
            system = [name, version]
            yield {"type": "operating-system", "bom-ref": "system", "name": name, "version": version}
        else:
            purl = f"pkg:{kind.get(system[0], 'generic')}/{system[0]}/{name}@{version}?arch={architecture}&distro={system[0]}-{system[1]}"
            yield {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def main():
    if len(sys.argv) != 5:
        raise SystemExit(__doc__)
    image, version, architecture, directory = sys.argv[1:4] + [pathlib.Path(sys.argv[4])]
    module, jars = MODULES[image]
    bom = json.loads(pathlib.Path(module, "target", "bom.json").read_text())
    libraries = described_jars(bom, directory / jars)
    runtime = [java(properties(directory / "jre" / "release")),
               *system_packages((directory / "runtime-packages").read_text().splitlines(), architecture)]
    purl = f"pkg:oci/{image}?arch={architecture}&tag={version}"
    known = {component["bom-ref"] for component in libraries}
    main_ref = bom["metadata"]["component"]["bom-ref"]
    graph = {one["ref"]: one.get("dependsOn", []) for one in bom.get("dependencies", [])}
    bom["metadata"]["component"] = {"type": "container", "bom-ref": purl, "name": image, "version": version, "purl": purl,
                                    "licenses": [{"license": {"id": "Apache-2.0"}}]}
    bom["serialNumber"] = f"urn:uuid:{uuid.uuid4()}"
    bom["components"] = libraries + runtime
    bom["dependencies"] = [{"ref": purl, "dependsOn": sorted({ref for ref in graph.get(main_ref, []) if ref in known}
                                                             | {component["bom-ref"] for component in runtime})},
                           *({"ref": ref, "dependsOn": [other for other in refs if other in known]} for ref, refs in graph.items() if ref in known)]
    json.dump(bom, sys.stdout, indent=1)
    print()


main()
