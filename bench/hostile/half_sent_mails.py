"""450 messages of 99 KB that do not end, and then all end at once."""
import time

from frame.clients import close_all, send_all, transaction
from frame.slow import Slow

LINE = b"x" * 76 + b"\r\n"


def begin(relay, count, size, seconds):
    deadline = time.monotonic() + seconds
    connections = []
    for number in range(count):
        if time.monotonic() > deadline:
            break
        connection = transaction(relay, number)
        if connection:
            connections.append(connection)
    body = b"From: h@hostile.test\r\nTo: r0@ordinary.test\r\nSubject: half\r\n\r\n" + LINE * (size // len(LINE))
    send_all(connections, body, time.monotonic() + seconds)
    return connections


def left_open(relay, seconds):
    connections = begin(relay, 450, 99_000, seconds)
    time.sleep(2)
    close_all(connections)
    return None if len(connections) > 100 else Slow(f"only {len(connections)} of 450 mails were begun")


def ended_at_once(relay, seconds):
    connections = begin(relay, 450, 99_000, seconds)
    send_all(connections, b".\r\n", time.monotonic() + seconds)
    time.sleep(min(5, seconds))
    close_all(connections)


ATTACKS = [("half-sent-mails", left_open), ("half-sent-mails-end", ended_at_once)]
SHORT = {"half-sent-mails-end"}
