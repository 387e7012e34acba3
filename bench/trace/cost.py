#!/usr/bin/env python3
"""Measures the cost of the trace from end to end: the same relay with and without it, in turns, under the load of bench/relay.

    bench/trace/cost.py                      # 5 rounds of 5,000 messages over 20 connections each
"""
import argparse
import os
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "relay"))
from bench import Dns, RELAY_PORT, Relaypod, Sink, measure  # noqa: E402


class Traced(Relaypod):
    """A relay with a trace of the given size."""

    def __init__(self, name, port, size, java_options):
        super().__init__(java_options)
        self.name, self.port, self.size = name, port, size

    def start(self):
        os.environ["TRACE_MAX_SIZE"] = self.size
        super().start()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--mails", type=int, default=5000)
    parser.add_argument("--size", type=int, default=2000, help="bytes")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--java", default="-Xmx128m -XX:+UseSerialGC", help="options of the relay's JVM")
    options = parser.parse_args()

    Dns().start()
    sink = Sink()
    relays = [Traced("with trace", RELAY_PORT, "100M", options.java.split()), Traced("without", RELAY_PORT + 4, "0", options.java.split())]
    arrived = {relay.name: [] for relay in relays}
    cost = {relay.name: [] for relay in relays}
    try:
        for relay in relays:
            relay.start()
            measure(relay.port, sink, options)  # not counted: classes load, code compiles
        for turn in range(options.rounds):
            for relay in relays if turn % 2 else reversed(relays):  # the second one finds a warmer machine
                before = relay.cpu_seconds()
                arrived[relay.name].append(measure(relay.port, sink, options)[1])
                cost[relay.name].append(1000 * (relay.cpu_seconds() - before) / options.mails)
    finally:
        for relay in relays:
            relay.close()
        sink.close()
    for relay in relays:
        print(f"{relay.name:10}  arrived {statistics.median(arrived[relay.name]):5.0f}/s ({min(arrived[relay.name]):.0f} to {max(arrived[relay.name]):.0f})"
              f"  CPU {statistics.median(cost[relay.name]):.2f} ms a mail")


if __name__ == "__main__":
    main()
