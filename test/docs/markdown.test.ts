import { describe, expect, test } from '@jest/globals';
import { findAnchors, findCode, findLinks, findRows, splitMarkdown } from './markdown.js';

const PAGE = `# A page: with \`code\`

See [the other](other.md#part) and \`[no](link.md)\`.

\`\`\`yaml
kind: Thing # [no](link-either.md)
\`\`\`

## Rows

| Name | Meaning |
|---|---|
| \`a\` | one \\| two |
| \`b\` | |

### Still rows

| Name | Meaning |
|---|---|
| \`c\` | |

## Others

| Name |
|---|
| \`d\` |
`;

describe('markdown', () => {
  const { blocks, prose } = splitMarkdown(PAGE);

  test('blocks are taken out and lines keep their numbers', () => {
    expect(blocks).toEqual([{ language: 'yaml', line: 5, text: 'kind: Thing # [no](link-either.md)' }]);
    expect(prose.split('\n')).toHaveLength(PAGE.split('\n').length);
  });
  test('links in code and in blocks are none', () => {
    expect(findLinks(prose)).toEqual([{ text: 'other.md#part', line: 3 }]);
  });
  test('code is found with its line', () => {
    expect(findCode(prose)).toContainEqual({ text: '[no](link.md)', line: 3 });
  });
  test('anchors are as GitHub makes them', () => {
    expect([...findAnchors(prose)]).toEqual(['a-page-with-code', 'rows', 'still-rows', 'others']);
  });
  test('rows are those of the section and its subsections', () => {
    expect(findRows(prose, '## Rows')).toEqual([
      ['`a`', 'one | two'],
      ['`b`', ''],
      ['`c`', ''],
    ]);
  });
  test('an unclosed block and an unknown heading are said', () => {
    expect(() => splitMarkdown('```yaml\nkind: Thing')).toThrow('line 1 is never closed');
    expect(() => findRows(prose, '## Nothing')).toThrow('There is no heading "## Nothing"');
  });
});
