/* Leaves a word in as much memory as it gets, in pages of every kind. */
#include "attack.h"
int main(void) {
    char *area = malloc(48 << 20);
    for (size_t at = 0; at < 48 << 20; at += 64) memcpy(area + at, "TOSVNEEDLE", 10);
    int fd = memfd_create("x", 0), file = open("needle", O_CREAT | O_WRONLY, 0600);
    for (int n = 0; n < 6; n++)
        if (write(fd, area, 1 << 20) < 0 || write(file, area, 1 << 20) < 0) break;
    return done();
}
