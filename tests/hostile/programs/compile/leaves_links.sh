# A build that ends well and leaves links, devices, set-user-id files, pipes and closed folders.
cd /program
ln -s /etc/passwd passwd; ln -s / root; ln -s /proc/self/environ environ; ln -s loop loop
mkfifo pipe; mknod device c 1 3 2>/dev/null
cp /bin/bash shell; chmod 6755 shell
mkdir -p closed/inner; echo x >closed/inner/file; chmod 0 closed/inner/file; chmod 0700 closed
ln main.sh hard; echo kept >plain
exit 0
