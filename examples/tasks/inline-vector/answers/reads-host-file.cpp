#include "/etc/shadow"
#include "/proc/self/environ"
int main() { return 0; }
