/** Turn titles into unique names for URLs. */
function slugs(titles) {
  const taken = new Set();
  return titles.map((title) => {
    const base = title
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'untitled';
    let slug = base;
    for (let n = 2; taken.has(slug); n++) slug = `${base}-${n}`;
    taken.add(slug);
    return slug;
  });
}

module.exports = { slugs };
