#!/usr/bin/env python3
"""Measures the image: time to the first 220, idle memory, and a burst within its limit. Needs root, Docker, the image `relaypod` (docker/image)
and, for the burst, Postfix's smtp-source and smtp-sink. Takes about two minutes.

    bench/memory/memory.py [--image relaypod] [--mails 10000] [--rounds 3]
"""
import argparse
import pathlib
import socket
import subprocess
import tempfile
import time

LIMIT = 192 << 20
MIB = 1 << 20


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


class Relay:
    """The image with a pod's restrictions, in the host's network."""

    def __init__(self, image, sink, cpus=None):
        self.port, metrics = free_port(), free_port()
        self.started = time.time()
        self.lists = tempfile.TemporaryDirectory()
        allowed = pathlib.Path(self.lists.name, "allow")
        allowed.write_text("example.com\n")
        pathlib.Path(self.lists.name).chmod(0o755)
        self.id = run("docker", "run", "-d", "--network", "host", "--memory", str(LIMIT), "--memory-swap", str(LIMIT), "--read-only",
                      *(["--cpus", str(cpus)] if cpus else []),
                      "--tmpfs", "/tmp", "--cap-drop", "ALL", "--cap-add", "NET_BIND_SERVICE", "--security-opt", "no-new-privileges",
                      "-v", f"{self.lists.name}:/lists:ro", "-e", "ALLOW_DOMAINS_FILE=/lists/allow",
                      "-e", f"LISTEN_ADDR=127.0.0.1:{self.port}", "-e", f"METRICS_ADDR=127.0.0.1:{metrics}", "-e", "WEBADMIN_ADDR=off",
                      "-e", f"UPSTREAM_PORT={sink}", image)
        self.await_banner()

    def await_banner(self):
        deadline = time.time() + 60
        while time.time() < deadline:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as client:
                    if client.recv(3) == b"220":
                        answered = time.time()
                        break
            except OSError:
                time.sleep(0.01)
        else:
            raise SystemExit("no banner:\n" + run("docker", "logs", self.id))
        since = run("docker", "inspect", "-f", "{{.State.StartedAt}}", self.id)
        begin = subprocess.run(["date", "-d", since, "+%s.%N"], capture_output=True, text=True, check=True).stdout
        self.banner_after = answered - float(begin)
        pid = self.state("{{.State.Pid}}")
        self.start_cpu = sum(int(field) for field in pathlib.Path(f"/proc/{pid}/stat").read_text().split(") ")[1].split()[11:13]) / 100

    def state(self, template):
        return run("docker", "inspect", "-f", template, self.id)

    def memory(self):
        """@return the memory as Kubernetes and `docker stats` count it, and the resident set; both in MiB"""
        used = run("docker", "stats", "--no-stream", "--format", "{{.MemUsage}}", self.id).split("/")[0].strip()
        status = pathlib.Path(f"/proc/{self.state('{{.State.Pid}}')}/status").read_text()
        rss = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith(("VmRSS", "RssAnon"))}
        number = float(used.rstrip("GMKiB"))
        return number * (1024 if "GiB" in used else 1), rss["VmRSS"], rss["RssAnon"]

    def close(self):
        subprocess.run(["docker", "rm", "-f", "-v", self.id], capture_output=True, check=False)
        self.lists.cleanup()


def median(values):
    return sorted(values)[len(values) // 2]


def idle(options):
    relays = []
    for _ in range(options.rounds):
        relay = Relay(options.image, 9)
        try:
            # The JVM has returned the memory of the start: docker/java.args trims each 10 s.
            time.sleep(options.settle)
            relays.append((relay.banner_after, relay.start_cpu, *relay.memory()))
        finally:
            relay.close()
    banner, cpu, container, rss, anonymous = (median(column) for column in zip(*relays))
    print(f"| first 220 after the start, of it CPU | {banner:.2f} s, {cpu:.2f} s |")
    print(f"| idle: container's memory | {container:.0f} MiB |")
    print(f"| idle: resident, of it anonymous | {rss:.0f} MiB, {anonymous:.0f} MiB |")


def limited(options):
    banners = []
    for _ in range(options.rounds):
        relay = Relay(options.image, 9, cpus=0.5)
        banners.append(relay.banner_after)
        relay.close()
    print(f"| first 220 after the start, with a CPU limit of 500m | {median(banners):.2f} s |")


def burst(options):
    sink_port = free_port()
    sink = subprocess.Popen(["smtp-sink", "-u", "nobody", "-c", f"127.0.0.1:{sink_port}", "200"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    relay = Relay(options.image, sink_port)
    try:
        begin = time.time()
        source = subprocess.Popen(["smtp-source", "-s", "50", "-m", str(options.mails), "-l", "4000", "-f", "app@example.com", "-t",
                                   "guest@example.com", f"127.0.0.1:{relay.port}"])
        highest = 0
        while source.poll() is None:
            highest = max(highest, relay.memory()[0])
            time.sleep(1)
        seconds = time.time() - begin
        oom = relay.state("{{.State.OOMKilled}} {{.State.Running}}")
        verdict = "taken, not killed" if source.returncode == 0 and oom == "false true" else f"FAILED: {oom}, smtp-source {source.returncode}"
        print(f"| {options.mails} messages of 4 KB over 50 connections in {LIMIT // MIB} MiB | {verdict}, {options.mails / seconds:.0f}/s, "
              f"at most {highest:.0f} MiB |")
    finally:
        relay.close()
        sink.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image", default="relaypod")
    parser.add_argument("--mails", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--settle", type=int, default=15, help="seconds before an idle relay is measured")
    options = parser.parse_args()
    size = int(run("docker", "image", "inspect", "-f", "{{.Size}}", options.image)) / MIB
    print("| quantity | measured |\n| --- | --- |")
    print(f"| image size | {size:.0f} MiB |")
    idle(options)
    limited(options)
    burst(options)


if __name__ == "__main__":
    main()
