"""A memory limit for one process, by version 1 or 2 of the memory controller of Linux, if the machine allows it."""
import os
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


class Cgroup:
    """`why_not` has the reason if there is no limit, and is empty otherwise."""

    def __init__(self, limit):
        self.directory, self.why_not = None, ""
        second = (ROOT / "cgroup.controllers").exists()
        parent = ROOT if second else ROOT / "memory"
        directory = parent / f"relaypod-hostile-{os.getpid()}"
        try:
            directory.mkdir()
        except OSError as refused:
            self.why_not = f"no cgroup can be made: {refused}"
            return
        try:
            if second:
                (directory / "memory.max").write_text(str(limit))
                self.optional(directory / "memory.swap.max", "0")
            else:
                (directory / "memory.limit_in_bytes").write_text(str(limit))
                self.optional(directory / "memory.memsw.limit_in_bytes", str(limit))
            self.peak_file = directory / ("memory.peak" if second else "memory.max_usage_in_bytes")
            self.directory = directory
        except OSError as refused:
            directory.rmdir()
            self.why_not = f"the cgroup takes no limit of memory: {refused}"

    @staticmethod
    def optional(file, value):
        try:
            file.write_text(value)
        except OSError:
            pass  # there is no swap

    def enter(self):
        """Runs in the child process before it becomes the relay."""
        if self.directory:
            (self.directory / "cgroup.procs").write_text("0")

    def peak_mib(self):
        """The highest memory in use, with pages of files; None if unknown."""
        try:
            return int(self.peak_file.read_text()) >> 20 if self.directory else None
        except OSError:
            return None

    def close(self):
        if self.directory:
            try:
                self.directory.rmdir()
            except OSError:
                pass  # a process in it has not ended yet
