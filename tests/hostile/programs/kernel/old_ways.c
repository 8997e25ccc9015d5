/* The same calls under the numbers of other machines: a filter that knows one set misses two. */
#include "attack.h"
#ifdef __x86_64__
static long old(long number, long a, long b, long c) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory", "r8", "r9", "r10", "r11");
    return result;
}
#endif
int main(void) {
#ifdef __x86_64__
    long x32 = 0x40000000;
    door("x32 getpid", syscall(x32 + 39));
    door("x32 unshare", syscall(x32 + 272, 0x10000000));
    door("x32 socket", syscall(x32 + 41, 16, 3, 0));
    door("x32 ptrace", syscall(x32 + 521, 0, 0, 0, 0));
    door("x32 io_uring", syscall(x32 + 425, 4, 0));
    door("i386 getpid", old(20, 0, 0, 0));
    door("i386 unshare", old(310, 0x10000000, 0, 0));
    door("i386 socket", old(359, 16, 3, 0));
    door("i386 socketcall", old(102, 1, 0, 0));
    door("i386 ptrace", old(26, 0, 0, 0));
    door("i386 userfaultfd", old(374, 1, 0, 0));
    door("i386 keyctl", old(288, 0, -3, 1));
    door("i386 mount", old(21, 0, 0, 0));
#endif
    return done();
}
