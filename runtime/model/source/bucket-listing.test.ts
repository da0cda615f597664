import { describe, expect, test } from '@jest/globals';
import { readObjectPage, readS3Error } from './bucket-listing.js';

const page = (inside: string): string =>
  `<?xml version="1.0"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inside}</ListBucketResult>`;
const object = (key: string, size: string): string =>
  `<Contents><ETag>&quot;e&quot;</ETag><Key>${key}</Key><Size>${size}</Size><Owner><ID>x</ID></Owner></Contents>`;

describe('a page of a list', () => {
  test('has keys, decoded, and sizes', () => {
    const xml = page(
      `<EncodingType>url</EncodingType><Prefix>a/</Prefix><IsTruncated>false</IsTruncated>${object('a/b%2Bc+d.onnx', '12')}${object('a/%3Ckey%3E', '0')}`,
    );
    expect(readObjectPage(xml, 'h')).toEqual({
      objects: [
        { key: 'a/b+c d.onnx', bytes: 12 },
        { key: 'a/<key>', bytes: 0 },
      ],
      next: undefined,
    });
  });

  test('that is not encoded has keys as they are', () => {
    const xml = page(`<EncodingType></EncodingType>${object('a/b+c%20d &amp; &#39;e&#x27;.onnx', '1')}`);
    expect(readObjectPage(xml, 'h').objects).toEqual([{ key: "a/b+c%20d & 'e'.onnx", bytes: 1 }]);
  });

  test('says what the next is asked for with', () => {
    expect(readObjectPage(page('<IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b=</NextContinuationToken>'), 'h').next).toBe('a&b=');
  });

  test.each([
    ['no list', '<html></html>'],
    ['no size', page(object('a', 'many'))],
    ['a broken key', page(`<EncodingType>url</EncodingType>${object('%zz', '1')}`)],
  ])('with %s is none', (_name, xml) =>
    expect(() => readObjectPage(xml, 'minio.test')).toThrow('"minio.test" answered for a list of objects with something else'),
  );
});

test('an error is its code and its message', () => {
  expect(readS3Error('<Error><Code>NoSuchKey</Code><Message>It isn&apos;t there</Message></Error>')).toBe("NoSuchKey: It isn't there");
  expect(readS3Error('<Error><Code>AccessDenied</Code></Error>')).toBe('AccessDenied');
  expect(readS3Error('<html><Code>x</Code></html>')).toBeUndefined();
});
