/* Takes in files of the host. */
__asm__(".incbin \"@SECRET@\"\n.incbin \"/etc/shadow\"\n");
int main(void) { return 0; }
