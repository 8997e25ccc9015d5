#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

int main(void)
{
    struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
    for (int what = 0; what < 16; what++)
        setrlimit(what, &none);
    setuid(0);
    int code = system("id; cat /etc/shadow; mount -t tmpfs none /mnt; kill -9 -1");
    printf("%d\n", code);
    return 0;
}
