import { describe, expect, test } from '@jest/globals';
import { terminalOutput } from './terminal-output.js';

function record() {
  const out: string[] = [];
  const error: string[] = [];
  return { out, error, terminal: { out: (line: string) => void out.push(line), error: (line: string) => void error.push(line) } };
}

describe('what a person sees', () => {
  test('the result stands alone on stdout', () => {
    const { out, error, terminal } = record();
    terminalOutput(({ digest }) => digest, terminal).finish({
      code: 'OK',
      stage: 'resolve',
      message: 'Resolved oci://r/m:1 to sha256:a',
      digest: 'sha256:a',
    });
    expect([out, error]).toEqual([['sha256:a'], ['Resolved oci://r/m:1 to sha256:a']]);
  });
  test('a failure puts nothing there', () => {
    const { out, error, terminal } = record();
    terminalOutput(({ digest }) => digest, terminal).finish({
      code: 'SOURCE_NOT_FOUND',
      stage: 'resolve',
      message: 'answered 404',
      digest: 'sha256:a',
    });
    expect([out, error]).toEqual([[], ['answered 404']]);
  });
  test('progress is plain text', () => {
    const { error, terminal } = record();
    const { logger } = terminalOutput(() => undefined, terminal);
    logger.child({ name: 'x' }).info('Downloaded part of the model', { bytes: 7 });
    logger.warn('Retried', { error: new Error('reset') });
    expect(error).toEqual(['  Downloaded part of the model, bytes 7', '  Retried, error reset']);
  });
});
