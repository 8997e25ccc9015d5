/* Lays a filter of its own over the cage's, and asks a question that nobody will answer. */
#include "attack.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
int main(void) {
    struct sock_filter lift[] = {{0x06, 0, 0, 0x7FFF0000}};
    struct sock_filter ask[] = {{0x20, 0, 0, 0}, {0x15, 0, 1, SYS_getppid}, {0x06, 0, 0, 0x7FC00000}, {0x06, 0, 0, 0x7FFF0000}};
    struct sock_fprog lifted = {1, lift}, asked = {4, ask};
    prctl(PR_SET_SECCOMP, 2, &lifted);
    door("unshare under its own filter", unshare(0x10000000));
    syscall(SYS_seccomp, 1, 8, &asked);
    done();
    fflush(stdout);
    getppid();
    pause();
    return 0;
}
