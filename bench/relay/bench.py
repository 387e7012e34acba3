#!/usr/bin/env python3
"""Compares relaypod with Postfix in the same run, under the same load: messages accepted a second, and messages a second at the next hop.

Needs: a built tree (./mvnw -DskipTests package), java, postfix with smtp-source and smtp-sink, root (for Postfix). Everything
listens on 127.0.0.1. The servers take turns. Prints medians and ratios.

    bench/relay/bench.py                     # 5 rounds of 5,000 messages over 20 connections
    bench/relay/bench.py --connections 50 --rounds 3 --mails 2000
    bench/relay/bench.py --only relaypod --jfr /tmp/relay.jfr
    bench/relay/bench.py --stock-james       # also with James' ActiveMQ queue and RemoteDelivery, from Maven Central
"""
import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent.parent
RELAY_PORT, POSTFIX_PORT, SINK_PORT, JAMES_PORT, DNS_PORT = 21025, 21026, 21027, 21031, 21053
STOP_AFTER = 300


def wait_for_banner(port, seconds=60):
    deadline = time.monotonic() + seconds
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                connection.settimeout(2)
                if connection.recv(3) == b"220":
                    return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise SystemExit(f"nothing answers on port {port}")
        time.sleep(0.05)


class Dns(threading.Thread):
    """Every domain has one MX."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", DNS_PORT))

    def run(self):
        while True:
            query, client = self.socket.recvfrom(512)
            end = query.index(b"\0", 12) + 5
            exchange = b"\x02mx" + query[12:end - 4]
            answer = b"\xc0\x0c\x00\x0f\x00\x01\x00\x00\x0e\x10" + (2 + len(exchange)).to_bytes(2, "big") + b"\x00\x0a" + exchange
            self.socket.sendto(query[:2] + b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00" + query[12:end] + answer, client)


class Sink:
    """smtp-sink, which counts the messages."""

    def __init__(self):
        self.process = subprocess.Popen(["smtp-sink", "-u", "nobody", "-c", f"127.0.0.1:{SINK_PORT}", "1000"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.received = 0
        threading.Thread(target=self.count, daemon=True).start()
        wait_for_banner(SINK_PORT)

    def count(self):
        rest = b""
        while chunk := os.read(self.process.stdout.fileno(), 65536):
            found = re.findall(rb"mesg=(\d+)\s", rest + chunk)
            if found:
                self.received = int(found[-1])
            rest = chunk[-40:]

    def close(self):
        self.process.kill()
        self.process.wait()


class Relaypod:
    name = "relaypod"
    port = RELAY_PORT

    def __init__(self, java_options, upstream=SINK_PORT, james_conf=HOME / "james-conf"):
        self.data = tempfile.mkdtemp(prefix="relaypod-bench-", dir=os.environ.get("BENCH_DIR", "/var/tmp"))
        self.options = java_options
        self.upstream = upstream
        self.james_conf = james_conf
        self.process = None

    def start(self):
        environment = dict(os.environ, LISTEN_ADDR=f"127.0.0.1:{self.port}", UPSTREAM_HOST="127.0.0.1", UPSTREAM_PORT=str(self.upstream),
                           DATA_DIR=self.data, JAMES_CONF=str(self.james_conf),
                           WEBADMIN_ADDR=os.environ.get("WEBADMIN_ADDR", "off"), METRICS_ADDR="127.0.0.1:0",
                           UPSTREAM_RECIPIENTS_PER_SENDER="0",
                           DNS_SERVERS=f"127.0.0.1:{DNS_PORT}")
        self.log = open(os.path.join(self.data, "log"), "ab")
        self.process = subprocess.Popen(["java", *self.options, "-cp", self.class_path(), "io.relaypod.server.cli.Relaypod", "run"],
                                        env=environment, stdout=self.log, stderr=self.log)
        wait_for_banner(self.port)

    def class_path(self):
        return f"{HOME}/server/target/classes:{HOME}/server/target/lib/*"

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mib(self):
        return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self.process.pid}/status").read_text()).group(1)) // 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def close(self):
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.data, ignore_errors=True)


class StockJames(Relaypod):
    """The same SMTP server and processors with James' ActiveMQ queue and James' RemoteDelivery."""

    name = "stock-james"
    port = JAMES_PORT

    def __init__(self, java_options):
        super().__init__(java_options, james_conf=Path(tempfile.mkdtemp(prefix="james-conf-")) / "james-conf")
        shutil.copytree(HOME / "james-conf", self.james_conf)
        mailets = self.james_conf / "mailetcontainer.xml"
        mailets.write_text(mailets.read_text().replace('class="io.relaypod.gateway.RemoteDelivery"', 'class="RemoteDelivery"'))
        self.build = Path(self.data, "build")
        self.build.mkdir()

    def class_path(self):
        """Compiles the adapter and adds the missing libraries. The product's libraries take precedence."""
        listed = self.build / "jars"
        subprocess.run([HOME / "mvnw", "-q", "-B", "-f", HOME / "bench/relay/activemq/pom.xml",
                        "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath", f"-Dmdep.outputFile={listed}"], check=True)
        ours = {artifact(jar) for jar in (HOME / "server/target/lib").iterdir()}
        jars = [jar for jar in map(Path, listed.read_text().split(":")) if artifact(jar) not in ours]
        both = ":".join([super().class_path(), *map(str, jars)])
        source = HOME / "bench/relay/activemq/src/io/relaypod/server/james/MailModule.java"
        subprocess.run(["javac", "-d", self.build, "-cp", both, source], check=True)
        return f"{self.build}:{both}"

    def close(self):
        super().close()
        shutil.rmtree(self.james_conf.parent, ignore_errors=True)


def artifact(jar):
    return re.sub(r"-\d[^-]*(-.*)?$", "", jar.name)


class Postfix:
    """An instance of Debian's Postfix with its defaults, which relays everything to the sink."""

    name = "postfix"
    port = POSTFIX_PORT

    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="postfix-bench-", dir=os.environ.get("BENCH_DIR", "/var/tmp"))
        os.chmod(self.home, 0o755)
        config = os.path.join(self.home, "etc")
        shutil.copytree("/etc/postfix", config)
        for directory in ("queue", "data"):
            os.mkdir(os.path.join(self.home, directory))
        shutil.chown(os.path.join(self.home, "data"), "postfix")
        settings = {
            "queue_directory": f"{self.home}/queue", "data_directory": f"{self.home}/data", "mydestination": "", "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4", "relayhost": f"[127.0.0.1]:{SINK_PORT}", "mynetworks": "127.0.0.0/8", "smtpd_recipient_restrictions": "",
            "smtpd_relay_restrictions": "permit_mynetworks, reject", "alternate_config_directories": "", "multi_instance_directories": "",
            "maillog_file": f"{self.home}/log", "maillog_file_prefixes": self.home, "compatibility_level": "3.6", "myhostname": "bench.invalid",
            "local_recipient_maps": "", "alias_maps": "", "alias_database": "", "smtpd_use_tls": "no", "disable_dns_lookups": "yes",
            "syslog_name": "bench",
        }
        Path(config, "main.cf").write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))
        master = Path(config, "master.cf")
        lines = [line for line in master.read_text().splitlines() if not line.startswith("smtp      inet")]
        master.write_text("\n".join([f"127.0.0.1:{POSTFIX_PORT} inet n - n - - smtpd", "postlog unix-dgram n - n - 1 postlogd",
                                     *[line for line in lines if not line.startswith("postlog")]]) + "\n")
        self.config = config

    def start(self):
        subprocess.run(["postfix", "-c", self.config, "start"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_banner(self.port)

    def close(self):
        subprocess.run(["postfix", "-c", self.config, "stop"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.home, ignore_errors=True)


def load(port, options):
    return subprocess.run(["smtp-source", "-s", str(options.connections), "-m", str(options.mails), "-l", str(options.size),
                           "-f", "sender@bench.example", "-t", "recipient@bench.example", f"127.0.0.1:{port}"], check=True, timeout=STOP_AFTER)


def measure(port, sink, options):
    """@return (accepted a second, arrived a second)"""
    before = sink.received
    begin = time.monotonic()
    load(port, options)
    accepted = time.monotonic() - begin
    while sink.received - before < options.mails:
        if time.monotonic() - begin > STOP_AFTER:
            raise SystemExit(f"only {sink.received - before} of {options.mails} arrived")
        time.sleep(0.005)
    arrived = time.monotonic() - begin
    return options.mails / accepted, options.mails / arrived


def warm_up(relay, sink, options):
    """Sends messages that do not count, because a relay runs for weeks and its first messages load and compile code."""
    mails = options.warm_up if isinstance(relay, Relaypod) else options.mails
    for _ in range(0, mails, options.mails):
        measure(relay.port, sink, options)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--mails", type=int, default=5000)
    parser.add_argument("--size", type=int, default=2000, help="bytes")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--warm-up", type=int, default=30000, help="messages that relaypod sends before the measurement, so that its code is compiled")
    parser.add_argument("--only", choices=["relaypod", "postfix"])
    parser.add_argument("--stock-james", action="store_true", help="measure James with its own queue too")
    parser.add_argument("--jfr", help="Flight Recorder file of the relay")
    parser.add_argument("--java", default="-Xmx128m -XX:+UseSerialGC", help="options of the relay's JVM")
    options = parser.parse_args()

    java_options = options.java.split() + ([f"-XX:StartFlightRecording=filename={options.jfr},settings=profile"] if options.jfr else [])
    Dns().start()
    sink = Sink()
    relays = [relay for relay in (Relaypod(java_options), Postfix()) if options.only in (None, relay.name)]
    if options.stock_james:
        relays.append(StockJames(options.java.split()))
    results = {relay.name: [] for relay in relays}
    ceiling = []
    try:
        for relay in relays:
            relay.start()
            warm_up(relay, sink, options)
        for round in range(options.rounds):
            ceiling.append(measure(SINK_PORT, sink, options)[0])
            for relay in relays:
                cpu = relay.cpu_seconds() if isinstance(relay, Relaypod) else 0
                results[relay.name].append(measure(relay.port, sink, options))
                accepted, arrived = results[relay.name][-1]
                more = (f"  cpu {1000 * (relay.cpu_seconds() - cpu) / options.mails:.2f} ms a mail, resident {relay.resident_mib()} MiB"
                        if isinstance(relay, Relaypod) else "")
                print(f"round {round + 1}  {relay.name:9} accepted {accepted:6.0f}/s  arrived {arrived:6.0f}/s{more}", flush=True)
    finally:
        for relay in relays:
            relay.close()
        sink.close()

    report = {"connections": options.connections, "mails": options.mails, "size": options.size, "rounds": options.rounds,
              "ceiling": round_number(ceiling)}
    for name, values in results.items():
        report[name] = {"accepted": round_number([v[0] for v in values]), "arrived": round_number([v[1] for v in values])}
    if {"relaypod", "postfix"} <= results.keys():
        report["ratio"] = {what: round_ratio(report["relaypod"][what] / report["postfix"][what]) for what in ("accepted", "arrived")}
    print(json.dumps(report, indent=2))


def round_number(values):
    return round(statistics.median(values))


def round_ratio(value):
    return round(value, 2)


if __name__ == "__main__":
    main()
