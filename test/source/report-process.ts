/** Preloaded into a process under test: at its end, writes the most memory it ever held and its attempts to leave an empty network. */
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';

const path = process.env['SLIPWAY_TEST_REPORT'];
process.on('exit', () => {
  const kib = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  if (path !== undefined) writeFileSync(path, JSON.stringify({ peakBytes: Number(kib) * 1024, unroutable: countUnroutable() }));
});

/** Packets that had no route, and IPv6 datagrams likewise: an empty network namespace counts here what tries to leave it. */
function countUnroutable(): number {
  const [names = '', values = ''] = readFileSync('/proc/self/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Ip:'));
  const v4 = values.split(' ')[names.split(' ').indexOf('OutNoRoutes')];
  const v6 = /Ip6OutNoRoutes\s+(\d+)/.exec(readFileSync('/proc/self/net/snmp6', 'utf8'))?.[1];
  return Number(v4) + Number(v6);
}
