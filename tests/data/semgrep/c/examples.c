// Examples for the rules: never run. `finds:` and `spares:` as in the examples for Solidity.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void read_line(char *line) {
    gets(line); // finds: c-gets
    fgets(line, 100, stdin); // spares: c-gets
}

void copy(char *to, const char *from, size_t size) {
    strcpy(to, from); // finds: c-unbounded-copy
    snprintf(to, size, "%s", from); // spares: c-unbounded-copy, c-unbounded-print
    strcpy(to, "abc"); // spares: c-unbounded-copy
    sprintf(to, "<%s>", from); // finds: c-unbounded-print
    sprintf(to, "%d", 7); // spares: c-unbounded-print
}

void word(char *to) {
    scanf("%s", to); // finds: c-unbounded-scan
    scanf("%99s", to); // spares: c-unbounded-scan
}

void say(const char *text) {
    printf(text); // finds: c-format-from-value
    printf("%s", text); // spares: c-format-from-value
    printf("done\n"); // spares: c-format-from-value
}

void ping(char *command) {
    system(command); // finds: c-shell-command
    system("clear"); // spares: c-shell-command
    execv(command, NULL); // spares: c-shell-command
}

void use(int *numbers) {
    free(numbers); // finds: c-use-after-free
    numbers[0] = 1;
}

void use_well(int *numbers) {
    numbers[0] = 1;
    free(numbers); // spares: c-use-after-free
}

void clear(struct point *p) {
    memset(p, 0, sizeof(p)); // finds: c-size-of-pointer
    memset(p, 0, sizeof(*p)); // spares: c-size-of-pointer
}

void temporary(char *name) {
    mktemp(name); // finds: c-temporary-file-race
    mkstemp(name); // spares: c-temporary-file-race
}

FILE *open_checked(const char *path) {
    if (access(path, R_OK) == 0) { // finds: c-check-then-use
        return fopen(path, "r");
    }
    return NULL;
}

FILE *open_well(const char *path) {
    return fopen(path, "r"); // spares: c-check-then-use
}

int make_token(void) {
    return rand(); // finds: c-predictable-secret
}

int throw_dice(void) {
    return rand() % 6; // spares: c-predictable-secret
}

void fingerprint(const unsigned char *data, size_t size, unsigned char *out) {
    MD5(data, size, out); // finds: c-weak-hash
    SHA256(data, size, out); // spares: c-weak-hash
}
