"""The DNS server of an attack. A function makes its answers over UDP and TCP. RFC 1035 section 4."""
import socket
import socketserver
import struct
import threading

MX, A, AAAA = 15, 1, 28
NO_ERROR, SERVER_FAILURE, NO_SUCH_NAME = 0, 2, 3


def name_of(query):
    """@return the name that a query asks for, in small letters and without the last dot"""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
        at += 1 + query[at]
    return ".".join(labels).lower()


def type_of(query):
    end = question_end(query)
    return int.from_bytes(query[end - 4:end - 2], "big")


def question_end(query):
    at = 12
    while query[at]:
        at += 1 + query[at]
    return at + 5


def encoded(name):
    """A name in wire format, without compression."""
    return b"".join(bytes([len(label)]) + label.encode("latin-1") for label in name.split(".") if label) + b"\0"


def reply(query, records=(), rcode=NO_ERROR, truncated=False):
    """@param records: pairs of a type and the bytes of its data, for the name of the query, with a TTL of an hour"""
    flags = 0x8180 | rcode | (0x0200 if truncated else 0)
    head = query[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0)
    answers = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 3600, len(data)) + data for kind, data in records)
    return head + query[12:question_end(query)] + answers


def mx(query, exchanges, preference=10):
    """A reply with an MX record for each of the names."""
    return reply(query, [(MX, struct.pack(">H", preference) + encoded(exchange)) for exchange in exchanges])


def good(query, over_tcp):
    """good.test, the names below it and the DNS_CANARIES have an MX. No other name exists."""
    name = name_of(query)
    if name in ("gmail.com", "outlook.com"):
        return mx(query, ["mx." + name])
    if name == "good.test" or name.endswith(".good.test"):
        return mx(query, ["mx.good.test"]) if type_of(query) == MX else reply(query, [(A, b"\x7f\0\0\1")] if type_of(query) == A else [])
    return reply(query, rcode=NO_SUCH_NAME)


class Dns:
    """`answer(query, over_tcp)` returns the bytes of a reply, or None for no reply. An attack may replace it."""

    def __init__(self):
        self.answer = good
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.udp.bind(("127.0.0.1", 0))
        self.port = self.udp.getsockname()[1]
        self.tcp = OverTcp(("127.0.0.1", self.port), TcpQuestions)
        self.tcp.dns = self
        threading.Thread(target=self.serve_udp, daemon=True).start()
        threading.Thread(target=self.tcp.serve_forever, daemon=True).start()

    def well(self):
        self.answer = good

    def serve_udp(self):
        while True:
            query, client = self.udp.recvfrom(65535)
            try:
                answered = self.answer(query, False)
                if answered is not None:
                    self.udp.sendto(answered, client)
            except Exception as broken:  # an attack's function must not end the server
                print(f"hostile: the answer to a DNS question failed: {broken!r}", flush=True)


class OverTcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request, client_address):
        pass  # the relay may close after its time limit


class TcpQuestions(socketserver.StreamRequestHandler):

    def handle(self):
        while len(length := self.rfile.read(2)) == 2:
            query = self.rfile.read(int.from_bytes(length, "big"))
            answered = self.server.dns.answer(query, True)
            if answered is not None:
                self.wfile.write(len(answered).to_bytes(2, "big") + answered)
