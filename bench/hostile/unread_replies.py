"""Clients that send megabytes of commands and read no reply, leave the reply to QUIT unread, or close their side. The relay must not buffer the rest."""
import selectors
import socket
import time

from frame.clients import close_all, connect
from frame.slow import Slow

NAME = "unread-replies"
SHORT = {NAME}


def attack(relay, seconds):
    deadline = time.monotonic() + seconds
    kinds = [b"EHLO hostile.test\r\n" * 4000, b"HELP\r\n" * 200 + b"QUIT\r\n", b"NOOP\r\n" * 20000, b"RSET\r\nMAIL FROM:<h@hostile.test>\r\n" * 4000]
    connections, sent = [], 0
    selector = selectors.DefaultSelector()
    for number in range(200):
        connection = connect(relay, number, receive_buffer=2048)
        connection.setblocking(False)
        connections.append(connection)
        selector.register(connection, selectors.EVENT_WRITE, kinds[number % len(kinds)])
    while time.monotonic() < deadline and selector.get_map():
        for key, _ in selector.select(0.5):
            try:
                sent += key.fileobj.send(key.data)
            except BlockingIOError:
                pass
            except OSError:
                selector.unregister(key.fileobj)
    for connection in connections[::2]:
        try:
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
    time.sleep(1)
    close_all(connections)
    # 4 MB from one client were enough to fail.
    return Slow(f"only {sent} bytes were read") if sent < 1_000_000 else None
