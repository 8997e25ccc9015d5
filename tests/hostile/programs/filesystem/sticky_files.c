/* Files that do not want to be deleted: flags, leases, locks, attributes, maps, the running program. */
#include "attack.h"
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
int main(void) {
    static char value[4096];
    for (int n = 0; n < 40; n++) {
        char name[32];
        snprintf(name, sizeof name, "sticky-%d", n);
        int fd = open(name, O_CREAT | O_RDWR, 0600), flags = FS_IMMUTABLE_FL | FS_APPEND_FL;
        door("immutable", ioctl(fd, FS_IOC_SETFLAGS, &flags));
        fcntl(fd, F_SETLEASE, F_WRLCK), flock(fd, LOCK_EX), lockf(fd, F_LOCK, 0);
        for (int at = 0; at < 50; at++) {
            char key[32];
            snprintf(key, sizeof key, "user.%d", at);
            if (fsetxattr(fd, key, value, sizeof value, 0)) break;
        }
        if (ftruncate(fd, 4096)) return 1;
        memset(mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), 1, 4096);
    }
    return done();
}
