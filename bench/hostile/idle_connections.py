"""As many connections as allowed, that send nothing, half a command, or half a TLS record. And connections that open and close as fast as possible."""
import time

from frame.clients import close_all, connect

COUNT = 1200


def silent(relay, seconds):
    connections = []
    for number in range(COUNT):
        try:
            connections.append(connect(relay, number))
        except OSError:
            pass
    for connection in connections[::2]:
        try:
            connection.sendall(b"EHLO hostile.test\r\n" + b"MAIL FROM:<" + b"x" * 1500)
        except OSError:
            pass
    time.sleep(seconds)
    close_all(connections)


def come_and_go(relay, seconds):
    deadline = time.monotonic() + seconds
    number, connections = 0, []
    while time.monotonic() < deadline:
        number += 1
        try:
            connections.append(connect(relay, number, of=100))
        except OSError:
            pass
        if len(connections) > 200:
            connections.pop(0).close()
    close_all(connections)


ATTACKS = [("idle-connections", silent), ("connections-come-and-go", come_and_go)]
