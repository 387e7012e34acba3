#!/usr/bin/env python3
"""Measures a backlog: the gateway is unavailable, messages queue up, the gateway is available again.

Measures the accept rate and the memory while the queue grows, and the rate at which it drains. Writes a table and a plot. Needs a built tree, java and smtp-source; everything listens on 127.0.0.1.

    bench/backlog/backlog.py                        # 100,000 messages: about 10 minutes
    bench/backlog/backlog.py --mails 20000 --plot /tmp/backlog.svg
"""
import argparse
import json
import os
import re
import statistics
import sys
import threading
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "relay"))
from bench import Dns, RELAY_PORT, Relaypod, Sink, load  # noqa: E402

WEBADMIN_PORT = 21029
DRAIN_WITHIN = 1800
relay_data = None  # has webadmin's password


class Memory(threading.Thread):
    """Polls the process's resident memory once a second. The JVM's log of collections has the heap."""

    def __init__(self, relay, gc_log):
        super().__init__(daemon=True)
        self.relay, self.gc_log = relay, gc_log
        self.started = time.monotonic()
        self.resident = []

    def run(self):
        while True:
            try:
                self.resident.append((time.monotonic() - self.started, self.relay.resident_mib()))
            except (OSError, AttributeError):
                return  # the process has ended
            time.sleep(1)

    def heap(self):
        """@return (seconds, MiB in use afterwards) of each full collection; other collections leave garbage"""
        line = re.compile(r"\[([\d.]+)s\].*Pause Full.* \d+M->(\d+)M\(")
        found = (line.search(entry) for entry in Path(self.gc_log).read_text().splitlines())
        return [(float(match.group(1)), int(match.group(2))) for match in found if match]


def webadmin(method, path, body=None):
    """@param path: within the outgoing queue"""
    password = Path(relay_data, "webadmin-password").read_text().strip()
    request = urllib.request.Request(f"http://127.0.0.1:{WEBADMIN_PORT}/mailQueues/outgoing{path}", body, {"Authorization": f"Bearer {password}"},
                                     method=method)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return answer.read()


def queue_size():
    return json.loads(webadmin("GET", ""))["size"]


def try_all_now():
    webadmin("PATCH", "/mails?delayed=true", b'{"delayed": false}')


def rate(options):
    begin = time.monotonic()
    load(RELAY_PORT, options)
    return options.mails / (time.monotonic() - begin)


def empty_the_queue():
    deadline = time.monotonic() + 120
    while queue_size() > 0:
        webadmin("DELETE", "/mails")
        if time.monotonic() > deadline:
            raise SystemExit(f"the queue is not empty: {queue_size()}")
        time.sleep(1)


def with_an_empty_queue(options):
    """@return messages accepted a second, with the gateway available and unavailable: medians of three"""
    sink = Sink()
    load(RELAY_PORT, options)  # not counted: classes load, code compiles
    available = [rate(options) for _ in range(3)]
    sink.close()
    load(RELAY_PORT, options)
    unavailable = []
    for _ in range(3):
        empty_the_queue()
        unavailable.append(rate(options))
    empty_the_queue()
    return statistics.median(available), statistics.median(unavailable)


def plot(path, accepted, drained, memory):
    """Three curves over time, each scaled to its own maximum, which is in its label."""
    curves = [("messages queued", "#2563eb", accepted + drained), ("resident MiB", "#dc2626", memory.resident),
              ("heap in use after a full collection, MiB", "#059669", memory.heap())]
    width, height, left, top = 900, 360, 20, 70
    end = max(x for _, _, points in curves for x, _ in points)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width + 2 * left} {height + top + 40}" font-family="sans-serif" font-size="14">',
           '<rect width="100%" height="100%" fill="white"/>']
    for number, (label, colour, points) in enumerate(curves):
        largest = max((y for _, y in points), default=0) or 1
        out.append(f'<text x="{left}" y="{20 + 18 * number}" fill="{colour}">{label}: up to {largest:,.0f}</text>')
        line = " ".join(f"{left + x / end * width:.1f},{top + height - y / largest * height:.1f}" for x, y in points)
        out.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{line}"/>')
    out.append(f'<path d="M{left} {top}V{top + height}H{left + width}" fill="none" stroke="#666"/>')
    out.append(f'<text x="{left + width}" y="{top + height + 22}" text-anchor="end" fill="#666">{end:.0f} s</text></svg>')
    Path(path).write_text("\n".join(out) + "\n")


def middle(points):
    return round(statistics.median(mib for _, mib in points)) if points else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=100_000)
    parser.add_argument("--step", type=int, default=5000, help="messages between two measurements")
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--size", type=int, default=2000, help="bytes")
    parser.add_argument("--java", default="-Xmx64m -XX:MaxNewSize=12m -XX:+UseSerialGC -XX:TieredStopAtLevel=1", help="options of the relay's JVM")
    parser.add_argument("--plot", default="backlog.svg")
    options = parser.parse_args()

    Dns().start()
    os.environ["WEBADMIN_ADDR"] = f"127.0.0.1:{WEBADMIN_PORT}"
    relay = Relaypod(options.java.split())
    global relay_data
    relay_data = relay.data
    gc_log = os.path.join(relay.data, "gc.log")
    relay.options.append(f"-Xlog:gc:file={gc_log}:uptime")
    total, options.mails = options.mails, options.step
    try:
        relay.start()
        memory = Memory(relay, gc_log)
        memory.start()
        available, unavailable = with_an_empty_queue(options)
        print(f"queue empty: accepted {available:5.0f}/s with the gateway available, {unavailable:5.0f}/s with it unavailable", flush=True)
        queued, rates, accepted = 0, [], [(time.monotonic() - memory.started, 0)]
        while queued < total:
            begin, cpu = time.monotonic(), relay.cpu_seconds()
            load(RELAY_PORT, options)
            rates.append(options.step / (time.monotonic() - begin))
            queued += options.step
            accepted.append((time.monotonic() - memory.started, queued))
            print(f"queued {queued:7,}  accepted {rates[-1]:5.0f}/s  cpu {1000 * (relay.cpu_seconds() - cpu) / options.step:.2f} ms a message, "
                  f"resident {relay.resident_mib()} MiB", flush=True)

        sink = Sink()
        drained, begin = [accepted[-1]], time.monotonic()
        try_all_now()
        while sink.received < queued:
            if time.monotonic() - begin > DRAIN_WITHIN:
                raise SystemExit(f"only {sink.received} of {queued} arrived in {DRAIN_WITHIN} s; {queue_size()} are queued")
            time.sleep(0.5)
            drained.append((time.monotonic() - memory.started, queued - sink.received))
        seconds = time.monotonic() - begin
        plot(options.plot, accepted, drained, memory)
        quarter = max(1, len(rates) // 4)
        last = statistics.median(rates[-quarter:])
        filling = [point for point in memory.heap() if point[0] < begin - memory.started]
        print(json.dumps({
            "mails": queued,
            "accepted": {"queue empty, gateway available": round(available), "queue empty, gateway unavailable": round(unavailable), "last quarter": round(last),
                         "ratio to empty": {"gateway available": round(last / available, 2), "gateway unavailable": round(last / unavailable, 2)}},
            "drained": round(queued / seconds),
            "heap after a full collection": {"first quarter": middle(filling[:len(filling) // 4]), "last quarter": middle(filling[-(len(filling) // 4):])},
            "resident": max(mib for _, mib in memory.resident),
            "left": queue_size(),
            "plot": options.plot,
        }, indent=2))
        sink.close()
    finally:
        relay.close()


if __name__ == "__main__":
    main()
