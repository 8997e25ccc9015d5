/* Grandchildren without parents, as fast as can be: whoever must bury them gets no rest. */
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
    for (int n = 0; n < 4; n++)
        if (fork() == 0)
            for (;;) {
                pid_t child = vfork();
                if (child == 0) {
                    if (vfork() == 0) _exit(0);
                    _exit(0);
                }
                if (child > 0) waitpid(child, 0, 0);
            }
    for (;;) pause();
}
