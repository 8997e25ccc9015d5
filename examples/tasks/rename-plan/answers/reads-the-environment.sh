env
ps aux 2>/dev/null
cat /proc/*/environ 2>/dev/null | tr '\0' '\n'
