"""50 messages of 2.9 MB at once, from one address. Each is stored or deferred, and no other client waits."""
import collections
import time

from frame.clients import close_all, read_reply, send_all, transaction

NAME = "large-mails"
SHORT = {NAME}
SIZE = 2_900_000
LINE = b"QUJD" * 19 + b"\r\n"


def attack(relay, seconds):
    connections = [connection for connection in (transaction(relay, number, of=1) for number in range(50)) if connection]
    mail = b"From: h@hostile.test\r\nTo: r0@ordinary.test\r\nSubject: large\r\n\r\n" + LINE * (SIZE // len(LINE)) + b".\r\n"
    send_all(connections, mail, time.monotonic() + max(30, seconds))
    codes = collections.Counter()
    for connection in connections:
        connection.settimeout(30)
        try:
            codes[read_reply(connection)] += 1
        except OSError as silent:
            codes[type(silent).__name__] += 1
    close_all(connections)
    odd = {code: number for code, number in codes.items() if code not in ("250", "451", "452", "552")}
    return f"the answers were {dict(codes)}" if odd or not codes["250"] else None
