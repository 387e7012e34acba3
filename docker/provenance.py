#!/usr/bin/env python3
"""Prints where an image comes from, as an in-toto statement with SLSA's provenance.

    docker/provenance.py IMAGE ARCHITECTURE BASE STARTED      of an image that the engine has
    docker/provenance.py --subject NAME DIGEST FILE           names the pushed image in the file
"""
import datetime
import json
import os
import pathlib
import subprocess
import sys


def output(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def builder():
    """The workflow that runs, or nobody that could be asked."""
    server, workflow, run = (os.environ.get(name) for name in ("GITHUB_SERVER_URL", "GITHUB_WORKFLOW_REF", "GITHUB_RUN_ID"))
    if not (server and workflow and run):
        return {"builder": {"id": "https://slsa.dev/provenance/local"}, "metadata": {}}
    repository = os.environ["GITHUB_REPOSITORY"]
    return {"builder": {"id": f"{server}/{workflow}"}, "metadata": {"invocationId": f"{server}/{repository}/actions/runs/{run}"}}


def statement(image, architecture, base, started):
    commit = output("git", "rev-parse", "HEAD")
    repository = output("git", "config", "--get", "remote.origin.url") or "unknown"
    details = builder()
    details["metadata"] |= {"startedOn": started, "finishedOn": now()}
    base_digests = json.loads(output("docker", "inspect", "-f", "{{json .RepoDigests}}", base) or "[]")
    base_id = base_digests[0].partition("@")[2] if base_digests else output("docker", "inspect", "-f", "{{.Id}}", base)
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": image, "digest": {"sha256": output("docker", "inspect", "-f", "{{.Id}}", image).removeprefix("sha256:")}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "https://relaypod.io/docker-release/v1",
                "externalParameters": {"architecture": architecture, "base": base, "script": "docker/release"},
                "internalParameters": {"emulated": os.environ.get("AOT") == "no"},
                "resolvedDependencies": [
                    {"uri": f"git+{repository}", "digest": {"gitCommit": commit},
                     "annotations": {"clean": not output("git", "status", "--porcelain")}},
                    {"uri": f"docker://{base}", "digest": {"sha256": base_id.removeprefix("sha256:")}},
                ],
            },
            "runDetails": details,
        },
    }


def main():
    if len(sys.argv) == 5 and sys.argv[1] == "--subject":
        file = pathlib.Path(sys.argv[4])
        known = json.loads(file.read_text())
        known["subject"] = [{"name": sys.argv[2], "digest": {"sha256": sys.argv[3].removeprefix("sha256:")}}]
        file.write_text(json.dumps(known, indent=1) + "\n")
    elif len(sys.argv) == 5:
        print(json.dumps(statement(*sys.argv[1:]), indent=1))
    else:
        raise SystemExit(__doc__)


main()
