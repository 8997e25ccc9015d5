# Looks whether the program still changes.
one=$(cat /program/* 2>/dev/null | md5sum)
sleep 0.3
[ "$one" = "$(cat /program/* 2>/dev/null | md5sum)" ] || echo OPEN the program changes
echo tried
