#!/usr/bin/env bash
# The three paths with the highest mean response time among successful requests.
set -euo pipefail

awk '$4 >= 200 && $4 < 300 { sum[$3] += $5; count[$3]++ }
     END { for (path in sum) printf "%d.0 %s\n", sum[path] / count[path], path }' |
  LC_ALL=C sort -k1,1nr -k2,2 |
  head -n 3
