"""The ordinary client during an attack, in its own process. Each second it sends a small message on a new connection, and asks for recipients of
two new domains on a connection that stays open. Prints each reply as a line of JSON: the command, the seconds until the reply, and its code;
`reset` if the connection ended without a 421, `silent` after half a minute. Ends at SIGTERM.

    ordinary.py SMTP-PORT PREFIX
"""
import json
import signal
import socket
import sys
import time

OWN_ADDRESS = "127.0.0.10"
PATIENCE = 30
stopped = False


class Lost(Exception):
    """The connection has ended; the reason was reported."""


def report(what, wait, code):
    print(json.dumps({"what": what, "wait": round(wait, 3), "code": code}), flush=True)


class Session:

    def __init__(self, port):
        begin = time.monotonic()
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE, source_address=(OWN_ADDRESS, 0))
        except OSError as refused:
            report("connect", time.monotonic() - begin, "silent" if isinstance(refused, TimeoutError) else "reset")
            raise Lost from refused
        self.replies = self.socket.makefile("rb")
        self.answer("banner", begin)
        self.ask("EHLO", "EHLO client.ordinary.test")

    def ask(self, what, line):
        begin = time.monotonic()
        try:
            self.socket.sendall(line.encode() + b"\r\n")
        except OSError:
            pass  # the reply has the reason
        return self.answer(what, begin)

    def answer(self, what, begin):
        try:
            while True:
                line = self.replies.readline()
                if not line:
                    raise ConnectionResetError
                if line[3:4] != b"-":
                    break
        except OSError as broken:
            report(what, time.monotonic() - begin, "silent" if isinstance(broken, TimeoutError) else "reset")
            raise Lost from broken
        code = line[:3].decode("latin-1")
        report(what, time.monotonic() - begin, code)
        if code == "421":
            raise Lost
        return code

    def close(self):
        self.socket.close()


def send(port, name):
    session = Session(port)
    try:
        if session.ask("MAIL", f"MAIL FROM:<{name}@ordinary.test>") != "250" or session.ask("RCPT", "RCPT TO:<guest@ordinary.test>") != "250" \
                or session.ask("DATA", "DATA") != "354":
            return
        session.ask("mail", f"From: {name}@ordinary.test\r\nTo: guest@ordinary.test\r\nSubject: {name}\r\n\r\nA small mail.\r\n.")
        session.ask("QUIT", "QUIT")
    finally:
        session.close()


def main():
    global stopped
    port, prefix = int(sys.argv[1]), sys.argv[2]

    def stop(*_):
        global stopped
        stopped = True

    signal.signal(signal.SIGTERM, stop)
    staying, number = None, 0
    while not stopped:
        begin = time.monotonic()
        number += 1
        try:
            send(port, f"{prefix}-{number}")
        except Lost:
            pass
        try:
            staying = staying or Session(port)
            staying.ask("MAIL", "MAIL FROM:<ordinary@ordinary.test>")
            for domain in range(2):
                staying.ask("RCPT", f"RCPT TO:<guest@{prefix}-{number}-{domain}.ordinary.test>")
            staying.ask("RSET", "RSET")
        except Lost:
            if staying:
                staying.close()
            staying = None
        if not stopped:
            time.sleep(max(0.0, begin + 1 - time.monotonic()))


if __name__ == "__main__":
    main()
