"""Random names below a domain that does not exist, and below one that does. The number of DNS queries must stay low."""
import itertools
import threading
import time

from frame import dns
from frame.rcpt import Rcpt

CLIENTS = 8
BURST, A_SECOND, OTHERS = 200, 20, 100


def flood(relay, seconds, zone, exists):
    asked = itertools.count()

    def answer(query, over_tcp):
        name = dns.name_of(query)
        if name == zone and exists:
            return dns.mx(query, ["mx." + zone])
        if name == zone or name.endswith("." + zone):
            next(asked)
            return dns.reply(query, rcode=dns.NO_SUCH_NAME)
        return dns.good(query, over_tcp)

    relay.dns.answer = answer
    end, names, codes = time.monotonic() + seconds, itertools.count(time.time_ns()), []

    def ask():
        client = Rcpt(relay.smtp)
        while time.monotonic() < end:
            codes.append(client.ask(f"a@n{next(names)}.{zone}"))
        client.close()

    clients = [threading.Thread(target=ask, daemon=True) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(seconds + 60)
    faults, questions = [], next(asked)
    if 250 in codes:
        faults.append("a name that does not exist was accepted")
    if questions > BURST + A_SECOND * (seconds + 5) + OTHERS:
        faults.append(f"{questions} questions to DNS for {len(codes)} recipients below {zone}")
    return faults


def below_nothing(relay, seconds):
    return flood(relay, seconds, f"fake{time.time_ns()}.test", False)


def below_a_domain(relay, seconds):
    return flood(relay, seconds, f"real{time.time_ns()}.test", True)


ATTACKS = [("dns-flood-below-nothing", below_nothing), ("dns-flood-below-a-domain", below_a_domain)]
