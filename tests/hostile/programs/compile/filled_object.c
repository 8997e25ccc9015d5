/* Fills the disk with one directive. */
__asm__(".data\n.fill 700000000, 1, 7\n");
int main(void) { return 0; }
