#!/usr/bin/env python3
"""Kills relaypod, Mailpit and smtp2graph at random under load, and compares every message that relaypod answered with 250 with those that
Graph accepted. relaypod follows smtp2graph's directory (SMTP2GRAPH_DATA), so that it sends again what a killed program lost.

Duplicates are part of at-least-once delivery: smtp2graph died between Graph's 202 and the deletion of the file, or relaypod before it
had recorded Mailpit's 250.

Needs a built tree and java; the lab's stand-ins replace Mailpit and smtp2graph, unless the real ones are given (smtp2graph needs node).
Everything listens on 127.0.0.1. Exit code 0: Graph accepted every message, or var/mail/failed has it.

    bench/crash/chain.py             # 5 kills, the short form
    bench/crash/chain.py --kills 25 --mailpit /usr/local/bin/mailpit --smtp2graph /opt/smtp2graph/server.js
"""
import argparse
import base64
import collections
import http.server
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from crash import CLIENTS, Client, james_conf_with_quick_retries
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "relay"))
from bench import Dns, HOME, Relaypod, wait_for_banner  # noqa: E402

MAILPIT_PORT, MAILPIT_UI_PORT, SMTP2GRAPH_PORT, GRAPH_PORT = 21041, 21042, 21043, 21044


class Graph(http.server.ThreadingHTTPServer):
    """Login and Graph, requested directly or as an HTTP proxy. Counts the acceptances of each message."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        self.accepted = collections.Counter()
        super().__init__(("127.0.0.1", GRAPH_PORT), GraphRequest)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # a killed smtp2graph resets its connections


class GraphRequest(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=None):
        content = json.dumps(body).encode() if body else b""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        content = b""
        while size := int(self.rfile.readline(), 16):
            content += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return content

    def do_GET(self):
        tenant = "https://login.microsoftonline.com/contoso"
        self.answer(200, {"tenant_discovery_endpoint": tenant + "/v2.0/.well-known/openid-configuration", "issuer": tenant + "/v2.0",
                          "token_endpoint": tenant + "/oauth2/v2.0/token", "authorization_endpoint": tenant + "/oauth2/v2.0/authorize",
                          "jwks_uri": tenant + "/keys", "metadata": []})

    def do_POST(self):
        content = self.body()
        if "token" in self.path:
            self.answer(200, {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": "lab-token"})
            return
        subject = re.search(rb"^Subject: (\S+)", base64.b64decode(content), re.MULTILINE)
        if not subject:
            self.answer(400, {"error": {"code": "ErrorMimeContentInvalidBase64String", "message": "no message"}})
            return
        self.server.accepted[subject.group(1).decode()] += 1
        self.answer(202)


class Program:
    """A program that can be killed and started again with the same files."""

    def __init__(self, name, port, command, environment=None, folder=None):
        self.name, self.port, self.command, self.folder = name, port, command, folder
        self.environment = dict(os.environ, **(environment or {}))
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command, env=self.environment, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_banner(self.port)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()


def lab(*arguments):
    return ["java", "-Xmx64m", "-XX:TieredStopAtLevel=1", "-cp", f"{HOME}/lab/target/classes:{HOME}/lab/target/lib/*",
            "io.relaypod.lab.cli.Launcher", "stand-in", *arguments]


def mailpit(options, folder):
    if not options.mailpit:
        return Program("mailpit", MAILPIT_PORT, lab("mailpit", "--port", str(MAILPIT_PORT), "--next-hop", f"127.0.0.1:{SMTP2GRAPH_PORT}"))
    return Program("mailpit", MAILPIT_PORT, [options.mailpit], {
        "MP_SMTP_BIND_ADDR": f"127.0.0.1:{MAILPIT_PORT}", "MP_UI_BIND_ADDR": f"127.0.0.1:{MAILPIT_UI_PORT}",
        "MP_DATABASE": f"{folder}/mailpit.db", "MP_DISABLE_VERSION_CHECK": "true", "MP_SMTP_DISABLE_RDNS": "true",
        "MP_SMTP_RELAY_HOST": "127.0.0.1", "MP_SMTP_RELAY_PORT": str(SMTP2GRAPH_PORT), "MP_SMTP_RELAY_ALL": "true",
        "MP_SMTP_RELAY_FWD_SMTP_ERRORS": "true"})


def smtp2graph(options, data):
    if not options.smtp2graph:
        return Program("smtp2graph", SMTP2GRAPH_PORT, lab(
            "smtp2graph", "--port", str(SMTP2GRAPH_PORT), "--graph", f"127.0.0.1:{GRAPH_PORT}", "--data", str(data)))
    (data / "config.yml").write_text(f"""
mode: full
send:
  appReg: {{tenant: contoso, id: 01234567-89ab-cdef-0123-456789abcdef, secret: bench}}
  retryLimit: 3
  retryInterval: 1
receive:
  port: {SMTP2GRAPH_PORT}
  listenAddress: 127.0.0.1
  rateLimit: {{duration: 1, limit: 1000000}}
httpProxy: {{host: 127.0.0.1, port: {GRAPH_PORT}}}
""")
    return Program("smtp2graph", SMTP2GRAPH_PORT, ["node", options.smtp2graph, f"--config={data}/config.yml"], folder=data)


class FollowingRelay(Relaypod):
    """A relay that can be killed like the other programs."""

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--mailpit", help="the real one, in place of the stand-in")
    parser.add_argument("--smtp2graph", help="server.js of the real one, in place of the stand-in")
    parser.add_argument("--pause", type=float, default=0.5, help="seconds between two messages of a client; smtp2graph 1.1.4 sends about 8 a second")
    parser.add_argument("--window", type=int, default=8, help="GRAPH_WINDOW")
    options = parser.parse_args()
    random.seed(options.seed)

    Dns().start()
    graph = Graph()
    folder = Path(tempfile.mkdtemp(prefix="relaypod-chain-", dir=os.environ.get("BENCH_DIR", "/var/tmp")))
    data = folder / "smtp2graph"
    data.mkdir()
    james_conf = james_conf_with_quick_retries()
    os.environ["SMTP2GRAPH_DATA"] = str(data)
    os.environ["GRAPH_WINDOW"] = str(options.window)
    relay = FollowingRelay(["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"], upstream=MAILPIT_PORT, james_conf=james_conf)
    programs = {"smtp2graph": smtp2graph(options, data), "mailpit": mailpit(options, folder), "relaypod": relay}
    stop = threading.Event()
    clients = [Client(number, stop, options.pause) for number in range(CLIENTS)]
    try:
        for program in programs.values():
            program.start()
        for client in clients:
            client.start()
        for kill in range(options.kills):
            time.sleep(random.uniform(0.5, 4))
            name = random.choice(list(programs))
            programs[name].kill()
            time.sleep(random.uniform(0, 1))
            programs[name].start()
            print(f"kill {kill + 1}, {name}: accepted {sum(len(client.accepted) for client in clients)}, at Graph {len(graph.accepted)}", flush=True)
        time.sleep(1)
        stop.set()
        for client in clients:
            client.join(30)
        accepted = {name for client in clients for name in client.accepted}
        deadline = time.monotonic() + 600
        while accepted - graph.accepted.keys() and time.monotonic() < deadline:
            time.sleep(0.5)
        failed = {found.group(1) for path in Path(relay.data, "var/mail/failed").glob("*")
                  if (found := re.search(r"^Subject: (\S+)", path.read_text(errors="replace"), re.MULTILINE))}
        lost = accepted - graph.accepted.keys() - failed
        twice = [name for name, count in graph.accepted.items() if count > 1]
        print(f"seed {options.seed}: kills {options.kills}, accepted {len(accepted)}, at Graph {len(graph.accepted)}, lost {len(lost)}, "
              f"failed {len(failed)}, accepted twice {len(twice)}, at Graph without a 250 {len(graph.accepted.keys() - accepted)}")
        if lost:
            print("lost:", *sorted(lost)[:20])
            print("log:", shutil.copy(Path(relay.data, "log"), "/var/tmp/relaypod-chain.log"))
            sys.exit(1)
    finally:
        for program in programs.values():
            program.close()
        shutil.rmtree(james_conf.parent)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
