/** Turn titles into unique names for URLs. */
function slugs(titles) {
  const counts = {};
  return titles.map((title) => {
    const base = title
      .normalize('NFKD')
      .replace(/\p{M}+/gu, '')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'untitled';
    const n = (counts[base] = (counts[base] ?? 0) + 1);
    return n === 1 ? base : `${base}-${n}`;
  });
}

module.exports = { slugs };
