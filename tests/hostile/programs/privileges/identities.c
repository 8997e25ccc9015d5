/* Becomes somebody else: root, the users of earlier jobs, members of groups, owners of rights. */
#include "attack.h"
#include <grp.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
int main(void) {
    uid_t me = getuid(), others[] = {0, 1, 1000, 65534, me - 1, me - 2, me + 1, 200001, 1000000001};
    for (unsigned n = 0; n < sizeof others / sizeof *others; n++) {
        if (others[n] == me) continue;
        door("setuid", setuid(others[n]));
        door("setresuid", setresuid(others[n], others[n], others[n]));
        door("seteuid", seteuid(others[n]));
        if (others[n] == getgid()) continue;
        door("setgid", setgid(others[n]));
        door("setresgid", setresgid(others[n], others[n], others[n]));
        door("setgroups", setgroups(1, &others[n]));
        setfsuid(others[n]);
        door("fsuid", setfsuid((uid_t)-1) == (int)others[n] ? 0 : -1);
        close(open("mine", O_CREAT | O_WRONLY, 0600));
        door("chown", chown("mine", others[n], (gid_t)-1));
    }
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct all[2] = {{~0U, ~0U, ~0U}, {~0U, ~0U, ~0U}}, none[2];
    door("capset", syscall(SYS_capset, &head, all));
    syscall(SYS_capget, &head, none);
    if (none[0].effective | none[0].permitted | none[0].inheritable | none[1].effective) puts("OPEN a capability");
    if (geteuid() == 0 || getegid() == 0) puts("OPEN root");
    gid_t groups[64];
    if (getgroups(64, groups) > 0)
        for (int n = 0; n < getgroups(64, groups); n++)
            if (groups[n] != getgid() && groups[n] != 65534) puts("OPEN a group");
    return done();
}
