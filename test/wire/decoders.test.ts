import { expect, test } from '@jest/globals';
import { compareWithProtobufjs } from './compare.js';
import { generateMessage } from './generate-message.js';

test('2,000 messages are read as protobufjs reads them, refusals word by word', () => {
  const { differences, messages, accepted, compared } = compareWithProtobufjs(1, 0, 2000);
  expect(differences).toEqual([]);
  expect(messages).toBe(2000);
  expect(compared).toBeGreaterThan(800);
  expect(accepted).toBeGreaterThan(800);
});

test('a message is given by its seed and index', () => {
  expect(generateMessage(7, 41)).toEqual(generateMessage(7, 41));
  expect(generateMessage(7, 41).bytes.equals(generateMessage(8, 41).bytes)).toBe(false);
});
