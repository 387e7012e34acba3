"""The gateway of an attack: an SMTP server that accepts and counts every message, unless the attack replaces its function."""
import socket
import socketserver
import threading


class Gateway:
    """`serve(connection)` serves a connection until it returns. An attack may replace it."""

    def __init__(self):
        self.received = 0
        self.counting = threading.Lock()
        self.serve = self.well
        self.server = Connections(("127.0.0.1", 0), Handler)
        self.server.gateway = self
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def recover(self):
        self.serve = self.well

    def well(self, connection: socket.socket):
        lines = connection.makefile("rb")
        connection.sendall(b"220 sink\r\n")
        for line in lines:
            command = line[:4].upper()
            if command == b"DATA":
                connection.sendall(b"354 go on\r\n")
                for data in lines:
                    if data == b".\r\n":
                        break
                with self.counting:
                    self.received += 1
                connection.sendall(b"250 ok\r\n")
            elif command == b"QUIT":
                connection.sendall(b"221 bye\r\n")
                return
            else:
                connection.sendall(b"250 ok\r\n")


class Connections(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request, client_address):
        pass  # the relay may close after its time limit


class Handler(socketserver.BaseRequestHandler):

    def handle(self):
        self.server.gateway.serve(self.request)
