/** Reads Markdown as far as the tests of documents need it. Pure. */

export interface Block {
  readonly language: string;
  readonly text: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
}

export interface Located {
  readonly text: string;
  readonly line: number;
}

interface Parts {
  readonly blocks: readonly Block[];
  /** The document with its fenced blocks emptied, so that lines keep their numbers. */
  readonly prose: string;
}

export function splitMarkdown(markdown: string): Parts {
  const blocks: Block[] = [];
  let open: { language: string; line: number; lines: string[] } | undefined;
  const prose = markdown.split('\n').map((text, index) => {
    const fence = /^\s*```\s*([A-Za-z0-9]*)/.exec(text);
    if (fence !== null && open === undefined) open = { language: fence[1] ?? '', line: index + 1, lines: [] };
    else if (fence !== null && open !== undefined) {
      blocks.push({ language: open.language, line: open.line, text: open.lines.join('\n') });
      open = undefined;
    } else if (open !== undefined) open.lines.push(text);
    else return text;
    return '';
  });
  if (open !== undefined) throw new Error(`The block that opens on line ${open.line} is never closed`);
  return { blocks, prose: prose.join('\n') };
}

/** Targets of `[text](target)` and `![text](target)`. */
export function findLinks(prose: string): Located[] {
  return findAll(
    prose.replaceAll(/`[^`\n]*`/g, (code) => ' '.repeat(code.length)),
    /\]\(([^()\s]+)\)/g,
  );
}

/** Anchors that GitHub gives the headings. */
export function findAnchors(prose: string): ReadonlySet<string> {
  const headings = prose.split('\n').flatMap((line) => /^#+\s+(.*)$/.exec(line)?.[1] ?? []);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Contents of `code` in running text. */
export function findCode(prose: string): Located[] {
  return findAll(prose, /`([^`\n]+)`/g);
}

/** Tables below the heading, up to the next of the same or a higher level: each row as its cells, without head and ruler. */
export function findRows(prose: string, heading: string): string[][] {
  return sectionOf(prose, heading)
    .split('\n')
    .filter((line, index, lines) => isRow(line) && !isRuler(line) && !isRuler(lines[index + 1] ?? ''))
    .map(splitRow);
}

export function sectionOf(prose: string, heading: string): string {
  const lines = prose.split('\n');
  const start = lines.indexOf(heading);
  if (start < 0) throw new Error(`There is no heading "${heading}"`);
  const level = /^#+/.exec(heading)?.[0].length ?? 1;
  const next = lines.findIndex((line, index) => index > start && new RegExp(`^#{1,${level}} `).test(line));
  return lines.slice(start + 1, next < 0 ? undefined : next).join('\n');
}

function isRow(line: string): boolean {
  return line.startsWith('|');
}

function isRuler(line: string): boolean {
  return /^\|[\s:|-]+\|$/.test(line);
}

/** A bar inside a cell is written `\|`. */
function splitRow(line: string): string[] {
  const cells = line.split(/(?<!\\)\|/).slice(1, -1);
  return cells.map((cell) => cell.trim().replaceAll('\\|', '|'));
}

function findAll(text: string, pattern: RegExp): Located[] {
  return text.split('\n').flatMap((line, index) => [...line.matchAll(pattern)].map((match) => ({ text: match[1] ?? '', line: index + 1 })));
}
