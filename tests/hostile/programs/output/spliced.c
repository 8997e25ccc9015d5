/* Gives pages to the pipe instead of writing. */
#include "attack.h"
int main(void) {
    static char block[1 << 16];
    struct iovec pages = {block, sizeof block};
    for (;;)
        if (vmsplice(1, &pages, 1, SPLICE_F_GIFT) < 0) return 1;
}
