# A relay of short-lived runners: none of them computes for long, all of them together do.
while :; do
  bash -c 'for ((n = 0; n < 30000; n++)); do :; done'
done
