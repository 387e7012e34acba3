#!/usr/bin/env python3
"""Attacks the relay as the image runs it, with the image's flags and an AOT cache in 192 MiB, during the work of an ordinary client.

After each attack, the process is the same. The ordinary client was never reset and had each reply within 2 s, at most half of them 4xx. Heap
and memory are near their values before, and /livez answers 200. The short form tolerates a busy machine: the same process, nothing reset, each
reply within 10 s. Prints a table. Exit code 1: an attack succeeded. Needs a built tree and a JDK 25. docs/design/performance.md has more.

    bench/hostile/hostile.py                 # every attack, 15 s each
    bench/hostile/hostile.py --short         # as in .ci/hostile
    bench/hostile/hostile.py --only metrics-flood --seconds 30 --log
"""
import argparse
import dataclasses
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
from frame.relay import Highest, Relay, free_port  # noqa: E402
from frame.slow import Slow  # noqa: E402

HEAP_NEAR, RESIDENT_NEAR = 6, 40  # MiB above the values before, for filled caches and compiled code
BACK_WITHIN = 30


@dataclasses.dataclass(frozen=True)
class Form:
    """Duration of an attack in seconds, the longest wait, and whether effects of a busy machine are failures."""

    seconds: int
    longest_wait: float
    is_strict: bool


LONG, SHORT = Form(15, 2.0, True), Form(3, 10.0, False)


class Ordinary:
    """The process of the ordinary client during an attack."""

    def __init__(self, port, name):
        self.process = subprocess.Popen([sys.executable, HERE / "frame/ordinary.py", str(port), name], stdout=subprocess.PIPE, text=True)

    def end(self):
        """@return all replies"""
        self.process.send_signal(signal.SIGTERM)
        try:
            output = self.process.communicate(timeout=120)[0]
        except subprocess.TimeoutExpired:
            self.process.kill()
            output = self.process.communicate()[0]
        return [json.loads(line) for line in output.splitlines()]


class Attack:
    """A named function of a module."""

    def __init__(self, name, function, in_short, environment):
        """@param environment: further variables of the relay for the attack"""
        self.name, self.function, self.in_short, self.environment = name, function, in_short, environment

    def play(self, relay, form, before):
        """@param before: heap and own memory. @return the success of the attack, a row of the table, heap and own memory after it"""
        # Other work on this machine also causes waits, which must not count.
        ordinary, highest = Ordinary(relay.smtp[1], self.name), Highest(relay)
        highest.start()
        faults = []
        try:
            found = self.function(relay, form.seconds)
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
        most = highest.end()
        worst = max(answers, key=lambda answer: answer["wait"], default={"what": "nothing", "wait": 0.0})
        lost = [answer for answer in answers if answer["code"] in ("reset", "silent")]
        deferred = [answer for answer in answers if answer["code"].startswith(("4", "5"))]
        client = [f"{worst['wait']:.2f} {worst['what']}", len(lost), f"{len(deferred)}/{len(answers)}"]
        if not relay.is_up():
            faults.append(f"the process has ended with {relay.process.returncode}")
            return faults, [self.name, "ended", *client, "", f"{before[1]:.0f} {most:.0f}", ""], None
        if relay.pid != pid:
            faults.append("the process is another")
        if lost:
            faults.append(f"the ordinary client was reset or got no reply {len(lost)} times, first {lost[0]}")
        if worst["wait"] > form.longest_wait:
            faults.append(f"the ordinary client waited {worst['wait']:.1f} s for {worst['what']}")
        if not answers:
            faults.append("the ordinary client had no answer")
        if len(deferred) * 2 > len(answers):
            faults.append(Slow(f"the ordinary client got {len(deferred)} 4xx replies of {len(answers)}"))
        after = memory_back(relay, *before) if form.is_strict else memory(relay)
        if not relay.is_up():
            faults.append(f"the process ended after the attack with {relay.process.returncode}")
        if after[0] > before[0] + HEAP_NEAR:
            faults.append(Slow(f"heap in use after a collection: {after[0]:.0f} MiB, {before[0]:.0f} before"))
        if after[1] > before[1] + RESIDENT_NEAR:
            faults.append(Slow(f"resident: {after[1]:.0f} MiB, {before[1]:.0f} before"))
        if (status := relay.status_of("/livez")) != 200:
            faults.append(f"/livez says {status}")
        peak = relay.cgroup.peak_mib()
        failed = any(form.is_strict or not isinstance(fault, Slow) for fault in faults)
        return faults, [self.name, "FAILED" if failed else "held", *client, f"{before[0]:.0f} {after[0]:.0f}",
                        f"{before[1]:.0f} {most:.0f} {after[1]:.0f}", peak if peak is not None else ""], after


def memory(relay):
    """Heap in use after a full collection, and own memory."""
    return relay.heap_mib(), relay.resident_mib()


def memory_back(relay, heap, resident):
    """Waits until the memory is near its value before, for half a minute at most, and returns it."""
    deadline = time.monotonic() + BACK_WITHIN
    while True:
        now = memory(relay)
        if now[0] <= heap + HEAP_NEAR and now[1] <= resident + RESIDENT_NEAR or time.monotonic() > deadline or not relay.is_up():
            return now
        time.sleep(1)


def attacks(only):
    """A module has NAME and attack(relay, seconds), or ATTACKS, pairs of a name and such a function. SHORT is the set of names of the short form.
    The attribute ENVIRONMENT of the function has further variables of the relay."""
    found = []
    for file in sorted(HERE.glob("*.py")):
        if file == Path(__file__).resolve():
            continue
        spec = importlib.util.spec_from_file_location(file.stem, file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        in_short = getattr(module, "SHORT", frozenset())
        for name, function in getattr(module, "ATTACKS", None) or [(module.NAME, module.attack)]:
            found.append(Attack(name, function, name in in_short, getattr(module, "environment", lambda _relay: {})))
    names = [attack.name for attack in found]
    unknown = [name for name in only if name not in names]
    if unknown or not names or len(set(names)) < len(names):
        raise SystemExit(f"hostile: no attack {unknown}, or two of one name; there are {sorted(names)}")
    return [attack for attack in found if not only or attack.name in only]


def warm_up(relay):
    """Loads classes and fills caches before the first comparison."""
    ordinary = Ordinary(relay.smtp[1], "warm-up")
    time.sleep(3)
    ordinary.end()
    relay.status_of("/metrics")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--short", action="store_true", help=f"one attack of each kind, {SHORT.seconds} s each")
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--cold", action="store_true", help="count the pages of jars and AOT cache in the relay's limit: nothing has read them before")
    parser.add_argument("--log", action="store_true", help="print the relay's log at the end")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    form = SHORT if options.short else LONG
    form = dataclasses.replace(form, seconds=options.seconds or form.seconds)

    begin = time.monotonic()
    chosen = [attack for attack in attacks(options.only) if attack.in_short or not options.short]
    if not chosen:
        raise SystemExit(f"hostile: the short form has none of {options.only}")
    dns, gateway, front_port = Dns(), Gateway(), free_port()
    front = subprocess.Popen([sys.executable, HERE / "frame/dnsfront.py", str(front_port), str(dns.port)], stdout=subprocess.PIPE)
    front.stdout.readline()
    relay = None
    failed = False
    try:
        relay = Relay(dns, front_port, gateway, options.cold)
        print(f"memory limit: {relay.cgroup.why_not or f'{relay.limit_mib} MiB'}; {relay.java}; "
              f"AOT cache: {relay.product.why_no_cache or f'made or found within {time.monotonic() - begin:.0f} s'}")
        print("| attack | result | worst wait, s | reset or silent | 4xx replies | heap MiB before, after | own MiB before, highest, after | peak MiB |\n"
              "| --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
        found = play_all(chosen, relay, form)
        for name, fault in found:
            is_failure = form.is_strict or not isinstance(fault, Slow)
            failed |= is_failure
            print(f"hostile: {name}: {'' if is_failure else 'no failure in the short form: '}{fault}")
        if options.log:
            print(relay.log.read_text(errors="replace"))
    finally:
        if relay:
            relay.close()
        front.kill()
        front.wait()
    print(f"hostile: {len(chosen)} attacks, {time.monotonic() - begin:.0f} s")
    return 1 if failed else 0


def play_all(chosen, relay, form):
    """Uses one relay for all attacks with the same environment. @return pairs of an attack's name and its success"""
    found, before = [], None
    environments = {attack: attack.environment(relay) | getattr(attack.function, "ENVIRONMENT", {}) for attack in chosen}
    for attack in sorted(chosen, key=lambda attack: sorted(environments[attack].items())):
        if not before or not relay.is_up() or relay.changed != environments[attack]:
            relay.restart(environments[attack])
            warm_up(relay)
            before = memory(relay)
        faults, row, after = attack.play(relay, form, memory(relay) if form.is_strict else before)
        print("| " + " | ".join(str(cell) for cell in row) + " |", flush=True)
        found += [(attack.name, fault) for fault in faults]
        if faults:
            print(f"hostile: {attack.name}: the end of the relay's log:\n{relay.log_tail()}", file=sys.stderr)
        # After a failure the next attack has a new relay.
        before = None if any(form.is_strict or not isinstance(fault, Slow) for fault in faults) else after
    return found


if __name__ == "__main__":
    sys.exit(main())
