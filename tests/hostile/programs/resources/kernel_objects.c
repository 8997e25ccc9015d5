/* Event counters, watches, timers and queued signals, as many as the kernel gives. */
#include "attack.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
int main(void) {
    for (int n = 0; n < 8; n++)
        if (fork() == 0) break;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, 0);
    for (int n = 0; n < 200000; n++)
        if (sigqueue(getpid(), SIGRTMIN + n % 20, (union sigval){.sival_int = n})) break;
    struct sigevent none = {.sigev_notify = SIGEV_NONE};
    timer_t timer;
    for (int n = 0; n < 200000; n++)
        if (timer_create(CLOCK_MONOTONIC, &none, &timer)) break;
    int poll = epoll_create1(0), watch = inotify_init();
    for (int fd; (fd = eventfd(0, 0)) >= 0;) {
        struct epoll_event event = {EPOLLIN, {0}};
        epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
        inotify_add_watch(watch, "/box", IN_ALL_EVENTS);
    }
    return 0;
}
