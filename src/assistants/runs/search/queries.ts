/** A question has few sides: what a model asks beyond them is a loop. OpenAI's own tool takes five. */
const MAX_QUERIES = 8;

/** Longer than any question, in UTF-16 code units; a document is no query. */
const MAX_QUERY = 2_000;

/** How often JSON is found within JSON: some servers encode arguments twice. */
const MAX_ENCODINGS = 3;

/** What models call the argument, beside the name that they are told. */
const NAMES = ['queries', 'query', 'search_query', 'q', 'question', 'questions', 'text', 'input'];

/** What a call of the search asks for, however the model wrote its arguments; none where it asks nothing. */
export function queriesIn(args: string): string[] {
  const all = textsIn(args, MAX_ENCODINGS).map((text) =>
    text.replace(/\s+/g, ' ').trim().slice(0, MAX_QUERY).toWellFormed(),
  );
  return [...new Set(all.filter((text) => text !== ''))].slice(0, MAX_QUERIES);
}

function textsIn(value: unknown, encodings: number): string[] {
  if (typeof value === 'string') {
    const json = /^\s*(?:["[{]|null\s*$)/.test(value) && encodings > 0 ? parsed(value) : undefined;
    if (json !== undefined) return textsIn(json, encodings - 1);
    return encodings === MAX_ENCODINGS && /^\s*[[{]/.test(value) ? [] : [value];
  }
  if (Array.isArray(value)) return value.flatMap((each) => textsIn(each, 0));
  if (typeof value !== 'object' || value === null) return [];
  const name = NAMES.find((each) => Object.hasOwn(value, each));
  return name === undefined ? [] : textsIn(Reflect.get(value, name), Math.max(encodings - 1, 0));
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
