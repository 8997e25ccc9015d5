/* An object of gigabytes, not zero, so that it must be written. */
char giant[4ULL << 30] = {1};
int main(void) { return giant[9]; }
