import { expect, test } from '@jest/globals';
import { parseH2specReport } from './h2spec-report.js';

const REPORT = `<testsuites>
  <testsuite name="6.7. PING" package="http2/6.7" id="6.7" tests="3">
    <testcase package="http2/6.7" classname="Sends a &#34;PING&#34; &amp; waits" time="0.0028"></testcase>
    <testcase package="http2/6.7" classname="Sends two" time="1.0"><skipped></skipped></testcase>
    <testcase package="http2/6.7" classname="Sends three" time="2.0">
      <error>PING Frame
DATA Frame \u0000 <&></error>
    </testcase>
  </testsuite>
</testsuites>`;

test('every case with what came of it, whatever bytes a frame held', () => {
  expect([...parseH2specReport(REPORT)]).toEqual([
    ['http2/6.7 Sends a "PING" & waits', { kind: 'passed', detail: '' }],
    ['http2/6.7 Sends two', { kind: 'skipped', detail: 'skipped by h2spec' }],
    ['http2/6.7 Sends three', { kind: 'failed', detail: 'PING Frame\nDATA Frame \u0000 <&>' }],
  ]);
});

test('two cases of a name are not one', () => {
  const twice = REPORT.replace('Sends three', 'Sends two');
  expect(() => parseH2specReport(twice)).toThrow('two cases "http2/6.7 Sends two"');
});
