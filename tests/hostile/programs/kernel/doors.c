/* Calls that a program has no use for, each of which has been a way out or a way to harm. */
#include "attack.h"
#include <sys/timex.h>
int main(void) {
    char room[512] = {0};
    door("io_uring_setup", syscall(425, 4, room));
    door("io_uring_register", syscall(427, 0, 0, 0, 0));
    door("userfaultfd", syscall(SYS_userfaultfd, 1));
    door("bpf map", syscall(SYS_bpf, 0, (uint32_t[18]){1, 4, 4, 1}, 72));
    door("bpf program", syscall(SYS_bpf, 5, room, 120));
    door("perf_event_open", syscall(SYS_perf_event_open, (uint32_t[32]){1, 112}, 0, -1, -1, 0));
    door("add_key", syscall(SYS_add_key, "user", "x", "y", 1, -3));
    door("request_key", syscall(SYS_request_key, "user", "x", "y", -3));
    door("keyctl session", syscall(SYS_keyctl, 1, "x"));
    door("keyctl get", syscall(SYS_keyctl, 0, -3, 1));
    door("memfd_secret", syscall(447, 0));
    door("fsopen", syscall(430, "tmpfs", 0));
    door("open_tree", syscall(428, AT_FDCWD, "/", 1));
    door("move_mount", syscall(429, -1, "", AT_FDCWD, "/box", 4));
    door("fspick", syscall(433, AT_FDCWD, "/", 0));
    door("mount_setattr", syscall(442, AT_FDCWD, "/", 0x8000, room, 32));
    door("mount tmpfs", mount("none", "/box", "tmpfs", 0, ""));
    door("mount proc", mount("proc", "/box", "proc", 0, ""));
    door("mount overlay", mount("overlay", "/box", "overlay", 0, "lowerdir=/etc,upperdir=/box,workdir=/box"));
    door("bind", mount("/etc", "/box", "", MS_BIND | MS_REC, ""));
    door("remount", mount("", "/", "", MS_REMOUNT, ""));
    door("propagation", mount("", "/", "", MS_SHARED | MS_REC, ""));
    door("umount", umount2("/proc", MNT_DETACH));
    door("pivot_root", syscall(SYS_pivot_root, "/box", "/box"));
    door("chroot", chroot("/box"));
    door("swapon", syscall(SYS_swapon, "/box/x", 0));
    door("acct", syscall(SYS_acct, "/box/x"));
    door("quotactl", syscall(SYS_quotactl, 0x80000700, "/dev/vda", 0, room));
    door("reboot", syscall(SYS_reboot, 0xfee1dead, 672274793, 0, 0));
    door("init_module", syscall(SYS_init_module, room, 16, ""));
    door("finit_module", syscall(SYS_finit_module, 0, "", 0));
    door("delete_module", syscall(SYS_delete_module, "dummy", O_NONBLOCK));
    door("kexec_load", syscall(SYS_kexec_load, 0, 0, 0, 0));
    door("fanotify_init", syscall(SYS_fanotify_init, 0, 0));
    door("syslog", syscall(SYS_syslog, 3, room, 16));
    door("sethostname", sethostname("x", 1));
    door("setdomainname", setdomainname("x", 1));
    door("settimeofday", settimeofday(&(struct timeval){1, 0}, 0));
    door("clock_settime", clock_settime(CLOCK_REALTIME, &(struct timespec){1, 0}));
    door("adjtimex", adjtimex(&(struct timex){.modes = ADJ_TICK, .tick = 10000}));
    door("vhangup", vhangup());
#ifdef __x86_64__
    door("iopl", syscall(SYS_iopl, 3));
    door("ioperm", syscall(SYS_ioperm, 0x70, 1, 1));
#endif
    return done();
}
