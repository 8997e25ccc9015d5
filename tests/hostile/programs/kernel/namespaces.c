/* Every way to a new namespace and into an old one. */
#include "attack.h"
struct clone_args3 { uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup; };
static long make(long child) {
    if (child == 0) _exit(0);
    if (child > 0) waitpid((pid_t)child, 0, 0);
    return child;
}
int main(void) {
    uint64_t flags[] = {0x10000000, 0x20000, 0x20000000, 0x40000000, 0x8000000, 0x4000000, 0x2000000, 0x80};
    for (int n = 0; n < 8; n++) {
        struct clone_args3 want = {.flags = flags[n], .exit_signal = SIGCHLD};
        struct clone_args3 both = {.flags = flags[n] | 0x10000000, .exit_signal = SIGCHLD};
        door("unshare", unshare((int)flags[n]));
        door("unshare with a user", unshare((int)flags[n] | CLONE_NEWUSER));
        if (flags[n] > 0xff) door("clone", make(syscall(SYS_clone, flags[n] | SIGCHLD, 0, 0, 0, 0)));
        if (flags[n] > 0xff) door("clone with a user", make(syscall(SYS_clone, flags[n] | CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)));
        door("clone3", make(syscall(435, &want, sizeof want)));
        door("clone3 with a user", make(syscall(435, &both, sizeof both)));
    }
    struct clone_args3 into = {.flags = 0x200000000ULL, .exit_signal = SIGCHLD, .cgroup = (uint64_t)open("/sys/fs/cgroup", O_RDONLY)};
    door("clone3 into a group", make(syscall(435, &into, sizeof into)));
    const char *names[] = {"net", "pid", "mnt", "ipc", "uts", "user", "cgroup", "time", "pid_for_children"};
    for (int pid = 1; pid < 50; pid++)
        for (int n = 0; n < 9; n++) {
            char path[64];
            snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, names[n]);
            int fd = open(path, O_RDONLY);
            if (fd >= 0) door(path, setns(fd, 0));
        }
    return done();
}
