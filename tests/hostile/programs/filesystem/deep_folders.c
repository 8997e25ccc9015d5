/* Folders two thousand deep: no path reaches the last, and no recursion comes back from it. */
#include "attack.h"
int main(void) {
    for (int n = 0; n < 2000; n++) {
        if (mkdir("d", 0700) || chdir("d")) break;
        close(open("f", O_CREAT | O_WRONLY, 0));
        if (n % 100 == 99) chmod(".", 0);
        chmod(".", 0700);
    }
    chmod("..", 0100);
    return done();
}
