# A build that ends well; what it started goes on writing into the program.
(
  trap '' HUP TERM INT
  for n in $(seq 2000); do
    echo 'echo OPEN the program was changed after the build' >/program/main.sh
    : >/program/left-behind
    sleep 0.01
  done
) >/dev/null 2>&1 &
sleep 0.2
echo 'echo tried' >/program/after.sh
exit 0
