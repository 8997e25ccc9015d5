# A build that fails once, leaves a mark everywhere, and would succeed the second time.
for mark in /program/mark /box/mark /tmp/mark /dev/shm/mark "$HOME/.mark"; do
  if [ -e "$mark" ]; then exit 0; fi
done
for mark in /program/mark /box/mark /tmp/mark /dev/shm/mark "$HOME/.mark"; do : >"$mark"; done 2>/dev/null
exit 1
