"""The cage a stranger's file is opened in: no network, no programs, bounded memory, time and disk."""

import contextlib
import ctypes
import os
import platform
import resource
import signal
import struct
import sysconfig

from documents.children import NOBODY
from documents.inspection import bounds

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 1, 4, 38, 22
_CLONE_NEWUSER, _CLONE_NEWNET, _CLONE_THREAD = 0x10000000, 0x40000000, 0x00010000
_EPERM, _ENOSYS = 1, 38

# Landlock (Linux 5.13): the same numbers on every machine. Thirteen rights over files; two of them are reading.
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_ALL_FILE_RIGHTS, _READ_FILE, _READ_FOLDER = 0x1FFF, 0x0004, 0x000C
_LEFT = {
    ".": _ALL_FILE_RIGHTS,
    "/dev/urandom": _READ_FILE,
    # Code that is loaded late; there are no secrets among it.
    sysconfig.get_path("stdlib"): _READ_FOLDER,
    sysconfig.get_path("purelib"): _READ_FOLDER,
    # For pages that name a font and bring none.
    "/usr/share/fonts": _READ_FOLDER,
    "/usr/local/share/fonts": _READ_FOLDER,
}

# audit architecture, then the calls a decoder never needs, clone and clone3 last
_CALLS: dict[str, tuple[int, tuple[int, ...], int, int]] = {
    # socket connect bind listen accept sendto sendmsg socketpair accept4 sendmmsg
    # execve execveat fork vfork kill tkill ptrace process_vm_readv process_vm_writev pidfd_open
    # mount umount2 pivot_root chroot unshare setns bpf perf_event_open io_uring_setup keyctl add_key userfaultfd
    "x86_64": (
        0xC000003E,
        (
            *(41, 42, 49, 50, 43, 44, 46, 53, 288, 307),
            *(59, 322, 57, 58, 62, 200, 101, 310, 311, 434),
            *(165, 166, 155, 161, 272, 308, 321, 298, 425, 250, 248, 323),
        ),
        56,
        435,
    ),
    # The same, of which this one has no fork and no vfork.
    "aarch64": (
        0xC00000B7,
        (
            *(198, 203, 200, 201, 202, 206, 211, 199, 242, 269),
            *(221, 281, 129, 130, 117, 270, 271, 434),
            *(40, 39, 41, 51, 97, 268, 280, 241, 425, 219, 217, 282),
        ),
        220,
        435,
    ),
}


def die_with(parent: int) -> None:
    """Nobody outlives whoever asked: a killed worker leaves no child behind that eats the machine."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def close(memory: int = bounds.MEMORY_BYTES, cpu: int = bounds.CPU_SECONDS) -> list[str]:
    """Give up for good everything a decoder does not need; answers what this kernel would not take."""
    libc = ctypes.CDLL(None, use_errno=True)
    open_doors = []
    if not _leave_network(libc):
        open_doors.append("network")
    _drop_to_nobody()
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    _limit(memory, cpu)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if not _leave_files(libc):
        open_doors.append("files")
    if not _refuse_calls(libc):
        open_doors.append("calls")
    # The death signal is forgotten when the user changes.
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    return open_doors


def _leave_network(libc: ctypes.CDLL) -> bool:
    if libc.unshare(_CLONE_NEWNET) == 0:
        return True
    return libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0


def _leave_files(libc: ctypes.CDLL) -> bool:
    """From here on nothing can be opened but fonts, installed code and the folder it works in: no secret, no paper."""
    handled = ctypes.create_string_buffer(struct.pack("=Q", _ALL_FILE_RIGHTS), 8)
    rules = libc.syscall(_LANDLOCK_CREATE, handled, 8, 0)
    if rules < 0:
        return False
    for path, rights in _LEFT.items():
        with contextlib.suppress(OSError):
            beneath = os.open(path, os.O_PATH)
            rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, beneath), 12)
            libc.syscall(_LANDLOCK_ADD, rules, 1, rule, 0)
            os.close(beneath)
    is_closed = libc.syscall(_LANDLOCK_RESTRICT, rules, 0) == 0
    os.close(rules)
    return is_closed


def _drop_to_nobody() -> None:
    if os.geteuid() == 0:
        with contextlib.suppress(PermissionError):
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)


def _limit(memory: int, cpu: int) -> None:
    with open("/proc/self/statm") as statm:
        held = int(statm.read().split()[0]) * resource.getpagesize()
    _lower(resource.RLIMIT_AS, held + memory)
    _lower(resource.RLIMIT_CPU, cpu, cpu + 2)
    _lower(resource.RLIMIT_FSIZE, bounds.FILE_BYTES)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, 64)
    # Counted for the whole account, so it stops a fork bomb, not a first fork; the call filter does that.
    _lower(resource.RLIMIT_NPROC, _processes_of_mine() + bounds.THREADS)


def _lower(what: int, soft: int, hard: int | None = None) -> None:
    ceiling = resource.getrlimit(what)[1]
    hard = soft if hard is None else hard
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    resource.setrlimit(what, (soft, hard))


def _processes_of_mine() -> int:
    mine, threads = os.getuid(), 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if os.stat(f"/proc/{pid}").st_uid == mine:
                threads += len(os.listdir(f"/proc/{pid}/task"))
    return threads


def _refuse_calls(libc: ctypes.CDLL) -> bool:
    if (machine := _CALLS.get(platform.machine())) is None:
        return False
    architecture, calls, clone, clone3 = machine
    allow, refuse, unknown = (
        (0x06, 0, 0, 0x7FFF0000),
        (0x06, 0, 0, 0x00050000 | _EPERM),
        (0x06, 0, 0, 0x00050000 | _ENOSYS),
    )
    program = [
        (0x20, 0, 0, 4),
        (0x15, 1, 0, architecture),
        refuse,
        (0x20, 0, 0, 0),
        (0x35, 0, 1, 0x40000000),
        refuse,
    ]
    for number in calls:
        program += [(0x15, 0, 1, number), refuse]
    program += [(0x15, 0, 1, clone3), unknown]  # the C library then takes clone, whose flags can be read
    program += [(0x15, 0, 3, clone), (0x20, 0, 0, 16), (0x45, 1, 0, _CLONE_THREAD), refuse, allow]
    code = b"".join(struct.pack("=HBBI", *step) for step in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    head = struct.pack("@HP", len(program), ctypes.addressof(buffer))
    return libc.prctl(_PR_SET_SECCOMP, 2, ctypes.create_string_buffer(head, len(head)), 0, 0) == 0
