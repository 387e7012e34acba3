"""A client that only sends RCPT, from its own address in the loopback network."""
import socket

REFUSALS_A_CONNECTION = 15  # below MAX_BAD_RCPTS, so that the relay's delays are short


class Rcpt:

    def __init__(self, smtp, source="127.0.0.1", patience=30):
        self.smtp, self.source, self.patience = smtp, source, patience
        self.socket = None

    def open(self):
        self.socket = socket.create_connection(self.smtp, self.patience, source_address=(self.source, 0))
        self.replies = self.socket.makefile("rb")
        self.refused = 0
        self.reply()
        self.command("EHLO rcpt.test")
        self.command(f"MAIL FROM:<rcpt@{self.source.replace('.', '-')}.test>")

    def reply(self):
        while (line := self.replies.readline())[3:4] == b"-":
            pass
        if not line:
            raise ConnectionResetError("closed without a reply")
        return int(line[:3])

    def command(self, line):
        self.socket.sendall(line.encode() + b"\r\n")
        return self.reply()

    def ask(self, address):
        """@return the code of the reply to RCPT"""
        if self.socket is None or self.refused >= REFUSALS_A_CONNECTION:
            self.close()
            self.open()
        code = self.command(f"RCPT TO:<{address}>")
        self.refused += code >= 400
        return code

    def close(self):
        if self.socket:
            self.socket.close()
            self.socket = None
