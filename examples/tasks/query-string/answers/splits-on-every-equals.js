/** Parse a URL query as HTML forms write it. */
function parseQuery(text) {
  const found = {};
  for (const part of text.replace(/^\?/, '').split('&')) {
    if (part === '') continue;
    const at = part.indexOf('=');
    const key = decode(at < 0 ? part : part.slice(0, at));
    const value = decode(part.split('=')[1] ?? '');
    if (Object.hasOwn(found, key)) found[key].push(value);
    else Object.defineProperty(found, key, { value: [value], enumerable: true });
  }
  return found;
}

function decode(text) {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

module.exports = { parseQuery };
