#!/usr/bin/env python3
"""Attacks the relay as the image runs it, with the image's flags in 192 MiB, while an ordinary client goes on beside it.

After each attack: the process is the same, the ordinary client was never reset and had each answer within 2 s, no more than half of its
commands were put off, heap and memory are near what they were, /livez says 200. Prints a table; exit code 1 if an attack has reached anything.
Needs a built tree and a JDK 25. docs/bench.md has more.

    bench/hostile/hostile.py                 # every attack, 15 s each
    bench/hostile/hostile.py --short         # what .ci/run plays
    bench/hostile/hostile.py --only metrics-flood --seconds 30 --log
"""
import argparse
import importlib.util
import json
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from frame.dns import Dns  # noqa: E402
from frame.gateway import Gateway  # noqa: E402
from frame.relay import LIMIT, Relay, free_port  # noqa: E402

LONGEST_WAIT = 2.0
HEAP_NEAR, RESIDENT_NEAR = 6, 40  # MiB above what was before: caches that have filled, code that was compiled
BACK_WITHIN = 30
SECONDS, SHORT_SECONDS = 15, 3


class Ordinary:
    """The process of the ordinary client, from an attack's beginning to its end."""

    def __init__(self, port, name):
        self.process = subprocess.Popen([sys.executable, HERE / "frame/ordinary.py", str(port), name], stdout=subprocess.PIPE, text=True)

    def end(self):
        """@return all answers"""
        self.process.send_signal(signal.SIGTERM)
        try:
            output = self.process.communicate(timeout=120)[0]
        except subprocess.TimeoutExpired:
            self.process.kill()
            output = self.process.communicate()[0]
        return [json.loads(line) for line in output.splitlines()]


class Attack:
    """A function of a module, under a name."""

    def __init__(self, name, function, in_short, environment):
        """@param environment: of the relay, the variables that the attack needs besides"""
        self.name, self.function, self.in_short, self.environment = name, function, in_short, environment

    def play(self, relay, seconds):
        """@return what the attack has reached, and a row of the table"""
        relay.resident_mib()
        heap, resident = relay.heap_mib(), relay.resident_mib()
        # Waits that another's work on this machine causes are not the attack's.
        ordinary = Ordinary(relay.smtp[1], self.name)
        faults = []
        try:
            found = self.function(relay, seconds)
            faults += [found] if isinstance(found, str) else list(found or [])
        except Exception as failed:  # an attack's own assertion, or a connection that the relay should have kept
            faults.append(f"{type(failed).__name__}: {failed}")
        finally:
            relay.dns.well()
            relay.gateway.recover()
        pid = relay.pid
        # Its last commands come after the attack.
        time.sleep(1)
        answers = ordinary.end()
        worst = max(answers, key=lambda answer: answer["wait"], default={"what": "nothing", "wait": 0.0})
        lost = [answer for answer in answers if answer["code"] in ("reset", "silent")]
        put_off = [answer for answer in answers if answer["code"].startswith(("4", "5"))]
        if not relay.is_up():
            faults.append(f"the process has ended with {relay.process.returncode}")
            return faults, [self.name, "ended", f"{worst['wait']:.2f} {worst['what']}", len(lost), f"{len(put_off)}/{len(answers)}", "", "", ""]
        if relay.pid != pid:
            faults.append("the process is another")
        if lost:
            faults.append(f"the ordinary client was left {len(lost)} times, first {lost[0]}")
        if worst["wait"] > LONGEST_WAIT:
            faults.append(f"the ordinary client waited {worst['wait']:.1f} s for {worst['what']}")
        if not answers or len(put_off) * 2 > len(answers):
            faults.append(f"the ordinary client was put off {len(put_off)} times of {len(answers)}")
        heap_after, resident_after = memory_back(relay, heap, resident)
        if not relay.is_up():
            faults.append(f"the process ended after the attack with {relay.process.returncode}")
        if heap_after > heap + HEAP_NEAR:
            faults.append(f"heap in use after a collection: {heap_after:.0f} MiB, {heap:.0f} before")
        if resident_after > resident + RESIDENT_NEAR:
            faults.append(f"resident: {resident_after:.0f} MiB, {resident:.0f} before")
        if (status := relay.status_of("/livez")) != 200:
            faults.append(f"/livez says {status}")
        peak = relay.cgroup.peak_mib()
        return faults, [self.name, "FAILED" if faults else "held", f"{worst['wait']:.2f} {worst['what']}", len(lost), f"{len(put_off)}/{len(answers)}",
                        f"{heap:.0f} {heap_after:.0f}", f"{resident:.0f} {resident_after:.0f}", peak if peak is not None else ""]


def memory_back(relay, heap, resident):
    """What is in use once it is near what was before, or after half a minute."""
    deadline = time.monotonic() + BACK_WITHIN
    while True:
        now = relay.heap_mib(), relay.resident_mib()
        if now[0] <= heap + HEAP_NEAR and now[1] <= resident + RESIDENT_NEAR or time.monotonic() > deadline or not relay.is_up():
            return now
        time.sleep(1)


def attacks(only):
    """A module has NAME and attack(relay, seconds), or ATTACKS, pairs of such; SHORT = False, or the set of names, leaves it out of the short form;
    environment(relay) the variables that the relay needs for it."""
    found = []
    for file in sorted(HERE.glob("*.py")):
        if file == Path(__file__).resolve():
            continue
        spec = importlib.util.spec_from_file_location(file.stem, file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        in_short = getattr(module, "SHORT", True)
        for name, function in getattr(module, "ATTACKS", None) or [(module.NAME, module.attack)]:
            found.append(Attack(name, function, name in in_short if isinstance(in_short, (set, frozenset)) else in_short,
                                getattr(module, "environment", lambda _relay: {})))
    names = [attack.name for attack in found]
    unknown = [name for name in only if name not in names]
    if unknown or not names or len(set(names)) < len(names):
        raise SystemExit(f"hostile: no attack {unknown}, or two of one name; there are {sorted(names)}")
    return [attack for attack in found if not only or attack.name in only]


def warm_up(relay):
    """Classes load and caches fill before anything is compared."""
    ordinary = Ordinary(relay.smtp[1], "warm-up")
    time.sleep(3)
    ordinary.end()
    relay.status_of("/metrics")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--short", action="store_true", help=f"{SHORT_SECONDS} s each, without the long ones")
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--log", action="store_true", help="print the relay's log at the end")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    seconds = options.seconds or (SHORT_SECONDS if options.short else SECONDS)

    chosen = [attack for attack in attacks(options.only) if attack.in_short or not options.short]
    dns, gateway, front_port = Dns(), Gateway(), free_port()
    front = subprocess.Popen([sys.executable, HERE / "frame/dnsfront.py", str(front_port), str(dns.port)], stdout=subprocess.PIPE)
    front.stdout.readline()
    relay = Relay(dns, front_port, gateway)
    print(f"memory limit: {relay.cgroup.why_not or f'{LIMIT >> 20} MiB'}; {relay.java}")
    print("| attack | result | worst wait, s | left | put off | heap MiB before, after | own MiB before, after | peak MiB |\n"
          "| --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    failed, is_warm = {}, False
    try:
        for attack in chosen:
            environment = attack.environment(relay) | getattr(attack.function, "ENVIRONMENT", {})
            if not relay.is_up() or relay.changed != environment or not is_warm:
                relay.restart(environment)
                warm_up(relay)
                is_warm = True
            faults, row = attack.play(relay, seconds)
            print("| " + " | ".join(str(cell) for cell in row) + " |", flush=True)
            if faults:
                failed[attack.name] = faults
                print(f"hostile: {attack.name}: the end of the relay's log:\n{relay.log_tail()}", file=sys.stderr)
                is_warm = False
        for name, faults in failed.items():
            for fault in faults:
                print(f"hostile: {name}: {fault}")
        if options.log:
            print(relay.log.read_text(errors="replace"))
    finally:
        relay.close()
        front.kill()
        front.wait()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
