"""A gateway that would block the relay's threads or fill its heap. At the end it works again, and messages must be delivered."""
import socket
import time

from frame.clients import connect, say

MAILS = 40
FLOWS_WITHIN = 60
LARGE = b"Subject: large\r\n\r\n" + (b"x" * 76 + b"\r\n") * 25_000 + b".\r\n"
SMALL = b"Subject: small\r\n\r\nx\r\n.\r\n"


def send(relay, number, text):
    connection = connect(relay, number)
    connection.recv(512)
    if say(connection, "EHLO hostile.test", "MAIL FROM:<a@example.com>", "RCPT TO:<b@example.com>", "DATA") == "354":
        connection.sendall(text)
        connection.recv(512)
    connection.close()


def play(relay, seconds, serve):
    """@return the success of the attack; empty if messages are delivered in time after it"""
    relay.gateway.serve = serve
    deadline = time.monotonic() + seconds
    for number in range(MAILS):
        try:
            send(relay, number, LARGE if number % 8 == 0 else SMALL)
        except OSError:
            pass
    time.sleep(max(0, deadline - time.monotonic()))
    relay.gateway.recover()
    before, deadline = relay.gateway.received, time.monotonic() + FLOWS_WITHIN
    while relay.gateway.received == before:
        if time.monotonic() > deadline:
            raise AssertionError(f"no mail within {FLOWS_WITHIN} s after the gateway was well")
        try:
            send(relay, 0, SMALL)
        except OSError:
            pass
        time.sleep(1)


def until_data(connection: socket.socket):
    lines = connection.makefile("rb")
    connection.sendall(b"220 bad\r\n")
    for line in lines:
        if line[:4].upper() == b"DATA":
            connection.sendall(b"354 go on\r\n")
            return
        connection.sendall(b"250 ok\r\n")


def stops_reading(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    until_data(connection)
    time.sleep(600)


def drips(connection):
    connection.sendall(b"220-")
    while True:
        connection.sendall(b"x")
        time.sleep(1)


def endless_line(connection):
    connection.sendall(b"220 bad\r\n")
    connection.recv(512)
    while True:
        connection.sendall(b"250-" + b"x" * 65_536)


def endless_lines(connection):
    connection.sendall(b"220 bad\r\n")
    connection.recv(512)
    while True:
        connection.sendall(b"250-MORE\r\n" * 1000)


def never_replies_to_a_mail(connection):
    until_data(connection)
    while connection.recv(65_536):
        pass


def hangs_up(connection):
    until_data(connection)
    connection.recv(65_536)


# The others wait for the gateway's time limits.
SHORT = {"gateway-endless-lines"}

ATTACKS = [
    ("gateway-stops-reading", lambda relay, seconds: play(relay, seconds, stops_reading)),
    ("gateway-drips", lambda relay, seconds: play(relay, seconds, drips)),
    ("gateway-endless-line", lambda relay, seconds: play(relay, seconds, endless_line)),
    ("gateway-endless-lines", lambda relay, seconds: play(relay, seconds, endless_lines)),
    ("gateway-never-replies", lambda relay, seconds: play(relay, seconds, never_replies_to_a_mail)),
    ("gateway-hangs-up", lambda relay, seconds: play(relay, seconds, hangs_up)),
]
