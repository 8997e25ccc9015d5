/* Calls that work on other processes, all of them on the first. */
#include "attack.h"
#include <sys/ptrace.h>
int main(void) {
    char room[64] = {0};
    struct iovec here = {room, sizeof room}, there = {(void *)0x400000, sizeof room};
    struct rlimit none = {0, 0};
    struct sched_param plain = {0};
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    pid_t others[2] = {1, getppid()};
    for (int n = 0; n < 2; n++) {
        pid_t who = others[n];
        if (who <= 0) continue;
        door("attach", ptrace(PTRACE_ATTACH, who, 0, 0));
        door("seize", ptrace(PTRACE_SEIZE, who, 0, 0));
        door("read its memory", process_vm_readv(who, &here, 1, &there, 1, 0));
        door("write its memory", process_vm_writev(who, &here, 1, &there, 1, 0));
        door("its limits", prlimit(who, RLIMIT_CPU, &none, 0));
        door("its files", prlimit(who, RLIMIT_NOFILE, &none, 0));
        door("its priority", setpriority(PRIO_PROCESS, (id_t)who, 19));
        door("its scheduler", sched_setscheduler(who, SCHED_IDLE, &plain));
        door("its processors", sched_setaffinity(who, sizeof one, &one));
        door("its disk priority", syscall(SYS_ioprio_set, 1, who, 3 << 13));
        door("its pages", syscall(SYS_migrate_pages, who, 8, room, room));
        door("compare", syscall(SYS_kcmp, who, getpid(), 0, 0, 0));
        door("robust list", syscall(SYS_get_robust_list, who, room, room + 8));
        door("count", syscall(SYS_perf_event_open, room, who, -1, -1, 0));
        int fd = (int)syscall(SYS_pidfd_open, who, 0);
        if (fd < 0) continue;
        for (int other = 0; other < 32; other++) door("its descriptor", syscall(SYS_pidfd_getfd, fd, other, 0));
        door("join it", syscall(SYS_setns, fd, 0x7E020000 & ~0x10000000));
        door("advise it", syscall(SYS_process_madvise, fd, &there, 1, 21, 0));
        door("reap it", syscall(SYS_process_mrelease, fd, 0));
    }
    return done();
}
