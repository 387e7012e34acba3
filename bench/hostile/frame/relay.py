"""The relay under attack: the built product with the image's flags and an AOT cache, within the pod's memory limit."""
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from frame.cgroup import Cgroup
from frame.product import HOME, Product

POD_MIB = 192
# Without an AOT cache, classes are the relay's own memory in place of clean pages of a file.
CLASSES_MIB = 44
START_WITHIN = 60
PASSWORD = "correct horse battery staple"


def jdk25():
    """@return the home of a JDK 25: JAVA25, or an installed one"""
    for home in [os.environ["JAVA25"]] if "JAVA25" in os.environ else sorted(Path("/usr/lib/jvm").glob("*")):
        java = Path(home, "bin/java")
        if java.exists() and re.search(r'version "25\b', subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr):
            return Path(home)
    raise SystemExit("hostile: no JDK 25 found; set JAVA25 to the home of one")


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Relay:
    """
    The relay as an attack sees it: smtp, metrics and webadmin are pairs of host and port; data_dir, tmp_dir and log are paths; dns and gateway are its
    servers. Everything listens on 127.0.0.1. An attack may use any address of 127.0.0.0/8.
    """

    def __init__(self, dns, dns_port, gateway, is_cold=False):
        """@param is_cold: pages of its files are not in memory yet, so that they count in its limit"""
        self.java = jdk25()
        self.product = Product(self.java)
        self.limit_mib = POD_MIB + (CLASSES_MIB if self.product.why_no_cache else 0)
        self.cgroup = Cgroup(self.limit_mib << 20)
        if is_cold:
            self.product.forget_pages()
        self.dns, self.dns_port, self.gateway = dns, dns_port, gateway
        self.home = Path(tempfile.mkdtemp(prefix="relaypod-hostile-", dir=os.environ.get("BENCH_DIR", "/var/tmp")))
        self.data_dir, self.tmp_dir, self.log = self.home / "data", self.home / "tmp", self.home / "log"
        self.tmp_dir.mkdir()
        self.webadmin_password = PASSWORD
        password_file = self.home / "password"
        password_file.write_text(PASSWORD + "\n")
        self.smtp, self.metrics, self.webadmin = (("127.0.0.1", free_port()) for _ in range(3))
        self.environment = {
            "LISTEN_ADDR": "%s:%d" % self.smtp, "METRICS_ADDR": "%s:%d" % self.metrics, "WEBADMIN_ADDR": "%s:%d" % self.webadmin,
            "WEBADMIN_PASSWORD_FILE": str(password_file), "UPSTREAM_HOST": "127.0.0.1", "UPSTREAM_PORT": str(gateway.port),
            "DNS_SERVERS": f"127.0.0.1:{dns_port}", "DATA_DIR": str(self.data_dir), "JAMES_CONF": str(HOME / "james-conf"),
        }
        self.changed = {}
        self.process = None

    @property
    def pid(self):
        return self.process.pid

    def start(self, env=None):
        self.changed = dict(env or {})
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}

        def in_cgroup():
            self.cgroup.enter()
            hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

        command = [*self.product.command(f"-Djava.io.tmpdir={self.tmp_dir}"), "run"]
        with open(self.log, "ab") as log:
            # pylint: disable=subprocess-popen-preexec-fn
            self.process = subprocess.Popen(command, env=inherited | self.environment | self.changed, stdout=log, stderr=log, preexec_fn=in_cgroup)
        deadline = time.monotonic() + START_WITHIN
        while not self.greets():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"hostile: the relay does not greet; the end of its log:\n{self.log_tail()}")
            time.sleep(0.1)

    def greets(self):
        try:
            with socket.create_connection(self.smtp, 1) as connection:
                return connection.recv(3) == b"220"
        except OSError:
            return False

    def stop(self, within=60):
        if self.is_up():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(within)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self):
        """Ends the process as the kernel does if memory runs out."""
        self.process.kill()
        self.process.wait()

    def restart(self, env=None):
        """Ends the process and starts another on the same data with further variables, which the frame removes after the attack."""
        self.stop()
        self.start(env)

    def is_up(self):
        return self.process is not None and self.process.poll() is None

    def heap_mib(self):
        """Heap in use after a full collection."""
        self.jcmd("GC.run")
        return sum(int(used) for used in re.findall(r"(?:DefNew|Tenured|new generation|tenured generation).*?used (\d+)K", self.jcmd("GC.heap_info"))) / 1024

    def jcmd(self, command):
        asked = subprocess.run([self.java / "bin/jcmd", str(self.pid), command], capture_output=True, text=True, timeout=60, check=False)
        return asked.stdout

    def resident_mib(self):
        """Own memory, without pages of files, which the kernel can remove; 0 if the process has ended."""
        try:
            found = re.search(r"RssAnon:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text())
        except OSError:
            return 0
        return int(found.group(1)) / 1024 if found else 0

    def status_of(self, path):
        """@return the status of a GET at METRICS_ADDR, or the failure"""
        try:
            with urllib.request.urlopen("http://%s:%d%s" % (*self.metrics, path), timeout=5) as answer:
                return answer.status
        except OSError as wrong:
            return getattr(wrong, "code", str(wrong))

    def metric(self, name):
        """@return the sum of the samples of that name at METRICS_ADDR"""
        with urllib.request.urlopen("http://%s:%d/metrics" % self.metrics, timeout=5) as answer:
            text = answer.read().decode()
        return sum(float(value) for value in re.findall(rf"^{re.escape(name)}(?:{{.*}})? (\S+)$", text, re.M))

    def log_tail(self, lines=20):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def close(self):
        self.stop()
        self.cgroup.close()
        shutil.rmtree(self.home, ignore_errors=True)


class Highest(threading.Thread):
    """The relay's highest own memory, polled five times a second."""

    def __init__(self, relay):
        super().__init__(daemon=True)
        self.relay, self.resident_mib, self.ended = relay, 0.0, threading.Event()

    def run(self):
        while not self.ended.wait(0.2):
            self.resident_mib = max(self.resident_mib, self.relay.resident_mib())

    def end(self):
        self.ended.set()
        self.join(5)
        return self.resident_mib
