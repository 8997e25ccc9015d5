// Run jobs with at most `width` at the same time; report results in the order of the jobs.
import { readFileSync } from 'node:fs';

type Job<T> = () => Promise<T>;
type Settled<T> = { ok: true; value: T } | { ok: false; reason: string };

async function pool<T>(jobs: readonly Job<T>[], width: number): Promise<Settled<T>[]> {
  const results: Settled<T>[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < jobs.length) {
      const index = next++;
      try {
        const value = await jobs[index]();
        results.push({ ok: true, value });
      } catch (problem) {
        results.push({ ok: false, reason: problem instanceof Error ? problem.message : 'unknown' });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, jobs.length) }, worker));
  return results;
}

let running = 0;
let peak = 0;
const order: string[] = [];

function job(name: string, ticks: number, fails: boolean): Job<string> {
  return async () => {
    running += 1;
    peak = Math.max(peak, running);
    for (let tick = 0; tick < ticks; tick++) await new Promise((go) => setImmediate(go));
    running -= 1;
    order.push(name);
    if (fails) throw new Error(`${name} failed`);
    return name.toUpperCase();
  };
}

const [width, ...lines] = readFileSync(0, 'utf8').trim().split('\n');
const jobs = lines.map((line) => {
  const [name, ticks, outcome] = line.split(' ');
  return job(name, Number(ticks), outcome === 'fail');
});
pool(jobs, Number(width)).then((results) => {
  for (const result of results) console.log(result.ok === true ? result.value : `! ${result.reason}`);
  console.log(`peak ${peak}`);
});
