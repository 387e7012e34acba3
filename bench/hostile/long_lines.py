"""200 clients that send a line of 1 MiB without an end: in a message, in its header, and as a command."""
import time

from frame.clients import close_all, connect, read_reply, send_all, transaction

MIB = 1 << 20


def in_mails(relay, seconds, before=b"From: h@hostile.test\r\n\r\n"):
    connections = [connection for connection in (transaction(relay, number) for number in range(200)) if connection]
    deadline = time.monotonic() + seconds
    send_all(connections, before + b"x" * (MIB - 100), deadline)
    time.sleep(1)
    send_all(connections[::2], b"\r\n.\r\n", time.monotonic() + seconds)
    time.sleep(1)
    close_all(connections)


def in_headers(relay, seconds):
    in_mails(relay, seconds, b"From: h@hostile.test\r\nSubject: ")


def as_commands(relay, seconds):
    connections = [connect(relay, number) for number in range(200)]
    for connection in connections:
        read_reply(connection)
    send_all(connections, b"NOOP " + b"x" * (MIB - 100), time.monotonic() + seconds)
    time.sleep(1)
    close_all(connections)


ATTACKS = [("long-lines", in_mails), ("long-header-lines", in_headers), ("long-commands", as_commands)]
