function bestSchedule(talks) {
  let free = -Infinity;
  let value = 0;
  for (const talk of [...talks].sort((a, b) => a.end - b.end)) {
    if (talk.start >= free) {
      value += talk.value;
      free = talk.end;
    }
  }
  return value;
}

module.exports = { bestSchedule };
