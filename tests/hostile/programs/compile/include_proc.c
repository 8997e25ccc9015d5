/* Has the compiler quote what it must not read, in its diagnostics. */
#include </proc/1/environ>
#include "/proc/self/environ"
#include "/proc/1/cmdline"
#include "@SECRET@"
int main(void) { return 0; }
