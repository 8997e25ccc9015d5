# What the kernel may tell of the host: its memory, addresses, log, keys, serial numbers, key strokes.
import os

from attack import done, door, read

for path in ("/proc/kcore", "/proc/kmsg", "/dev/kmsg", "/dev/mem", "/proc/keys", "/proc/key-users_", "/proc/sched_debug", "/proc/kpagecount",
             "/proc/kpageflags", "/proc/slabinfo", "/proc/vmallocinfo", "/proc/pagetypeinfo", "/proc/iomem_", "/sys/kernel/debug",
             "/sys/kernel/tracing/trace", "/sys/kernel/security", "/sys/class/dmi/id/product_uuid", "/sys/class/dmi/id/board_serial",
             "/sys/firmware/acpi/tables/DSDT", "/sys/firmware/dmi/tables/DMI", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
             "/proc/asound", "/proc/scsi", "/sys/kernel/notes_", "/dev/input", "/sys/fs/bpf", "/sys/fs/pstore"):
    door(path, read, path)
try:
    with open("/proc/kallsyms") as file:
        if any(not line.startswith("0000000000000000") for line in file):
            print("OPEN addresses of the kernel")
except OSError:
    pass
done()
