/* The classic: every process makes two, for ever, and takes no for an answer. */
#include <unistd.h>
int main(void) {
    for (;;) fork();
}
