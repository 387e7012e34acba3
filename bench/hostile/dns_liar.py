"""A DNS server that denies every name, also names that must exist. No recipient is refused permanently, not even for a second afterwards."""
import time

from frame import dns
from frame.rcpt import Rcpt

NAME = "dns-liar"


def attack(relay, seconds):
    relay.dns.answer = lambda query, over_tcp: dns.reply(query, rcode=dns.NO_SUCH_NAME)
    time.sleep(1.1)
    client, faults, number = Rcpt(relay.smtp), [], 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        number += 1
        for domain in ("gmail.com", f"fresh{number}-{time.time_ns()}.good.test"):
            if (code := client.ask(f"a@{domain}")) != 451:
                faults.append(f"{domain} was answered {code} while DNS lied")
        time.sleep(0.05)
    relay.dns.well()
    time.sleep(3)
    for domain in ("gmail.com", f"fresh{time.time_ns()}.good.test"):
        if (code := client.ask(f"a@{domain}")) != 250:
            faults.append(f"{domain} was answered {code} when DNS was well again")
    client.close()
    return faults[:5]
