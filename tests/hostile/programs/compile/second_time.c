/* Compiles only where something is left of an earlier attempt. */
#if __has_include("/program/a.out") || __has_include("/box/main.o") || __has_include("/program/main.o") || __has_include("/tmp/left-behind")
int main(void) { return 0; }
#else
#error the first time
#endif
