"""Answers over TCP with thousands of MX records whose names have 255 characters, for a new domain each time. And as many verdicts as possible on
domains with names of 250 characters."""
import struct
import threading
import time

from frame import dns
from frame.rcpt import Rcpt

LABEL = "x" * 61
LONG = f"{LABEL}.{LABEL}.{LABEL}"
CLIENTS = 8


def huge(query):
    """The host of each record is 'NNNN.' and a pointer to one long name."""
    question = query[12:dns.question_end(query)]
    head = query[:2] + struct.pack(">HHHHH", 0x8180, 1, 2900, 0, 0) + question
    first = b"\xc0\x0c" + struct.pack(">HHIH", dns.MX, 1, 3600, 2 + len(host := b"\x040000" + dns.encoded(LONG + ".huge.test"))) + struct.pack(">H", 1) + host
    long_name = 0xC000 | len(head) + 12 + 2 + 5
    rest = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", dns.MX, 1, 3600, 9) + struct.pack(">H", number) + b"\x04%04d" % number + struct.pack(">H", long_name)
                    for number in range(2, 2901))
    return head + first + rest


def answer(query, over_tcp):
    if not dns.name_of(query).endswith(".huge.test") or dns.type_of(query) != dns.MX:
        return dns.good(query, over_tcp)
    return huge(query) if over_tcp else dns.reply(query, truncated=True)


def long_names(query, over_tcp):
    name = dns.name_of(query)
    return dns.mx(query, [f"{LONG}.{name[-50:]}"[:250]] * 5) if name.endswith(".long.test") else dns.good(query, over_tcp)


def ask_for(relay, seconds, answer, domain):
    relay.dns.answer = answer
    end, codes = time.monotonic() + seconds, []

    def ask(client_number):
        client, number = Rcpt(relay.smtp, f"127.0.1.{client_number + 1}"), 0
        while time.monotonic() < end:
            number += 1
            codes.append(client.ask("a@" + domain(f"{client_number}-{number}")))
        client.close()

    clients = [threading.Thread(target=ask, args=(number,), daemon=True) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(seconds + 60)
    return [] if 250 in codes else f"of {len(codes)} domains with MX records none was accepted"


def huge_answers(relay, seconds):
    return ask_for(relay, seconds, answer, lambda number: f"n{number}.huge.test")


def long_verdicts(relay, seconds):
    return ask_for(relay, seconds, long_names, lambda number: f"n{number}.{LONG}.{'y' * 30}.long.test")


ATTACKS = [("dns-huge-answers", huge_answers), ("dns-long-names", long_verdicts)]
SHORT = {"dns-huge-answers"}
