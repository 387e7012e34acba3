"""Clients that begin TLS and stop: in the middle of a record, of the handshake, or of a session whose replies they do not read."""
import ssl
import subprocess
import time

from frame.clients import close_all, connect, read_reply, say

NAME = "tls-handshakes"
HALF_A_RECORD = b"\x16\x03\x01\x3f\x00\x01\x00\x3e\xfc\x03\x03" + b"x" * 15000


def environment(relay):
    certificate, key = relay.home / "tls.pem", relay.home / "tls.key"
    if not certificate.exists():
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "30",
                        "-subj", "/CN=relay.test"], check=True, capture_output=True)
    return {"SMTP_TLS_CERT_FILE": str(certificate), "SMTP_TLS_KEY_FILE": str(key)}


def attack(relay, seconds):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    deadline, connections, codes = time.monotonic() + seconds, [], []
    for number in range(400):
        if time.monotonic() > deadline:
            break
        try:
            connection = connect(relay, number)
            read_reply(connection)
            codes.append(say(connection, "EHLO hostile.test", "STARTTLS"))
            connections.append(connection)
            if codes[-1] == "220" and number % 4 == 0:
                connections[-1] = context.wrap_socket(connection)
                connections[-1].settimeout(0.2)
                connections[-1].sendall(b"EHLO hostile.test\r\n" * 2000)
            elif codes[-1] == "220" and number % 4 < 3:
                connection.sendall(HALF_A_RECORD)
        except OSError:
            pass
    time.sleep(max(0.0, deadline - time.monotonic()))
    close_all(connections)
    return None if codes.count("220") > 20 else f"the answers to STARTTLS were {codes}"
