"""Messages within SIZE with too many header fields, addresses, parts, parameters or attendees, from four clients at once. Each is refused with 550
and the number, or accepted and processed, in mode auto, which reads every message."""
import collections
import contextlib
import threading
import time

from frame.clients import connect, read_reply, say

FROM = b"From: h@hostile.test\r\nSubject: crafted\r\n"
MIXED = FROM + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n"
BODY = b"\r\nx\r\n"
LARGEST = 2_900_000
CLIENTS = 4
AUTO = {"STRIP_ICS_MODE": "auto", "STRIP_ICS_RECIPIENTS": "r1@ordinary.test"}


def headers():
    yield FROM + b"a:b\r\n" * 580_000 + BODY
    yield FROM + b"a:b\r\n" * 4_900 + BODY
    yield FROM + b"X: a\r\n" + b" b\r\n" * 9_900 + BODY
    yield FROM + b"X: a\r\n" + b" b\r\n" * 500_000 + BODY
    yield b"From: h@hostile.test\r\n" * 120_000 + BODY
    yield FROM + b"".join(b"X-%d: %s\r\n" % (i, b"x" * 100) for i in range(4_500)) + BODY


def addresses():
    for number in (70_000, 4_900):
        yield FROM + b"To: r0@ordinary.test" + b",\r\n a@hostile.test" * number + b"\r\n" + BODY
        yield FROM + b"Cc: " + b",".join(b"g:a%d@hostile.test;" % i for i in range(number)) + b"\r\n" + BODY
    yield FROM + b"To: " + b"(" * 400_000 + b"\r\n" + BODY
    yield FROM + b"To: " + b"=?x-none?q?a,b?= " * 4_900 + b"<r0@ordinary.test>\r\n" + BODY


def structure():
    nested = b"".join((FROM if i == 0 else b"--b%d\r\n" % (i - 1)) + b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n" % i for i in range(99))
    for number in (990, 1_005, 60_000):
        yield MIXED + b"--b0\r\nContent-Type: text/plain; name=x\r\n\r\nx\r\n" * number
        yield MIXED + b"--b0\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: text/calendar\r\n\r\nx\r\n" * min(number, 40_000)
    yield nested + b"--\r\n" * 700_000
    yield nested + b"--b0--\r\n" * 300_000
    yield MIXED + b"--b0\r\n" + b"x" * 70 + b"\r\n" + (b"x" * 98 + b"\r\n") * 25_000
    yield MIXED + b"--b0\r\nContent-Type: text/plain; __proto__*0=x\r\n\r\nx\r\n--b0--\r\n"


def names():
    words = b"".join(b"=?x-%d?q?a?= " % i for i in range(4_000))
    yield MIXED + (b"--b0\r\nContent-Type: application/pdf; name=\"" + words + b"\"\r\n\r\nx\r\n") * 16
    yield MIXED + (b"--b0\r\nContent-Disposition: attachment" + b"".join(b"; filename*%d=a" % i for i in range(3_500)) + b"\r\n\r\nx\r\n") * 16
    yield MIXED + (b"--b0\r\nContent-Type: a/b" + b" name=a" * 9_000 + b"\r\n\r\nx\r\n") * 16


def calendars():
    for number in (160_000, 4_000):
        calendar = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n" + b"ATTENDEE:mailto:a@b.co\r\n" * number + b"END:VEVENT\r\nEND:VCALENDAR\r\n"
        part = b"--b0\r\nContent-Type: text/calendar\r\n\r\n" + calendar[:LARGEST // (1 if number > 100_000 else 4) - 1_000] + b"\r\n"
        yield MIXED + part * (1 if number > 100_000 else 4) + b"--b0--\r\n"


def sends(relay, client, mails, deadline, codes):
    """Sends one message after the other, each on its own connection, until the time is over. At least one client sends each of them."""
    played, share = 0, -(-len(mails) // CLIENTS)
    while played < share or time.monotonic() < deadline:
        mail = mails[(client * share + played) % len(mails)]
        played += 1
        try:
            with contextlib.closing(connect(relay, client)) as connection:
                connection.settimeout(60)
                ready = read_reply(connection) == "220" and say(connection, "EHLO hostile.test", "MAIL FROM:<h@hostile.test>", "RCPT TO:<r0@ordinary.test>",
                                                                "RCPT TO:<r1@ordinary.test>", "DATA") == "354"
                if ready:
                    connection.sendall(mail + b".\r\n")
                    codes[read_reply(connection)] += 1
                else:
                    codes["not ready"] += 1
        except OSError as silent:
            codes[type(silent).__name__] += 1


def play(relay, seconds, mails):
    mails = list(mails)
    oversize = [len(mail) for mail in mails if len(mail) > LARGEST + 100_000]
    if oversize:
        return f"mails of {oversize} bytes are beyond SIZE, and test nothing"
    codes = collections.Counter()
    deadline = time.monotonic() + seconds
    clients = [threading.Thread(target=sends, args=(relay, client, mails, deadline, codes)) for client in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(seconds + 300)
    odd = {code: number for code, number in codes.items() if code not in ("250", "421", "451", "452", "550", "554", "not ready")}
    return f"the answers were {dict(codes)}" if odd or not codes["550"] + codes["250"] else None


def attack_with(kind):
    def attack(relay, seconds):
        return play(relay, seconds, kind())
    attack.ENVIRONMENT = AUTO
    return attack


ATTACKS = [(f"crafted-{kind.__name__}", attack_with(kind)) for kind in (headers, addresses, structure, names, calendars)]
SHORT = {"crafted-structure"}
