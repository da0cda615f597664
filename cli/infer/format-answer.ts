/** An answer for a person, and for a program. Pure. */
import { formatShape, type Tensor } from '../../runtime/core/tensor.js';
import type { WireInferResponse } from '../../runtime/wire/infer-response.js';
import { formatTable } from '../format-table.js';
import { formatTensor, nest } from '../tensors/format-tensor.js';
import { formatElement, readElements } from '../tensors/read-elements.js';

/** Of `score:index:label`, which Triton's extension `classification` gives. */
const CLASS = /^(-?[\d.]+(?:e[+-]?\d+)?|-?inf|-?nan):(\d+)(?::(.*))?$/s;

export interface AnswerOptions {
  readonly seconds: number;
  /** Outputs whose highest classes were asked for. */
  readonly classified: ReadonlySet<string>;
}

export function formatAnswer(answer: WireInferResponse, { seconds, classified }: AnswerOptions): string {
  const id = answer.id === '' ? '' : `, id ${answer.id}`;
  const title = `${answer.model}${answer.version === '' ? '' : ` version ${answer.version}`} answered in ${formatSeconds(seconds)}${id}`;
  if (answer.outputs.length === 0) return `${title}, without outputs`;
  const rows = answer.outputs.map((output) => [
    output.name,
    output.datatype,
    formatShape(output.shape),
    classified.has(output.name) ? formatClasses(output) : formatTensor(output),
  ]);
  return `${title}\n${formatTable([['OUTPUT', 'DATATYPE', 'SHAPE', 'VALUES'], ...rows])}`;
}

/** Fields of the protocol's JSON and `seconds`. NaN and infinities are texts, as JSON has no such numbers. */
export function formatAnswerJson(answer: WireInferResponse, seconds: number): string {
  const outputs = answer.outputs.map((output) => {
    const data = readElements(output).map((element) => {
      const text = formatElement(element, output.datatype);
      return typeof element === 'number' && !Number.isFinite(element) ? `"${text}"` : text;
    });
    const { name, datatype, shape } = output;
    return `{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${shape.join(',')}],"data":[${data.join(',')}]}`;
  });
  const parameters = [...answer.parameters].map(
    ([name, value]) => `${JSON.stringify(name)}:${typeof value === 'bigint' ? value : JSON.stringify(value ?? null)}`,
  );
  const facts = [
    `"model_name":${JSON.stringify(answer.model)}`,
    `"model_version":${JSON.stringify(answer.version)}`,
    ...(answer.id === '' ? [] : [`"id":${JSON.stringify(answer.id)}`]),
    ...(parameters.length === 0 ? [] : [`"parameters":{${parameters.join(',')}}`]),
    `"outputs":[${outputs.join(',')}]`,
    `"seconds":${Number(seconds.toPrecision(4))}`,
  ];
  return `{${facts.join(',')}}`;
}

export function formatSeconds(seconds: number): string {
  return seconds < 1 ? `${Number((seconds * 1000).toPrecision(3))} ms` : `${Number(seconds.toPrecision(3))} s`;
}

function formatClasses(output: Tensor): string {
  const texts = readElements(output).map((element) => {
    const [, score, index, label] = CLASS.exec(String(element)) ?? [];
    return score === undefined ? formatElement(element, output.datatype) : `${label ?? `class ${index}`} ${score}`;
  });
  return nest(texts, output.shape);
}
