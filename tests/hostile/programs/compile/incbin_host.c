/* Takes in a file of the host that everybody there may read. */
__asm__(".incbin \"@SECRET@\"");
int main(void) { return 0; }
