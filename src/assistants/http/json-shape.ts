import { setImmediate as turn } from 'node:timers/promises';

/** Deeper than any honest JSON Schema; keeps recursion over a hostile body off the stack's end. */
export const MAX_DEPTH = 100;

/**
 * More than the largest honest request has, which is a batch of 2,000 files with all their attributes: a value costs up to a
 * hundred times the bytes that it is written in.
 */
export const MAX_VALUES = 100_000;

/** So many bytes are looked at in one go: a few ms. */
const SLICE = 1024 * 1024;

/** What makes a JSON text costly to parse, however short it is. */
export type Excess = 'depth' | 'values';

/** Where in a text a slice ended. */
interface Place {
  depth: number;
  values: number;
  isInString: boolean;
  isEscaped: boolean;
}

/** Looks for it in JSON as UTF-8 without parsing it; what is no JSON is for the parser to say. */
export async function excessOf(json: Uint8Array): Promise<Excess | undefined> {
  const place: Place = { depth: 0, values: 1, isInString: false, isEscaped: false };
  for (let from = 0; from < json.length; from += SLICE) {
    if (from > 0) await turn();
    const excess = readOn(place, json.subarray(from, from + SLICE));
    if (excess) return excess;
  }
  return undefined;
}

const code = (character: string) => character.charCodeAt(0);
const [QUOTE, BACKSLASH, COMMA] = [code('"'), code('\\'), code(',')];
const [BRACKET, BRACE, BRACKET_END, BRACE_END] = [code('['), code('{'), code(']'), code('}')];

function readOn(place: Place, slice: Uint8Array): Excess | undefined {
  let { depth, values, isInString, isEscaped } = place;
  for (const byte of slice) {
    if (isInString) {
      if (isEscaped) isEscaped = false;
      else if (byte === BACKSLASH) isEscaped = true;
      else if (byte === QUOTE) isInString = false;
    } else if (byte === QUOTE) isInString = true;
    else if (byte === COMMA) values++;
    else if (byte === BRACKET || byte === BRACE) {
      depth++;
      values++;
      if (depth > MAX_DEPTH) return 'depth';
    } else if (byte === BRACKET_END || byte === BRACE_END) depth--;
    if (values > MAX_VALUES) return 'values';
  }
  Object.assign(place, { depth, values, isInString, isEscaped });
  return undefined;
}
