/* Shared anonymous pages belong to no process: children fill one area and leave it mapped. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
int main(void) {
    for (;;) {
        char *area = mmap(0, 16 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (area != MAP_FAILED && fork() == 0) {
            memset(area, 1, 16 << 20);
            _exit(0);
        }
        usleep(1000);
    }
}
