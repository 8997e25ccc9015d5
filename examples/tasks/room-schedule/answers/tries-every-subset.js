function bestSchedule(talks, from = -Infinity) {
  let best = 0;
  talks.forEach((talk, i) => {
    if (talk.start >= from) {
      const rest = talks.filter((_, k) => k !== i);
      best = Math.max(best, talk.value + bestSchedule(rest, talk.end));
    }
  });
  return best;
}

module.exports = { bestSchedule };
