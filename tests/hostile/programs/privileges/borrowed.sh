# Programs that lend rights, wherever they lie.
before="$(id -u):$(id -g)"
for name in su sudo mount umount passwd newgrp chsh chfn gpasswd pkexec ping fusermount fusermount3 newuidmap newgidmap; do
  path="$(command -v "$name")" || continue
  case "$name" in
    newgrp) "$path" </dev/null >/dev/null 2>&1 && echo "OPEN $name" ;;
    mount) "$path" -t tmpfs none /box </dev/null >/dev/null 2>&1 && echo "OPEN $name" ;;
    su | sudo | pkexec) got="$("$path" root -c 'id -u' </dev/null 2>/dev/null)"; [ "$got" = 0 ] && echo "OPEN $name" ;;
    *) : ;;
  esac
done
[ "$(id -u):$(id -g)" = "$before" ] || echo "OPEN another user"
grep -q 'NoNewPrivs:.*1' /proc/self/status || echo "OPEN new privileges"
grep -E 'Cap(Prm|Eff|Inh|Amb)' /proc/self/status | grep -qv '0000000000000000' && echo "OPEN capabilities"
echo tried
