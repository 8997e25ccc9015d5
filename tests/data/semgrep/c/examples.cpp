// The rules for C hold for C++ too.
#include <cstdio>
#include <cstdlib>
#include <string>

void ping(const std::string &host) {
    std::string command = "ping -c 1 " + host;
    system(command.c_str()); // finds: c-shell-command
    system("clear"); // spares: c-shell-command
}

void say(const char *text) {
    printf(text); // finds: c-format-from-value
    printf("%s", text); // spares: c-format-from-value
}
