"""300 connections ask for domains whose DNS does not answer, of one domain and of many. Meanwhile another address asks for new good domains, which
must be accepted."""
import itertools
import threading
import time

from frame import dns
from frame.rcpt import Rcpt

NAME = "dns-silent"
CONNECTIONS, GOOD_DOMAINS = 300, 200


def answer(query, over_tcp):
    return None if "silent" in dns.name_of(query) else dns.good(query, over_tcp)


def attack(relay, seconds):
    relay.dns.answer = answer
    over, names = threading.Event(), itertools.count()

    def ask():
        while not over.is_set():
            client = Rcpt(relay.smtp)
            try:
                while not over.is_set():
                    number = next(names)
                    client.ask(f"a@n{number}.silent.test" if number % 2 else f"a@silent{number}.test")
            except OSError:
                time.sleep(0.1)
            finally:
                client.close()

    clients = [threading.Thread(target=ask, daemon=True) for _ in range(CONNECTIONS)]
    for client in clients:
        client.start()
    time.sleep(min(2, seconds))
    good = Rcpt(relay.smtp, "127.0.0.3")
    try:
        codes = [good.ask(f"a@fresh{number}-{time.time_ns()}.good.test") for number in range(GOOD_DOMAINS)]
    finally:
        over.set()
        good.close()
    accepted = codes.count(250)
    for client in clients:
        client.join(30)
    return [] if accepted == GOOD_DOMAINS else f"{accepted} of {GOOD_DOMAINS} good domains of another address were accepted"
