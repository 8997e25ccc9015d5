/* Takes in the compiler's own environment and prints it. */
#include <unistd.h>
extern const char from[], to[];
__asm__("from: .incbin \"/proc/self/environ\"\n.globl to\nto: .byte 0\n");
int main(void) { return write(1, from, (size_t)(to - from)) < 0; }
