/* Waits for somebody to type, twice. */
#include "/dev/stdin"
#include "/dev/fd/0"
int main(void) { return 0; }
