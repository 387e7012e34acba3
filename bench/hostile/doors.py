"""The HTTP servers webadmin and METRICS_ADDR: bodies and headers of any length with and without a password, partial requests, floods of requests,
clients that do not read. During each attack an operator uses webadmin, and a probe requests /livez. Both must be answered."""
import base64
import json
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from frame.slow import Slow

HERE = Path(__file__).resolve().parent
MOST_WAIT = 2.0  # seconds


class Watch:
    """A process that requests a page again and again, from an address of its own."""

    def __init__(self, name, *arguments):
        """@param arguments: of frame/watch.py"""
        self.name = name
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen([sys.executable, HERE / "frame/watch.py", *arguments], stdout=subprocess.PIPE, text=True)

    def end(self):
        """@return the faults: a failed request, or too long a wait"""
        self.process.send_signal(signal.SIGTERM)
        try:
            found = json.loads(self.process.communicate(timeout=30)[0])
        except (subprocess.TimeoutExpired, ValueError) as failed:
            self.process.kill()
            return [f"{self.name}: no result of frame/watch.py: {failed!r}"]
        failures = found["failures"]
        faults = [f"{self.name}: {len(failures)} of {found['requests']} requests failed, first {failures[0]}"] if failures else []
        return faults + ([Slow(f"{self.name} waited {found['worst']:.1f} s")] if found["worst"] > MOST_WAIT else [])


def authorization(relay):
    return "Basic " + base64.b64encode(f"operator:{relay.webadmin_password}".encode()).decode()


def watched(attack):
    """@return the attack, with an operator and a probe during it"""
    def play(relay, seconds):
        watches = [Watch("the operator", "http://%s:%d/mailQueues" % relay.webadmin, authorization(relay)),
                   Watch("the probe", "http://%s:%d/livez" % relay.metrics)]
        sockets = []
        try:
            found = attack(relay, seconds, sockets) or []
        finally:
            faults = [fault for watch in watches for fault in watch.end()]
            for each in sockets:
                each.close()
        return faults + found
    return play


def connect(address, source="127.0.0.66"):
    return socket.create_connection(address, 5, source_address=(source, 0))


def send(connection, data):
    """Sends as much as the other side accepts; it may have closed the connection."""
    try:
        connection.sendall(data)
        return True
    except OSError:
        return False


def at_once(jobs, seconds, work):
    """Runs a number of threads that repeat the work until the time is over."""
    deadline = time.monotonic() + seconds

    def repeat(number):
        while time.monotonic() < deadline:
            try:
                work(number)
            except OSError:
                time.sleep(0.01)

    threads = [threading.Thread(target=repeat, args=(number,), daemon=True) for number in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 15)


PATHS = ["GET /healthcheck", "PATCH /mailQueues/outgoing/mails", "POST /nothing", "PUT /mailRepositories/x"]
BODY = b"x" * (1 << 20)


def bodies(relay, seconds, _sockets):
    """Sends 30 MB to any path, with a length and in chunks, with and without the password."""
    def work(number):
        line = PATHS[number % len(PATHS)]
        password = f"Authorization: {authorization(relay)}\r\n" if number % 3 == 0 else ""
        chunked = number % 2
        with connect(relay.webadmin) as connection:
            connection.settimeout(5)
            length = "Transfer-Encoding: chunked" if chunked else "Content-Length: 30000000"
            connection.sendall(f"{line} HTTP/1.1\r\nHost: localhost\r\n{password}{length}\r\n\r\n".encode())
            for _ in range(30):
                if not send(connection, b"100000\r\n" + BODY + b"\r\n" if chunked else BODY):
                    break
    at_once(12, seconds, work)


def halves(relay, seconds, sockets):
    """300 slow partial requests to each server: headers, bodies without the password, bodies with it."""
    password = f"Authorization: {authorization(relay)}\r\n"
    beginnings = ["GET /mailQueues HTTP/1.1\r\nHost: localh", "POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\nx",
                  f"PATCH /mailQueues/outgoing/mails HTTP/1.1\r\nHost: localhost\r\n{password}Content-Length: 9000\r\n\r\nx"]
    for address in (relay.webadmin, relay.metrics):
        for beginning in beginnings:
            for _ in range(300):
                try:
                    sockets.append(connect(address))
                    sockets[-1].sendall(beginning.encode())
                except OSError:
                    pass
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for each in sockets:
            send(each, b"y")
        time.sleep(0.5)


def heads(relay, seconds, _sockets):
    """A request line or a header without an end."""
    def work(number):
        with connect((relay.webadmin, relay.metrics)[number % 2]) as connection:
            connection.settimeout(5)
            connection.sendall((b"GET /", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", b"GET / HTTP/1.1\r\n")[number % 3])
            for _ in range(30):
                if not send(connection, (b"a: b\r\n" * 50_000 if number % 3 == 2 else BODY)):
                    break
    at_once(12, seconds, work)


def flood(address_of, request_of):
    """Sends a number of requests on a connection, and reads no response."""
    def attack(relay, seconds, sockets):
        request = request_of(relay)

        def work(_number):
            connection = connect(address_of(relay))
            sockets.append(connection)
            connection.settimeout(1)
            connection.sendall(request * 60)
            if len(sockets) > 2_000:
                sockets.pop(0).close()
        at_once(8, seconds, work)
    return attack


def get(path, with_password=False):
    def request(relay):
        password = f"Authorization: {authorization(relay)}\r\n" if with_password else ""
        return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{password}\r\n".encode()
    return request


def wrong_passwords(relay, seconds, _sockets):
    """Uses an address other than the operator's."""
    def work(number):
        with connect(relay.webadmin) as connection:
            connection.settimeout(5)
            connection.sendall(b"GET /mailQueues HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + b"g" * (number * 300) + b"\r\n\r\n")
            connection.recv(65536)
    at_once(8, seconds, work)


def lists(relay, seconds, _sockets):
    """Waiting messages of 100 recipients, which many clients list and search at once. Most of them do not read."""
    def later(connection):
        connection.sendall(b"451 4.3.2 later\r\n")
    relay.gateway.serve = later
    mails = 150
    with connect(relay.smtp) as smtp:
        replies = smtp.makefile("rb")
        replies.readline()

        def say(line):
            smtp.sendall(line.encode() + b"\r\n")
            while (reply := replies.readline())[3:4] == b"-":
                pass
            return reply
        say("EHLO x")
        for mail in range(mails):
            say("MAIL FROM:<newsletter@good.test>")
            recipients = [f"{'r' * 40}{mail}-{number}@good.test" for number in range(100)]
            smtp.sendall("".join(f"RCPT TO:<{recipient}>\r\n" for recipient in recipients).encode())
            for _ in recipients:
                replies.readline()
            say("DATA")
            say("From: newsletter@good.test\r\nTo: " + ",\r\n ".join(recipients) + "\r\n\r\nx\r\n.")
    searches = ["/mailQueues/outgoing/mails?limit=10000", "/relay/trace?sender=newsletter@good.test&limit=1000&since=1h",
                "/relay/search?q=newsletter@good.test", "/mx-cache?limit=10000"]
    codes = {}

    def work(number):
        if number % 2:
            request = urllib.request.Request("http://%s:%d%s" % (*relay.webadmin, searches[number // 2 % len(searches)]),
                                             headers={"Authorization": authorization(relay)})
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:
                    text = answer.read()
                    codes[answer.status] = codes.get(answer.status, 0) + 1
                    if answer.headers["Content-Type"].startswith("application/json"):
                        json.loads(text)
            except urllib.error.HTTPError as refused:
                codes[refused.code] = codes.get(refused.code, 0) + 1
        else:
            with connect(relay.webadmin) as connection:
                connection.sendall(get(searches[number // 2 % len(searches)], True)(relay))
                time.sleep(1)
    at_once(16, max(seconds, 5), work)
    delete = urllib.request.Request("http://%s:%d/mailQueues/outgoing/mails" % relay.webadmin, headers={"Authorization": authorization(relay)}, method="DELETE")
    urllib.request.urlopen(delete, timeout=20).read()
    return [f"answers {codes}: none was 200"] if 200 not in codes else [f"answers {codes}"] if set(codes) - {200, 503, 404} else []


ATTACKS = [("webadmin-bodies", watched(bodies)), ("http-halves", watched(halves)), ("http-heads", watched(heads)),
           ("metrics-flood", watched(flood(lambda relay: relay.metrics, get("/metrics")))),
           ("status-flood", watched(flood(lambda relay: relay.metrics, get("/")))),
           ("webadmin-flood", watched(flood(lambda relay: relay.webadmin, get("/healthcheck")))),
           ("webadmin-flood-password", watched(flood(lambda relay: relay.webadmin, get("/relay/configuration", True)))),
           ("webadmin-passwords", watched(wrong_passwords)), ("webadmin-lists", watched(lists))]
SHORT = {"webadmin-bodies", "metrics-flood"}
