/* Looks for the word in memory that nobody has cleared, if there is such memory. */
#include "attack.h"
int main(void) {
    size_t size = 64 << 20;
    char *areas[2] = {malloc(size), mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)};
    for (int n = 0; n < 2; n++)
        if (memmem(areas[n], size, "TOSVNEEDLE", 10)) puts("OPEN the memory of another job");
    int file = open("sparse", O_CREAT | O_RDWR, 0600);
    if (ftruncate(file, 6 << 20) == 0) {
        char *hole = mmap(0, 6 << 20, PROT_READ, MAP_SHARED, file, 0);
        if (memmem(hole, 6 << 20, "TOSVNEEDLE", 10)) puts("OPEN the files of another job");
    }
    return done();
}
