/**
 * Greedy CTC decoding (Graves et al. 2006, "Connectionist temporal classification", §3.2): at each time step the
 * likeliest class; repeats collapse; the blank (class 0) separates. "a a _ a b" reads "aab".
 */
export interface Reading {
  readonly text: string;
  /** Mean probability of the characters that were kept; 0 when there are none. */
  readonly confidence: number;
}

/** The recogniser's classes: blank, the characters of its dictionary in order, space. */
export function parseAlphabet(dictionary: string): readonly string[] {
  return ['', ...dictionary.split('\n').filter((line) => line !== ''), ' '];
}

/** @param probabilities row-major [steps, classes] */
export function decodeCtc(probabilities: Float32Array, classes: number, alphabet: readonly string[]): Reading {
  let text = '';
  let total = 0;
  let kept = 0;
  let last = 0;
  for (let start = 0; start + classes <= probabilities.length; start += classes) {
    const best = findLikeliest(probabilities, start, classes);
    if (best !== 0 && best !== last) {
      text += alphabet[best] ?? '\u{fffd}';
      total += probabilities[start + best] ?? 0;
      kept += 1;
    }
    last = best;
  }
  return { text: text.trim(), confidence: kept === 0 ? 0 : total / kept };
}

function findLikeliest(values: Float32Array, start: number, count: number): number {
  let best = 0;
  for (let index = 1; index < count; index++) {
    if ((values[start + index] ?? 0) > (values[start + best] ?? 0)) best = index;
  }
  return best;
}
