"""The built product and its AOT cache. The cache is made as in docker/Dockerfile, from the classes that the relay loads for lab's scenarios. It is in
server/target, and made again for other jars, flags or another JDK."""
import contextlib
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent.parent.parent
TARGET = HOME / "server/target"
FLAGS = HOME / "docker/java.args"
MAIN = "io.relaypod.server.cli.Relaypod"
REHEARSAL_WITHIN, CHECK_WITHIN = 300, 60


def only(directory, pattern):
    found = sorted(directory.glob(pattern))
    if len(found) != 1:
        raise FileNotFoundError(f"one {directory}/{pattern} expected, there are {len(found)}; ./mvnw -q -B -DskipTests package makes it")
    return found[0]


class Product:
    """`command` starts it, with further options of Java. `why_no_cache` has the reason if there is no AOT cache, and is empty otherwise."""

    def __init__(self, java_home):
        self.java = java_home / "bin/java"
        try:
            server = only(TARGET, "relaypod-server-*.jar")
        except FileNotFoundError as unbuilt:
            raise SystemExit(f"hostile: {unbuilt}") from unbuilt
        self.jars = [server, *sorted((TARGET / "lib").glob("*.jar"))]
        self.why_no_cache, self.cache = "", []
        warn_of_newer_classes(server)
        file = TARGET / f"hostile-{self.fingerprint()}.aot"
        try:
            if not file.exists():
                self.make(file)
            # Without this option, Java ignores a cache that it cannot use.
            self.cache = ["-XX:AOTMode=on", f"-XX:AOTCache={file}"]
            checked = subprocess.run([*self.command(), "--version"], capture_output=True, text=True, timeout=CHECK_WITHIN, check=False)
            if checked.returncode:
                raise OSError(f"Java does not take {file}: {(checked.stderr or checked.stdout).strip()[-300:]}")
        except (OSError, subprocess.SubprocessError) as failed:
            self.cache, self.why_no_cache = [], str(failed)

    def command(self, *options):
        return [str(self.java), f"@{FLAGS}", *self.cache, *options, "-cp", ":".join(map(str, self.jars)), MAIN]

    def forget_pages(self):
        """Drops the pages of files, which count in the cgroup that reads them first: the relay's, as on a node that has read nothing of the image."""
        os.sync()
        files = [*self.jars, *(Path(option.partition("=")[2]) for option in self.cache if "AOTCache=" in option)]
        for file in files:
            with open(file, "rb") as opened:
                os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def fingerprint(self):
        """Java checks the same properties of a jar: path, size and time."""
        parts = [FLAGS.read_text(), str(self.java), (self.java.parent.parent / "release").read_text()]
        parts += [f"{jar} {jar.stat().st_size} {jar.stat().st_mtime_ns}" for jar in self.jars]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def make(self, file):
        for old in TARGET.glob("hostile-*.aot*"):
            old.unlink()
        lab, log, unfinished = HOME / "lab/target", TARGET / "hostile-aot.log", file.with_suffix(f".aot-{os.getpid()}")
        print(f"hostile: makes the AOT cache {file}", file=sys.stderr, flush=True)
        rehearse = [str(self.java), "-cp", f"{only(lab, 'relaypod-lab-*.jar')}:{lab}/lib/*", "io.relaypod.lab.cli.Launcher", "rehearse", "--"]
        with open(log, "wb") as output:
            with subprocess.Popen([*rehearse, *self.command(f"-XX:AOTCacheOutput={unfinished}"), "run"], stdout=output, stderr=output,
                                  env=os.environ | {"JAMES_CONF": str(HOME / "james-conf")}, start_new_session=True) as played:
                try:
                    code = played.wait(REHEARSAL_WITHIN)
                finally:
                    # The relay is a child of the rehearsal, and ends with it.
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(played.pid, signal.SIGKILL)
        if code or not unfinished.exists():
            raise OSError(f"lab's rehearsal ended with {code}, and has left {'a' if unfinished.exists() else 'no'} cache: {log}")
        unfinished.rename(file)


def warn_of_newer_classes(jar):
    built = [HOME / module / "target/classes" for module in ("core", "mailets", "server")]
    if any(file.stat().st_mtime > jar.stat().st_mtime for classes in built for file in classes.rglob("*.class")):
        print(f"hostile: classes are newer than the attacked {jar}; ./mvnw -q -B -DskipTests package builds it again", file=sys.stderr)
