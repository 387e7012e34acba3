#!/usr/bin/env python3
"""Kills relaypod repeatedly under load, and compares every message that it answered with 250 with those that arrived.

The gateway accepts nine messages of ten at once and the others at the second attempt, so that kills affect every queue. Duplicates are
part of at-least-once delivery: the relay died between the gateway's 250 and its own record of it.

Needs a built tree and java. Everything listens on 127.0.0.1. Exit code 0: no message is lost, and none is quarantined because of a kill.

    bench/crash/crash.py             # 5 kills, the short form
    bench/crash/crash.py --kills 50
"""
import argparse
import collections
import random
import re
import shutil
import signal
import smtplib
import socketserver
import sys
import tempfile
import threading
import time
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "relay"))
from bench import Dns, HOME, RELAY_PORT, Relaypod  # noqa: E402

SINK_PORT = 21028
CLIENTS = 8
BODY = "x" * 70 + "\r\n"


class Sink(socketserver.ThreadingTCPServer):
    """A gateway that counts the arrivals of each message, and defers some at the first attempt."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        self.arrivals = collections.Counter()
        self.deferred = set()
        super().__init__(("127.0.0.1", SINK_PORT), Connection)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def answer(self, name):
        if zlib.crc32(name.encode()) % 10 == 0 and name not in self.deferred:
            self.deferred.add(name)
            return b"451 4.3.2 later\r\n"
        self.arrivals[name] += 1
        return b"250 ok\r\n"

    def handle_error(self, request, client_address):
        pass  # a killed relay resets its connections


class Connection(socketserver.StreamRequestHandler):

    def handle(self):
        self.wfile.write(b"220 sink\r\n")
        for line in self.rfile:
            command = line[:4].upper()
            if command == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                name = ""
                for data in self.rfile:
                    if data == b".\r\n":
                        self.wfile.write(self.server.answer(name))
                        break
                    found = re.match(rb"Subject: (\S+)", data)
                    name = found.group(1).decode() if found else name
            elif command == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")


class Client(threading.Thread):
    """Sends one message after another, and records those that were answered with 250."""

    def __init__(self, number, stop, pause=0):
        super().__init__(daemon=True)
        self.number, self.stop, self.pause, self.accepted = number, stop, pause, []

    def run(self):
        count = 0
        while not self.stop.is_set():
            try:
                with smtplib.SMTP("127.0.0.1", RELAY_PORT, timeout=20) as relay:
                    while not self.stop.is_set():
                        count += 1
                        name = f"{self.number}-{count}"
                        relay.sendmail("sender@bench.example", ["recipient@bench.example"],
                                       f"From: sender@bench.example\r\nTo: recipient@bench.example\r\nSubject: {name}\r\n\r\n{BODY * random.randint(1, 100)}")
                        self.accepted.append(name)
                        self.stop.wait(self.pause)
            except (OSError, smtplib.SMTPException):
                time.sleep(0.05)


def james_conf_with_quick_retries():
    copy = Path(tempfile.mkdtemp(prefix="relaypod-crash-conf-")) / "james-conf"
    shutil.copytree(HOME / "james-conf", copy)
    mailets = copy / "mailetcontainer.xml"
    changed, count = re.subn(r"<delayTime>.*?</delayTime>", "<delayTime>125 * 2 seconds</delayTime>", mailets.read_text())
    assert count == 1, f"{mailets} should have one <delayTime>"
    mailets.write_text(changed)
    return copy


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    random.seed(options.seed)

    Dns().start()
    sink = Sink()
    james_conf = james_conf_with_quick_retries()
    relay = Relaypod(["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"], upstream=SINK_PORT, james_conf=james_conf)
    stop = threading.Event()
    clients = [Client(number, stop) for number in range(CLIENTS)]
    try:
        relay.start()
        for client in clients:
            client.start()
        for kill in range(options.kills):
            time.sleep(random.uniform(0.5, 4))
            relay.process.send_signal(signal.SIGKILL)
            relay.process.wait()
            relay.start()
            print(f"kill {kill + 1}: accepted {sum(len(client.accepted) for client in clients)}, arrived {len(sink.arrivals)}", flush=True)
        time.sleep(1)
        stop.set()
        for client in clients:
            client.join(30)
        accepted = {name for client in clients for name in client.accepted}
        deadline = time.monotonic() + 120
        while accepted - sink.arrivals.keys() and time.monotonic() < deadline:
            time.sleep(0.2)
        lost = accepted - sink.arrivals.keys()
        twice = {name: count for name, count in sink.arrivals.items() if count > 1}
        print(f"seed {options.seed}: kills {options.kills}, accepted {len(accepted)}, arrived {len(sink.arrivals)}, lost {len(lost)}, "
              f"deferred {len(sink.deferred)}, delivered twice {len(twice)}, arrived without a 250 {len(sink.arrivals.keys() - accepted)}")
        quarantined = list(Path(relay.data, "var/mail/error").glob("*.json"))
        if lost or quarantined:
            print("lost:", *sorted(lost)[:20])
            print("quarantined because of a kill:", len(quarantined))
            relay.stop()
            sys.exit(1)
    finally:
        relay.close()
        shutil.rmtree(james_conf.parent)


if __name__ == "__main__":
    main()
