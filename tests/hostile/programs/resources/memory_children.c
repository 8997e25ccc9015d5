/* Ten children, each far below the limit, all together far above. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(void) {
    for (int n = 0; n < 10; n++)
        if (fork() == 0) {
            memset(malloc(24 << 20), n + 1, 24 << 20);
            pause();
        }
    pause();
}
