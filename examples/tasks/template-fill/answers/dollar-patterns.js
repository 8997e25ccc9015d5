// Fill {{name}} in a template; values are escaped for HTML.
const lines = require('fs').readFileSync(0, 'utf8').split('\n');
const values = JSON.parse(lines.shift());
const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text) => String(text).replace(/[&<>"']/g, (sign) => ESCAPES[sign]);
let filled = lines.join('\n');
for (const name of Object.keys(values))
  filled = filled.replace(new RegExp(`\\{\\{\\s*${name}\\s*\\}\\}`, 'g'), escape(values[name]));
process.stdout.write(filled);
