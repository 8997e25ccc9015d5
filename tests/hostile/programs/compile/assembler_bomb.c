/* The assembler repeats for as long as one lets it. */
__asm__(".rept 1000000000\n.rept 1000000000\nnop\n.endr\n.endr\n");
int main(void) { return 0; }
