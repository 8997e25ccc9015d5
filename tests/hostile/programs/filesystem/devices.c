/* Device files of every kind, made in every place. */
#include "attack.h"
#include <sys/sysmacros.h>
int main(void) {
    const char *places[] = {"/box/x", "/dev/shm/x", "/dev/x", "/program/x", "/run/x"};
    for (int n = 0; n < 5; n++)
        for (unsigned major = 1; major < 12; major++) {
            door("character device", mknod(places[n], S_IFCHR | 0666, makedev(major, 1)));
            door("block device", mknod(places[n], S_IFBLK | 0666, makedev(major, 0)));
        }
    const char *found[] = {"/dev/mem", "/dev/kmem", "/dev/port", "/dev/kmsg", "/dev/sda", "/dev/vda", "/dev/fuse", "/dev/kvm",
                           "/dev/net/tun", "/dev/loop-control", "/dev/vsock", "/dev/vhost-net", "/dev/cuse", "/dev/tty", "/dev/console",
                           "/dev/ptmx", "/dev/hugepages", "/dev/userfaultfd", "/dev/mapper/control", "/dev/rtc0", "/dev/uinput"};
    for (unsigned n = 0; n < sizeof found / sizeof *found; n++) {
        if (strcmp(found[n], "/dev/ptmx")) door(found[n], open(found[n], O_RDONLY | O_NONBLOCK));
        else close(open(found[n], O_RDWR | O_NOCTTY));
    }
    return done();
}
