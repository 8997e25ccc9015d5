# Files that would lend their owner's rights, if they could: copies, modes, links.
for mode in 4755 2755 6777 1777; do
  cp /bin/bash "shell-$mode"
  chmod "$mode" "shell-$mode"
  [ "$("./shell-$mode" -p -c 'echo $EUID' 2>/dev/null)" = "$EUID" ] || echo "OPEN another user through $mode"
done
echo tried
