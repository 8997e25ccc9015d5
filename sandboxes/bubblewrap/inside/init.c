/* First process of a cage: waits for its job, starts it, reaps, and tells how the job ended.
 *
 * usage: init STATUS GO COLLECT FILTER UID COLLECTOR PYTHON
 *
 * STATUS, GO, COLLECT and FILTER are descriptors (COLLECT -1: nothing to collect; FILTER -1: no
 * system call filter). UID -1 keeps the user.
 * Orders on GO: four bytes of length (big-endian), then words that end with NUL:
 *     INODES BYTES NPROC CPU FSIZE DATA NOFILE JOB...
 * No orders: there is no job. Lines on STATUS: "S" ready; "E errno" the job could not be executed; "X wait-status user-us
 * system-us max-kb free-blocks blocks free-inodes inodes" the job is over and all else is dead.
 * init.py does the same where no C compiler was found; tests run both.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STATUS = 1, GO, COLLECT, FILTER, USER, COLLECTOR, PYTHON, WORDS };
enum { INODES, BYTES, NPROC, CPU, FSIZE, DATA, NOFILE, JOB };
enum { MAX_ORDERS = 8 << 20 };

static long number(char **argv, int at) { return strtol(argv[at], NULL, 10); }

static void fail(const char *what) {
    dprintf(2, "cage: %s: %s\n", what, strerror(errno));
    _exit(70);
}

static void limit(int what, long value) {
    struct rlimit both = {(rlim_t)value, (rlim_t)value};
    if (value >= 0 && setrlimit(what, &both)) fail("setrlimit");
}

static void empty_bounding_set(void) {
    for (int cap = 0; cap < 64; cap++) prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

static void drop_capabilities(unsigned keep) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{keep, keep, 0}, {0, 0, 0}};
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    empty_bounding_set();
    if (syscall(SYS_capset, &header, data)) fail("capset");
}

static void become(long user) {
    empty_bounding_set(); /* a change of user takes the right to do so */
    if (user >= 0 && (setgroups(0, NULL) || setresgid(user, user, user) || setresuid(user, user, user)))
        fail("setresuid");
    drop_capabilities(0);
}

/* Else the job may not open /dev/stdin: it is a pipe of the host's user. */
static void give_streams(long user) {
    struct stat at;
    for (int fd = 0; user >= 0 && fd < 3; fd++)
        if (fstat(fd, &at) == 0 && S_ISFIFO(at.st_mode) && fchown(fd, user, user)) fail("fchown");
}

static void prepare_folders(char **argv) {
    long user = number(argv, USER);
    if (user >= 0 && chown("/box", user, user)) fail("chown /box");
    if (user >= 0 && chown("/program", user, user) && errno != EROFS) fail("chown /program");
    mount(NULL, "/dev/shm", NULL, MS_REMOUNT | MS_NOSUID | MS_NODEV, "nr_inodes=1024");
}

static int read_all(int from, void *into, size_t size) {
    for (size_t at = 0; at < size;) {
        ssize_t got = read(from, (char *)into + at, size - at);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return 0;
        at += (size_t)got;
    }
    return 1;
}

/* Returns the words, ended by NULL; NULL when there is no job. */
static char **read_orders(int from) {
    unsigned char head[4];
    if (!read_all(from, head, sizeof head)) return NULL;
    size_t size = (size_t)head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3], count = 0;
    if (size == 0 || size > MAX_ORDERS) return NULL;
    char *text = malloc(size);
    if (!text || !read_all(from, text, size) || text[size - 1]) return NULL;
    for (size_t at = 0; at < size; at++) count += !text[at];
    char **words = calloc(count + 1, sizeof *words);
    if (!words || count <= JOB) return NULL;
    for (size_t at = 0, word = 0; word < count; at += strlen(text + at) + 1) words[word++] = text + at;
    return words;
}

static void confine_box(char **orders) {
    char options[96];
    snprintf(options, sizeof options, "nr_inodes=%s,size=%s", orders[INODES], orders[BYTES]);
    if (mount(NULL, "/box", NULL, MS_REMOUNT | MS_NOSUID | MS_NODEV, options)) fail("remount /box");
}

static void install_filter(int from) {
    static struct sock_filter code[1024];
    ssize_t size = pread(from, code, sizeof code, 0);
    struct sock_fprog program = {(unsigned short)(size / (ssize_t)sizeof code[0]), code};
    if (size <= 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
        fail("seccomp");
    close(from);
}

static void start_job(char **argv, char **orders, int report) {
    sigset_t none;
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* else /proc/self is not ours to write */
    int adjust = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (adjust >= 0) { /* so that the kernel picks the job, not its init */
        if (write(adjust, "1000", 4) != 4) errno = 0;
        close(adjust);
    }
    close(number(argv, STATUS));
    close(number(argv, GO));
    if (number(argv, COLLECT) >= 0) close(number(argv, COLLECT));
    give_streams(number(argv, USER));
    become(number(argv, USER));
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* a change of user took it */
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_MEMLOCK, 65536);
    limit(RLIMIT_CPU, number(orders, CPU));
    limit(RLIMIT_FSIZE, number(orders, FSIZE));
    limit(RLIMIT_DATA, number(orders, DATA));
    limit(RLIMIT_NOFILE, number(orders, NOFILE));
    limit(RLIMIT_NPROC, number(orders, NPROC));
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    umask(022);
    if (number(argv, FILTER) >= 0) install_filter(number(argv, FILTER));
    execvp(orders[JOB], orders + JOB);
    int reason = errno;
    if (write(report, &reason, sizeof reason) < 0) _exit(126);
    _exit(127);
}

static void collect(char **argv) {
    char go;
    become(number(argv, USER));
    if (read(number(argv, GO), &go, 1) != 1) _exit(0);
    dup2(number(argv, GO), 0);
    dup2(number(argv, COLLECT), 1);
    execl(argv[PYTHON], argv[PYTHON], "-I", "-S", "-B", argv[COLLECTOR], (char *)NULL);
    _exit(71);
}

int main(int argc, char **argv) {
    int report[2], reason = 0, state = 0;
    struct rusage used;
    struct statvfs box = {0};
    if (argc < WORDS) return 64;
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    umask(022);
    prepare_folders(argv);
    if (pipe2(report, O_CLOEXEC)) fail("pipe");
    dprintf(number(argv, STATUS), "S\n");
    char **orders = read_orders(number(argv, GO));
    if (!orders) return 0;
    confine_box(orders);
    pid_t job = fork();
    if (job < 0) fail("fork");
    if (job == 0) start_job(argv, orders, report[1]);
    close(report[1]);
    int nothing = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; fd++) dup2(nothing, fd);
    if (number(argv, USER) >= 0)
        drop_capabilities(1u << CAP_KILL | 1u << CAP_SETUID | 1u << CAP_SETGID);
    else
        drop_capabilities(0);
    if (read(report[0], &reason, sizeof reason) == sizeof reason)
        dprintf(number(argv, STATUS), "E %d\n", reason);
    for (pid_t gone = 0; gone != job;)
        if ((gone = waitpid(-1, &state, 0)) < 0 && errno != EINTR) return 72;
    statvfs("/box", &box);
    kill(-1, SIGKILL);
    for (int other; waitpid(-1, &other, 0) > 0 || errno == EINTR;) continue;
    getrusage(RUSAGE_CHILDREN, &used);
    dprintf(number(argv, STATUS), "X %d %lld %lld %ld %llu %llu %llu %llu\n", state,
            used.ru_utime.tv_sec * 1000000LL + used.ru_utime.tv_usec,
            used.ru_stime.tv_sec * 1000000LL + used.ru_stime.tv_usec, used.ru_maxrss,
            (unsigned long long)box.f_bfree, (unsigned long long)box.f_blocks,
            (unsigned long long)box.f_ffree, (unsigned long long)box.f_files);
    if (number(argv, COLLECT) >= 0) collect(argv);
    return 0;
}
