#!/usr/bin/env python3
"""Measures what it costs to hold each message until Graph has accepted it (SMTP2GRAPH_DATA): messages accepted a second, those that Graph
accepted a second, and memory after the start. In turns without and with it. The lab's Mailpit and smtp2graph, and a Graph that answers at once,
are behind the relay. smtp2graph attempts four messages at a time, so the accept rate is the figure to compare.

Needs a built tree, java and smtp-source. Everything listens on 127.0.0.1.

    bench/relay/held.py --rounds 3 --mails 2000 --window 100
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import Dns, Relaypod
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "crash"))
from chain import Graph, MAILPIT_PORT, mailpit, smtp2graph  # noqa: E402

STOP_AFTER = 600
SETTLED = 10


def load(port, options, mails):
    subprocess.run(["smtp-source", "-s", str(options.connections), "-m", str(mails), "-l", str(options.size), "-S", "bench",
                    "-f", "sender@bench.example", "-t", "recipient@bench.example", f"127.0.0.1:{port}"], check=True, timeout=STOP_AFTER)


def measure(graph, options, is_held):
    """@return (accepted a second, at Graph a second, resident MiB after the start)"""
    folder = Path(tempfile.mkdtemp(prefix="relaypod-held-", dir=os.environ.get("BENCH_DIR", "/var/tmp")))
    os.environ["SMTP2GRAPH_DATA"] = str(folder) if is_held else ""
    os.environ["GRAPH_WINDOW"] = str(options.window) if is_held else ""
    behind = [smtp2graph(options, folder), mailpit(options, folder)]
    relay = Relaypod(options.java.split(), upstream=MAILPIT_PORT)
    try:
        for program in [*behind, relay]:
            program.start()
        time.sleep(SETTLED)
        resident = relay.resident_mib()
        load(relay.port, options, options.warm_up)
        wait_for(graph, options.warm_up)
        begin = time.monotonic()
        load(relay.port, options, options.mails)
        accepted = options.mails / (time.monotonic() - begin)
        wait_for(graph, options.warm_up + options.mails)
        return accepted, options.mails / (time.monotonic() - begin), resident
    finally:
        for program in [relay, *behind]:
            program.close()
        graph.accepted.clear()
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(graph, mails):
    begin = time.monotonic()
    while sum(graph.accepted.values()) < mails:
        if time.monotonic() - begin > STOP_AFTER:
            raise SystemExit(f"Graph accepted only {sum(graph.accepted.values())} of {mails} within {STOP_AFTER} s")
        time.sleep(0.05)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mails", type=int, default=2000)
    parser.add_argument("--warm-up", type=int, default=2000)
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--size", type=int, default=2000, help="bytes")
    parser.add_argument("--window", type=int, default=100, help="GRAPH_WINDOW")
    parser.add_argument("--java", default="-Xmx64m -XX:MaxNewSize=12m -XX:+UseSerialGC -XX:TieredStopAtLevel=1", help="options of the relay's JVM")
    parser.add_argument("--mailpit", help="the real one, in place of the stand-in")
    parser.add_argument("--smtp2graph", help="server.js of the real one, in place of the stand-in")
    options = parser.parse_args()

    Dns().start()
    graph = Graph()
    print("| round | held | accepted a second | at Graph a second | resident MiB after the start |\n| --- | --- | --- | --- | --- |")
    for number in range(options.rounds):
        for is_held in (False, True):
            accepted, arrived, resident = measure(graph, options, is_held)
            print(f"| {number + 1} | {'yes' if is_held else 'no'} | {accepted:.0f} | {arrived:.0f} | {resident} |", flush=True)


if __name__ == "__main__":
    main()
