/* What attacks share: a door that opens is printed, so that the table can forbid it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int tried;

/* A result of 0 or more is success, and success is what must not be. */
static inline void door(const char *name, long result) {
    tried++;
    if (result >= 0) printf("OPEN %s\n", name), fflush(stdout);
}

static inline int done(void) {
    printf("tried %d\n", tried);
    return 0;
}
