/**
 * protobuf's text format → the tree of its fields. It takes what protobuf's own parser takes of a message without
 * extensions: `:` before a message may be left out, `<>` stands for `{}`, fields may end in `,` or `;`.
 */
import { ConfigError } from './config-error.js';
import { type ConfigNode, type FieldNode, MAX_CONFIG_DEPTH, type MessageNode, type ScalarNode } from './config-node.js';
import { lexText, type Token } from './text-lexer.js';

/** `file` is named in places. Throws ConfigError, and nothing else. */
export function parseText(source: string, file: string): MessageNode {
  return new TextParser(lexText(source, file)).parse();
}

const CLOSES: Readonly<Record<string, string>> = { '{': '}', '<': '>' };

class TextParser {
  #at = 0;
  #depth = 0;

  constructor(readonly tokens: readonly Token[]) {}

  parse(): MessageNode {
    const { place } = this.#peek();
    return { kind: 'Message', place, form: 'Text', fields: this.#fields('') };
  }

  #fields(close: string): FieldNode[] {
    const fields: FieldNode[] = [];
    for (;;) {
      const token = this.#peek();
      if (close === '' ? token.kind === 'End' : this.#isMark(close)) break;
      fields.push(this.#field(close));
      if (this.#isMark(',') || this.#isMark(';')) this.#next();
    }
    this.#next();
    return fields;
  }

  #field(close: string): FieldNode {
    const { kind, text, place } = this.#next();
    if (kind !== 'Word') throw new ConfigError(place, `${show(text, kind)} is no field name${close === '' ? '' : `: write one, or ${close}`}`);
    const hasColon = this.#isMark(':');
    if (hasColon) this.#next();
    const values = this.#isMark('[') ? this.#list(text, hasColon) : [this.#value(text, hasColon)];
    return { name: text, place, values };
  }

  #list(field: string, hasColon: boolean): ConfigNode[] {
    this.#next();
    const values: ConfigNode[] = [];
    if (this.#isMark(']')) {
      this.#next();
      return values;
    }
    for (;;) {
      values.push(this.#value(field, hasColon));
      const { kind, text, place } = this.#next();
      if (kind === 'Mark' && text === ']') return values;
      if (kind !== 'Mark' || text !== ',')
        throw new ConfigError(place, `the list of "${field}" goes on with , or ends with ], but here is ${show(text, kind)}`);
    }
  }

  #value(field: string, hasColon: boolean): ConfigNode {
    const { kind, text, place } = this.#peek();
    const close = kind === 'Mark' ? CLOSES[text] : undefined;
    if (close !== undefined) {
      this.#next();
      return this.#message(close, place);
    }
    if (!hasColon) throw new ConfigError(place, `"${field}" needs a : before its value ${show(text, kind)}`);
    return this.#scalar(field);
  }

  #message(close: string, place: string): MessageNode {
    this.#depth += 1;
    if (this.#depth > MAX_CONFIG_DEPTH) throw new ConfigError(place, `is nested more than ${MAX_CONFIG_DEPTH} levels deep`);
    const fields = this.#fields(close);
    this.#depth -= 1;
    return { kind: 'Message', place, form: 'Text', fields };
  }

  #scalar(field: string): ScalarNode {
    const { kind, text, place } = this.#next();
    if (kind === 'String') return { kind: 'Scalar', place, text: text + this.#moreText(), form: 'String' };
    if (kind === 'Word' || kind === 'Number') return { kind: 'Scalar', place, text, form: 'Text' };
    if (kind === 'Mark' && text === '-') {
      const signed = this.#next();
      if (signed.kind === 'Number' || /^(inf|infinity|nan)$/i.test(signed.text))
        return { kind: 'Scalar', place, text: `-${signed.text}`, form: 'Text' };
    }
    throw new ConfigError(place, `"${field}" needs a value, but here is ${show(text, kind)}`);
  }

  /** Texts that follow one another are one. */
  #moreText(): string {
    let text = '';
    while (this.#peek().kind === 'String') text += this.#next().text;
    return text;
  }

  #isMark(mark: string): boolean {
    const { kind, text } = this.#peek();
    return kind === 'Mark' && text === mark;
  }

  #peek(): Token {
    const token = this.tokens[this.#at];
    if (token === undefined) throw new ConfigError('', 'the text ended before its end'); // the last token is End, and nobody goes past it
    return token;
  }

  #next(): Token {
    const token = this.#peek();
    if (token.kind !== 'End') this.#at += 1;
    return token;
  }
}

function show(text: string, kind: Token['kind']): string {
  return kind === 'End' ? text : JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
