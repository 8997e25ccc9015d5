// Read amounts as people write them; whole cents as bigint, never a float.
import { readFileSync } from 'node:fs';

const FORM = /^(-?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,2}))?$/;

function cents(text: string): bigint | null {
  const match = FORM.exec(text);
  if (match === null) return null;
  const [, sign, whole, part = ''] = match;
  const value = BigInt(Math.trunc(parseFloat(`${whole.replaceAll(',', '')}.${part || 0}`) * 100));
  return sign === '-' ? -value : value;
}

for (const line of readFileSync(0, 'utf8').trimEnd().split('\n')) {
  const value = cents(line.trim());
  console.log(value === null ? 'invalid' : value.toString());
}
