/* Takes in a file that root alone may read, wherever it is root's. */
__asm__(".incbin \"/etc/shadow\"");
int main(void) { return 0; }
