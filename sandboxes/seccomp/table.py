"""What a job may ask of the kernel: every system call by name, with the reason.

The one table behind the job's own filter (`sandboxes.seccomp`) and the profiles that the engine
gets (`sandboxes.docker.profiles`). A call is open, closed, or open for some arguments; a call that
is in no group here is closed with ENOSYS, as it would be on an older kernel.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

WHOLE: Final = 0xFFFFFFFF
CLONE_NEW: Final = 0x7E020000  # every CLONE_NEW* flag of clone(2)
SET_ID: Final = 0o6000  # S_ISUID | S_ISGID
FILE_TYPE: Final = 0o170000
PLAIN_FILES: Final = (0, 0o100000, 0o010000, 0o140000)  # regular twice, FIFO, socket


@dataclass(frozen=True, slots=True)
class Group:
    """Calls that are closed for one reason. All get the same error, and never a signal."""

    reason: str
    names: tuple[str, ...]
    error: int = errno.EPERM


@dataclass(frozen=True, slots=True)
class Rule:
    """A call that depends on the low 32 bits of one argument, all that the kernel reads of it.

    It is allowed if the masked argument is one of `values`, or with `refuse` if it is none.
    """

    name: str
    argument: int
    values: tuple[int, ...]
    reason: str
    mask: int = WHOLE
    refuse: bool = False
    error: int = errno.EPERM

    def allows(self, argument: int) -> bool:
        """Whether a call with this argument goes through."""
        return ((argument & self.mask) in self.values) is not self.refuse


def _group(reason: str, names: str, error: int = errno.EPERM) -> Group:
    return Group(reason, tuple(names.split()), error)


OPEN: Final = MappingProxyType(
    {
        "files": """
            read write open openat openat2 creat close close_range lseek pread64 pwrite64 readv
            writev preadv pwritev preadv2 pwritev2 sendfile splice tee vmsplice copy_file_range
            stat fstat lstat newfstatat statx statfs fstatfs access faccessat faccessat2
            readlink readlinkat getdents getdents64 getcwd chdir fchdir mkdir mkdirat rmdir
            link linkat symlink symlinkat unlink unlinkat rename renameat renameat2 truncate
            ftruncate fallocate fadvise64 readahead fsync fdatasync sync_file_range
            chown fchown lchown fchownat umask utime utimes futimesat utimensat dup dup2 dup3
            fcntl flock setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr
            llistxattr flistxattr removexattr lremovexattr fremovexattr inotify_init
            inotify_init1 inotify_add_watch inotify_rm_watch pipe pipe2""",
        "waiting": """
            poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait
            epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd signalfd4 timerfd_create
            timerfd_settime timerfd_gettime io_setup io_destroy io_submit io_cancel io_getevents
            io_pgetevents pause""",
        "memory": """
            mmap mprotect munmap brk mremap msync mincore madvise mlock mlock2 munlock mlockall
            munlockall memfd_create pkey_alloc pkey_free pkey_mprotect shmget shmat shmctl shmdt
            membarrier""",
        "processes": """
            fork vfork execve execveat exit exit_group wait4 waitid kill tkill tgkill getpid
            getppid gettid getpgid setpgid getpgrp getsid setsid getpriority setpriority
            getrlimit setrlimit prlimit64 getrusage times prctl arch_prctl set_tid_address
            set_robust_list get_robust_list rseq futex futex_waitv pidfd_open pidfd_send_signal
            sched_yield sched_setparam sched_getparam sched_setscheduler sched_getscheduler
            sched_get_priority_max sched_get_priority_min sched_rr_get_interval
            sched_setaffinity sched_getaffinity sched_setattr sched_getattr getcpu ioprio_set
            ioprio_get semget semop semtimedop semctl msgget msgsnd msgrcv msgctl mq_open
            mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr""",
        "signals": """
            rt_sigaction rt_sigprocmask rt_sigpending rt_sigtimedwait rt_sigqueueinfo
            rt_sigsuspend rt_sigreturn rt_tgsigqueueinfo sigaltstack restart_syscall""",
        "own rights (a job has none; the supervisor gives them up)": """
            getuid geteuid getgid getegid getresuid getresgid getgroups setuid setgid setreuid
            setregid setresuid setresgid setgroups setfsuid setfsgid capget capset seccomp
            landlock_create_ruleset landlock_add_rule landlock_restrict_self""",
        "time": """
            time gettimeofday clock_gettime clock_getres clock_nanosleep nanosleep alarm
            getitimer setitimer timer_create timer_settime timer_gettime timer_getoverrun
            timer_delete""",
        "sockets (which families: see RULES)": """
            connect accept accept4 bind listen getsockname getpeername sendto recvfrom sendmsg
            recvmsg sendmmsg recvmmsg shutdown setsockopt getsockopt""",
        "knowledge": "uname sysinfo getrandom",
    }
)

CLOSED: Final = (
    _group(
        "io_uring: makes sockets and files that no filter sees",
        "io_uring_setup io_uring_enter io_uring_register",
        errno.ENOSYS,  # libraries then use the calls that the filter sees
    ),
    _group("flags of clone3 lie in memory, where no filter can read", "clone3", errno.ENOSYS),
    _group("kernel keys are not in a namespace", "add_key request_key keyctl"),
    _group(
        "namespaces and mounts",
        """unshare setns mount umount2 pivot_root chroot open_tree move_mount fsopen fsconfig
        fsmount fspick mount_setattr sethostname setdomainname""",
    ),
    _group(
        "tracing and other processes' memory",
        """ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd process_madvise
        process_mrelease""",
    ),
    _group("programs in the kernel, and its counters", "bpf perf_event_open"),
    _group("stops the kernel half-way, a tool of exploits", "userfaultfd"),
    _group("memory that even the kernel cannot look into", "memfd_secret", errno.ENOSYS),
    _group(
        "kernel modules and other kernels",
        "init_module finit_module delete_module kexec_load kexec_file_load reboot",
    ),
    _group("clocks of the host", "settimeofday clock_settime adjtimex clock_adjtime"),
    _group("raw ports and descriptor tables of the processor", "iopl ioperm modify_ldt"),
    _group(
        "disks of the host: quota, swap, accounting, flushing of everything",
        "quotactl quotactl_fd swapon swapoff acct sync syncfs",
    ),
    _group("files by handle, past every path", "name_to_handle_at open_by_handle_at"),
    _group("watches over whole file systems", "fanotify_init fanotify_mark"),
    _group(
        "page moving between nodes of memory",
        """mbind set_mempolicy get_mempolicy migrate_pages move_pages
        set_mempolicy_home_node""",
    ),
    _group("the kernel's log, and terminals of others", "syslog vhangup lookup_dcookie"),
    _group(
        "obsolete: no program of today needs them, few people read their code",
        """uselib ustat sysfs _sysctl create_module get_kernel_syms query_module nfsservctl
        getpmsg putpmsg afs_syscall tuxcall security vserver epoll_ctl_old epoll_wait_old
        remap_file_pages set_thread_area get_thread_area""",
        errno.ENOSYS,
    ),
    _group(
        "younger than what engines allow by themselves; C libraries fall back",
        """cachestat fchmodat2 map_shadow_stack futex_wake futex_wait futex_requeue statmount
        listmount lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal setxattrat
        getxattrat listxattrat removexattrat open_tree_attr file_getattr file_setattr""",
        errno.ENOSYS,
    ),
)

_NO_SET_ID = "nobody gets rights by running a job's file"
_NO_TYPING = "no input into somebody's terminal, no driver loaded by a line discipline"
RULES: Final = (
    Rule(
        "socket", 0, (1, 2, 10), "local, and the loopback of an empty network",
        error=errno.EAFNOSUPPORT,
    ),
    Rule("socketpair", 0, (1,), "as socket", error=errno.EAFNOSUPPORT),
    Rule("clone", 0, (0,), "no new namespaces", mask=CLONE_NEW),
    Rule("personality", 0, (0, WHOLE), "plain Linux, or the question which one it is"),
    Rule("ioctl", 1, (0x5412, 0x541C, 0x5423), _NO_TYPING, refuse=True),  # TIOCSTI, LINUX, SETD
    Rule("mknod", 1, PLAIN_FILES, "no devices", mask=FILE_TYPE | SET_ID),
    Rule("mknodat", 2, PLAIN_FILES, "no devices", mask=FILE_TYPE | SET_ID),
    Rule("chmod", 1, (0,), _NO_SET_ID, mask=SET_ID),
    Rule("fchmod", 1, (0,), _NO_SET_ID, mask=SET_ID),
    Rule("fchmodat", 2, (0,), _NO_SET_ID, mask=SET_ID),
)  # fmt: skip

OPEN_NAMES: Final = frozenset(name for names in OPEN.values() for name in names.split())
ERRORS: Final = MappingProxyType({name: group.error for group in CLOSED for name in group.names})
"""Name of each closed call and the error that it gets."""

FOR_CAGES: Final = frozenset({"unshare", "setns", "clone", "mount", "umount2", "pivot_root"})
"""What the first process of an outer container needs besides, to make cages inside of it."""
