"""DNS servers with malformed answers: cut, random and contradictory ones, alias loops, endless truncation, slow TCP."""
import random
import struct
import threading
import time

from frame import dns
from frame.rcpt import Rcpt

NAME = "dns-odd"
CLIENTS = 16


def alias(query):
    return dns.reply(query, [(5, b"\x01" + bytes([random.randrange(97, 123)]) + b"\xc0\x0c")])


def ring(query):
    return dns.reply(query, [(5, b"\xc0\x0c")])


def cut(query):
    whole = dns.mx(query, [f"mx{number}.odd.test" for number in range(9)])
    return whole[:random.randrange(2, len(whole))]


def noise(query):
    return query[:2] + random.randbytes(random.randrange(1, 1200))


def counts(query):
    return query[:2] + struct.pack(">HHHHH", 0x8180, 1, 65535, 65535, 65535) + query[12:dns.question_end(query)]


def strange_code(query):
    return dns.reply(query, rcode=random.randrange(16))


def pointers(query):
    """Compression pointers that point at themselves and at each other."""
    return dns.reply(query, [(dns.MX, struct.pack(">H", 1) + struct.pack(">H", 0xC000 | random.randrange(0, 60)))] * 20)


def truncated(query):
    return dns.reply(query, truncated=True)


KINDS = [alias, ring, cut, noise, counts, strange_code, pointers, truncated]


def answer(query, over_tcp):
    if "odd" not in dns.name_of(query):
        return dns.good(query, over_tcp)
    if over_tcp:
        time.sleep(random.random() * 3)
    return random.choice(KINDS)(query)


def attack(relay, seconds):
    relay.dns.answer = answer
    end, codes = time.monotonic() + seconds, []

    def ask(client_number):
        client, number = Rcpt(relay.smtp), 0
        while time.monotonic() < end:
            number += 1
            codes.append(client.ask(f"a@n{client_number}-{number}-{time.time_ns()}.odd{number}.test"))
        client.close()

    clients = [threading.Thread(target=ask, args=(number,), daemon=True) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(seconds + 60)
    return [] if codes else "no answer came"
