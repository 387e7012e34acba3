"""Hostile SMTP clients: many connections from few addresses, which send something and then wait."""
import contextlib
import selectors
import socket
import time


def address(number, of=4):
    """One of the clients' addresses. The limit for one address is a quarter of all connections."""
    return f"127.0.1.{1 + number % of}"


def connect(relay, number=0, of=4, receive_buffer=None):
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.bind((address(number, of), 0))
    connection.settimeout(10)
    connection.connect(relay.smtp)
    return connection


def read_reply(connection):
    """@return the code of the next reply; empty when the relay has closed"""
    received = b""
    while not received.endswith(b"\r\n") or received[received.rfind(b"\r\n", 0, -2) + 1:].lstrip(b"\n")[3:4] == b"-":
        more = connection.recv(4096)
        if not more:
            return ""
        received += more
    return received[:3].decode()


def say(connection, *lines):
    """Sends the commands one by one. @return the code of the last reply"""
    code = ""
    for line in lines:
        connection.sendall(line.encode() + b"\r\n")
        code = read_reply(connection)
    return code


def transaction(relay, number, of=4, recipients=1):
    """A connection after the 354 of its message, or None if the relay had no room for it."""
    try:
        connection = connect(relay, number, of)
        if read_reply(connection) == "220" and say(connection, "EHLO hostile.test", f"MAIL FROM:<h{number}@hostile.test>",
                                                   *[f"RCPT TO:<r{i}@ordinary.test>" for i in range(recipients)], "DATA") == "354":
            return connection
    except OSError:
        pass
    with contextlib.suppress(OSError, UnboundLocalError):
        connection.close()
    return None


def send_all(connections, data, deadline):
    """Sends the same bytes on all connections at once, as fast as the relay reads. @return the connections that accepted all bytes"""
    selector, left, done = selectors.DefaultSelector(), {}, []
    for connection in connections:
        connection.setblocking(False)
        selector.register(connection, selectors.EVENT_WRITE)
        left[connection] = memoryview(data)
    while left and time.monotonic() < deadline:
        for key, _ in selector.select(0.5):
            connection = key.fileobj
            try:
                left[connection] = left[connection][connection.send(left[connection][:65536]):]
            except BlockingIOError:
                continue
            except OSError:
                left[connection] = left[connection][:0]
            if not left[connection]:
                selector.unregister(connection)
                del left[connection]
                done.append(connection)
    selector.close()
    return done


def close_all(connections):
    for connection in connections:
        with contextlib.suppress(OSError):
            connection.close()
