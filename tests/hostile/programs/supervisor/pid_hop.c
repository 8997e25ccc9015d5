/* Never stays in one process for longer than it takes to make the next. */
#include <unistd.h>
int main(void) {
    for (int n = 0; n < 3; n++)
        if (fork() == 0) {
            setsid();
            for (;;)
                if (fork() > 0) _exit(0);
        }
    usleep(100000);
    return 0;
}
