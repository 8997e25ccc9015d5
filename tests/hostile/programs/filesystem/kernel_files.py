# Every file of /proc/sys, /sys and /proc that could be written, and some that would be the end.
import os

from attack import done, door


def write(path):
    """Put back what is there: it must be refused, and would do no harm if it were not."""
    fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        os.write(fd, os.read(fd, 4096))
    finally:
        os.close(fd)


def open_only(path):
    os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))


for path in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/sys/kernel/modprobe", "/proc/sys/vm/drop_caches",
             "/proc/sys/kernel/ns_last_pid", "/proc/sys/kernel/hostname", "/proc/kcore", "/proc/mtrr",
             "/proc/acpi/wakeup", "/proc/bus/pci/devices", "/sys/kernel/uevent_helper", "/sys/power/state"):
    door(path, write if path.endswith("ns_last_pid") else open_only, path)
for root in ("/proc/sys", "/sys", "/proc/irq", "/proc/fs", "/proc/bus"):
    for folder, folders, names in os.walk(root):
        for name in names:
            door(os.path.join(folder, name), write, os.path.join(folder, name))
        for name in folders:
            door(os.path.join(folder, name), os.mkdir, os.path.join(folder, name, "left-behind"))
done()
