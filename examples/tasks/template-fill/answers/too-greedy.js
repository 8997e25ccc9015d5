// Fill {{name}} in a template; values are escaped for HTML.
const lines = require('fs').readFileSync(0, 'utf8').split('\n');
const values = JSON.parse(lines.shift());
const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text) => String(text).replace(/[&<>"']/g, (sign) => ESCAPES[sign]);
const filled = lines.join('\n').replace(/\{\{\s*(.+)\s*\}\}/g, (whole, name) =>
  Object.hasOwn(values, name) ? escape(values[name]) : whole);
process.stdout.write(filled);
