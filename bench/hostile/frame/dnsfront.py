"""The DNS server that the relay queries, in its own process, so that the ordinary client's names are answered at once while the attack's process
is busy. Names below ordinary.test have an MX. All other queries and their answers are forwarded to and from the attack's server.

    dnsfront.py PORT PORT-OF-THE-ATTACK
"""
import selectors
import socket
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from frame import dns  # noqa: E402


def ordinary(query):
    return dns.name_of(query).endswith("ordinary.test")


def answer(query):
    return dns.mx(query, ["mx.ordinary.test"]) if dns.type_of(query) == dns.MX else dns.reply(query)


def serve_udp(front, behind):
    waiting, number = {}, 0
    upstream = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    upstream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    selector = selectors.DefaultSelector()
    selector.register(front, selectors.EVENT_READ)
    selector.register(upstream, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            message, sender = key.fileobj.recvfrom(65535)
            if key.fileobj is upstream:
                client = waiting.pop(message[:2], None)
                if client:
                    front.sendto(client[1] + message[2:], client[0])
            elif len(message) < 17:
                continue
            elif ordinary(message):
                front.sendto(answer(message), sender)
            else:
                number = (number + 1) % 65536
                mine = number.to_bytes(2, "big")
                waiting[mine] = (sender, message[:2])
                upstream.sendto(mine + message[2:], behind)


def read(connection, count):
    got = b""
    while len(got) < count and (chunk := connection.recv(count - len(got))):
        got += chunk
    return got


def pump(source, target):
    try:
        while chunk := source.recv(65536):
            target.sendall(chunk)
    except OSError:
        pass
    finally:
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def serve_tcp(client, behind):
    """The first query decides which server the connection is for."""
    try:
        head = read(client, 2)
        query = read(client, int.from_bytes(head, "big"))
        if len(query) < 17:
            return
        if ordinary(query):
            found = answer(query)
            client.sendall(len(found).to_bytes(2, "big") + found)
            return
        with socket.create_connection(behind, 10) as upstream:
            upstream.settimeout(None)
            upstream.sendall(head + query)
            back = threading.Thread(target=pump, args=(upstream, client), daemon=True)
            back.start()
            pump(client, upstream)
            back.join()
    except OSError:
        pass
    finally:
        client.close()


def main():
    here, behind = ("127.0.0.1", int(sys.argv[1])), ("127.0.0.1", int(sys.argv[2]))
    front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    front.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    front.bind(here)
    listening = socket.create_server(here, backlog=256)
    threading.Thread(target=serve_udp, args=(front, behind), daemon=True).start()
    print("ready", flush=True)
    while True:
        client, _ = listening.accept()
        threading.Thread(target=serve_tcp, args=(client, behind), daemon=True).start()


if __name__ == "__main__":
    main()
