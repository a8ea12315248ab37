"""The process that a submission runs in: it gives up rights, and then becomes a kernel.

Run as a file, before anything else is imported: the restrictions hold for all that follows.

    python -P fence.py '{"write": […], "read": […], "hide": […], "memory": bytes}' -f connection

Three layers. Limits of memory, of file sizes and of processor time, where the system has them
(not on Windows; macOS ignores the one on memory). Landlock, on Linux 5.13 or newer: files outside
the lists can't be opened by anything in this process or its children, and from Linux 6.7 on
nothing can be connected to. And, everywhere, a hook of Python's own, which says in a sentence
what is not allowed; by itself it stops mistakes and not an adversary.
"""

import contextlib
import ctypes
import json
import os
import sys
from pathlib import Path

# Rights of Landlock, by the number of their bit; linux/landlock.h.
LIST = 1 << 3  # what a folder has in it
READ = 1 << 0 | 1 << 2 | LIST  # execute, read a file
ALL_BY_VERSION = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
OF_FILES = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15
CONNECT = 1 << 1
ABSTRACT_SOCKETS, SIGNALS = 1, 2
CREATE, ADD, RESTRICT = 444, 445, 446
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod")
CHANGES += ("os.chown", "os.truncate", "os.utime", "shutil.rmtree")
STARTS = ("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "subprocess.Popen")


def limit(memory, seconds):
    """Limit the address space, the size of a file, and the time on the processor."""
    try:
        import resource
    except ImportError:
        return
    limits = {"RLIMIT_AS": memory, "RLIMIT_CPU": seconds, "RLIMIT_FSIZE": 2**28, "RLIMIT_CORE": 0}
    for name, most in limits.items():
        with contextlib.suppress(ValueError, OSError, AttributeError):
            resource.setrlimit(getattr(resource, name), (most, most))


def landlock_version():
    """Return the version of Landlock that this system has, 0 if none."""
    if sys.platform != "linux":
        return 0
    return max(0, ctypes.CDLL(None, use_errno=True).syscall(CREATE, None, 0, 1))


def landlock(write, read):
    """Close all files but these, for good.

    Args:
        write: folders and devices in which everything is allowed.
        read: files and folders that may be read and run.

    Returns:
        True if the system can do it.
    """
    version = landlock_version()
    if not version:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    everything = (1 << ALL_BY_VERSION[min(version, 5)]) - 1
    network = CONNECT if version >= 4 else 0
    scopes = ABSTRACT_SOCKETS | SIGNALS if version >= 6 else 0
    size = 8 if version < 4 else 16 if version < 6 else 24
    rules = (ctypes.c_uint64 * 3)(everything, network, scopes)
    ruleset = libc.syscall(CREATE, ctypes.byref(rules), size, 0)
    names = [Path(__file__).resolve().parents[2]]  # Python lists a folder before it imports
    for paths, rights in ((write, everything), (read, READ), (names, LIST)):
        for path in filter(os.path.exists, paths):
            allowed = rights if os.path.isdir(path) else rights & OF_FILES & everything
            place = os.open(path, os.O_PATH)
            rule = allowed.to_bytes(8, sys.byteorder) + place.to_bytes(4, sys.byteorder)
            libc.syscall(ADD, ruleset, 1, rule, 0)
            os.close(place)
    closed = not libc.prctl(38, 1, 0, 0, 0) and not libc.syscall(RESTRICT, ruleset, 0)
    os.close(ruleset)
    return closed


def hook(write, hide, children):
    """Refuse, with a sentence, what Python code does to files that are not its own.

    Args:
        write: folders and devices that may be written to.
        hide: files and folders that may not even be read.
        children: whether other programs may be started.
    """

    def inside(path, places):
        if not isinstance(path, (str, bytes, os.PathLike)):
            return True  # a number: a file that is open already
        path = os.path.realpath(os.fsdecode(path))
        return any(path == place or path.startswith(place + os.sep) for place in places)

    def refuse(event, given):
        if event == "open":
            path, _, flags = given
            if isinstance(path, int):
                return
            if isinstance(flags, int) and flags & WRITING and not inside(path, write):
                raise PermissionError(f"a submission may write only in its own folder, not {path}")
            if hide and inside(path, hide):
                raise PermissionError(f"a submission may not read {path}")
        elif event in CHANGES and not inside(given[0], write):
            raise PermissionError(f"a submission may change only its own folder, not {given[0]}")
        elif event == "socket.connect" or (event in STARTS and not children):
            raise PermissionError(f"a submission may not do this when it is graded: {event}")

    sys.addaudithook(refuse)


def main():
    """Close the fence, then start the kernel with the arguments that are left."""
    plan = json.loads(sys.argv.pop(1))
    limit(plan["memory"], plan["seconds"])
    closed = landlock(plan["write"], plan["read"])
    write, hide = ([os.path.realpath(path) for path in plan[key]] for key in ("write", "hide"))
    from ipykernel.kernelapp import launch_new_instance

    hook(write, hide, closed)
    launch_new_instance()


def readable():
    """Return what any Python program needs to read: Python, this package, the system's files.

    Of memo_edu.course only the part that runs inside the fence.
    """
    package = Path(__file__).resolve().parents[1]
    parts = [part for part in package.iterdir() if part.name != "course"]
    parts += [package / "course" / name for name in ("__init__.py", "wire.py", "inside.py")]
    python = [sys.prefix, sys.base_prefix, os.path.realpath(sys.executable), os.__file__]
    system = ["/usr", "/lib", "/lib64", "/bin", "/System", "/Library", "/dev/urandom"]
    system += [f"/etc/{name}" for name in ("fonts", "ld.so.cache", "localtime", "mime.types")]
    system += ["/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system"]
    return [str(part) for part in (*parts, *python, *system)]


if __name__ == "__main__":
    main()
