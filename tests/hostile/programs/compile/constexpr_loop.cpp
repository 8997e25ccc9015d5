// Has the compiler compute.
constexpr unsigned long long slow(unsigned depth, unsigned long long salt) { return depth ? slow(depth - 1, 2 * salt) + slow(depth - 1, 2 * salt + 1) : salt; }
static_assert(slow(26, 1) != 7, "");
int main() { return 0; }
