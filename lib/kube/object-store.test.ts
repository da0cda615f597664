import { beforeEach, describe, expect, test } from '@jest/globals';
import type { KubeJson } from './kube-object.js';
import { ObjectStore } from './object-store.js';

const make = (name: string, resourceVersion: string, uid = `uid-${name}`): KubeJson => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', uid, resourceVersion },
});

let store: ObjectStore;
let heard: string[];
let errors: string[];
beforeEach(() => {
  [heard, errors] = [[], []];
  store = new ObjectStore((error) => errors.push(error.message));
  store.subscribe(({ object, old }) => {
    const what = object === undefined ? 'gone' : old === undefined ? 'new' : 'changed';
    heard.push(`${what} ${(object ?? old)?.metadata.uid} ${(object ?? old)?.metadata.resourceVersion}`);
  });
  store.replaceAll([make('a', '10')], '50');
  heard.length = 0;
});

describe('events', () => {
  test.each([
    { name: 'in order', play: () => [store.put(make('a', '60')), store.put(make('a', '61'))], want: ['changed uid-a 60', 'changed uid-a 61'] },
    { name: 'twice', play: () => [store.put(make('a', '60')), store.put(make('a', '60'))], want: ['changed uid-a 60'] },
    { name: 'in another order', play: () => [store.put(make('a', '100')), store.put(make('a', '99'))], want: ['changed uid-a 100'] },
    { name: 'of before the list', play: () => [store.put(make('a', '9')), store.put(make('b', '50')), store.remove(make('a', '49'))], want: [] },
    { name: 'of an object that was deleted', play: () => [store.remove(make('a', '70')), store.put(make('a', '69'))], want: ['gone uid-a 70'] },
    { name: 'whose deletion came first', play: () => [store.remove(make('b', '70')), store.put(make('b', '69'))], want: [] },
    {
      name: 'of a deletion that is older than what is held',
      play: () => [store.put(make('a', '70')), store.remove(make('a', '69'))],
      want: ['changed uid-a 70'],
    },
    {
      name: 'of a namesake, made anew',
      play: () => [store.remove(make('a', '70')), store.put(make('a', '71', 'second'))],
      want: ['gone uid-a 70', 'new second 71'],
    },
    {
      name: 'of a namesake whose predecessor is deleted later, and changed later still',
      play: () => [store.put(make('a', '71', 'second')), store.remove(make('a', '70')), store.put(make('a', '69'))],
      want: ['gone uid-a 10', 'new second 71'],
    },
    {
      name: 'whose versions have no order that is known are taken as they come',
      play: () => [store.put(make('a', 'x7')), store.put(make('a', 'x6')), store.remove(make('a', 'x5'))],
      want: ['changed uid-a x7', 'changed uid-a x6', 'gone uid-a x5'],
    },
  ])('$name', ({ play, want }) => {
    play();
    expect(heard).toEqual(want);
    expect(errors).toEqual([]);
  });
});

test('a list is the truth: what it lacks is gone, and a cluster that was restored may go back', () => {
  store.put(make('a', '60'));
  store.put(make('b', '61'));
  heard.length = 0;
  store.replaceAll([make('a', '20')], '30');
  expect(heard).toEqual(['gone uid-b 61', 'changed uid-a 20']);
  store.put(make('a', '31'));
  expect(store.get('shop/a')?.metadata.resourceVersion).toBe('31');
});

test('deletions are remembered within a bound', () => {
  for (let version = 100; version < 5100; version++) store.remove(make(`n${version}`, String(version)));
  store.put(make('n5099', '5098'));
  expect(store.size).toBe(1);
  store.put(make('n100', '99'));
  expect(store.size).toBe(2); // so long ago that nobody knows
});

test('a listener that throws harms neither the copy nor the others, and is told of', () => {
  store.subscribe(() => {
    throw new Error('broken');
  });
  store.put(make('b', '60'));
  expect([store.size, heard, errors]).toEqual([2, ['new uid-b 60'], ['broken']]);
});
