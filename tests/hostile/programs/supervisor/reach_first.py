# Everything that /proc shows of the first process and that is not for everybody.
import os

from attack import done, door, read

PRIVATE = ("mem", "maps", "smaps", "environ", "auxv", "stack", "syscall", "io", "pagemap", "numa_maps",
           "personality", "wchan_stack", "map_files", "fd", "fdinfo", "ns", "root", "cwd", "exe",
           "task/1/mem", "task/1/fd", "task/1/ns", "task/1/root", "mountstats", "patch_state")
WRITABLE = ("oom_score_adj", "oom_adj", "coredump_filter", "clear_refs", "comm", "loginuid", "uid_map",
            "gid_map", "setgroups", "timerslack_ns", "autogroup", "sched", "attr/current", "attr/exec",
            "make-it-fail", "timens_offsets", "projid_map", "task/1/comm")
for name in PRIVATE:
    path = f"/proc/1/{name}"
    door(f"read {name}", read, path)
    door(f"link {name}", lambda path=path: os.readlink(path))
for name in ("net", "pid", "mnt", "ipc", "uts", "user", "cgroup", "time"):
    door(f"namespace {name}", lambda name=name: os.close(os.open(f"/proc/1/ns/{name}", os.O_RDONLY)))


def write(name):
    fd = os.open(f"/proc/1/{name}", os.O_WRONLY)
    try:
        os.write(fd, b"0")
    finally:
        os.close(fd)


for name in WRITABLE:
    door(f"write {name}", write, name)
for number in range(64):
    for flags in (os.O_RDONLY, os.O_WRONLY):
        door(f"descriptor {number}", lambda n=number, f=flags: os.close(os.open(f"/proc/1/fd/{n}", f | os.O_NONBLOCK)))
door("its folder", os.chdir, "/proc/1/cwd")
door("its root", os.listdir, "/proc/1/root/")
done()
