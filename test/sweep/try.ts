import { FAULTS } from './faults.js';
import { JOURNEYS } from './journeys.js';
import { describePoint } from './points.js';
import { runPoint, runUndisturbed } from './run-point.js';

const [jPattern = '', fPattern = '', stepText = '1'] = process.argv.slice(2);
let [count, bad] = [0, 0];
const start = performance.now();
for (const journey of JOURNEYS.filter(({ name }) => new RegExp(jPattern).test(name))) {
  for (const fault of FAULTS.filter(({ name, id }) => new RegExp(fPattern).test(`${id} ${name}`))) {
    let base;
    try {
      base = await runUndisturbed(journey, 1, fault.prepare);
    } catch (e) {
      console.log('BASE', journey.name, fault.name, String(e));
      continue;
    }
    const n = fault.at === 'Act' ? 1 : fault.at === 'Write' ? base.writes : base.calls;
    for (let index = 0; index < n; index += Number(stepText)) {
      const point = { journey, fault, index, seed: 1 };
      count++;
      const { violations } = await runPoint(point, base);
      if (violations.length > 0) {
        bad++;
        console.log(describePoint(point), '\n   ', violations.map((v) => v.slice(0, 700)).join('\n    '));
      }
    }
  }
}
const s = (performance.now() - start) / 1000;
console.log(`${count} points, ${bad} bad, ${s.toFixed(1)} s, ${(count / s).toFixed(1)} runs/s`);
process.exit(0);
