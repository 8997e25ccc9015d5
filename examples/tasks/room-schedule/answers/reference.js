/** The most valuable set of talks that one room can hold, by value. */
function bestSchedule(talks) {
  const byEnd = [...talks].sort((a, b) => a.end - b.end);
  const best = [0];
  for (let i = 0; i < byEnd.length; i++) {
    let low = 0;
    let high = i;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (byEnd[middle - 1].end <= byEnd[i].start) low = middle;
      else high = middle - 1;
    }
    best.push(Math.max(best[i], best[low] + byEnd[i].value));
  }
  return best[byEnd.length];
}

module.exports = { bestSchedule };
