import type { ToolCall } from '../../view.ts';
import { hostOf, keyOf } from './address.ts';
import { bareAddress, NAME, OF_THE_WEB, readings } from './written.ts';

/** How addresses stand in texts of every kind: prose, JSON, HTML, what a program has put out. */
const ADDRESS = new RegExp(`${OF_THE_WEB}|(?:mailto|tel):[^\\s<>"|]+|${NAME}`, 'giu');
/** Where an address may end in such a text although there is no space: each is tried. */
const END = /["'`<>()[\]{}|,;*\\]/;

/** The keys (see `keyOf`) of the addresses that stand in a text. */
export function keysIn(text: string): Set<string> {
  const keys = new Set<string>();
  for (const form of formsOf(text))
    for (const [word] of form.matchAll(ADDRESS))
      for (const reading of allReadings(word)) {
        const key = keyOf(reading);
        if (key !== undefined) keys.add(key);
      }
  return keys;
}

/** The text as it stands, and without what JSON and HTML write in place of signs that addresses have. */
function formsOf(text: string): string[] {
  const plain = text.replaceAll('\\/', '/').replace(/\\u0026|&amp;/gi, '&');
  return plain === text ? [text] : [text, plain];
}

function* allReadings(word: string): Generator<string> {
  yield* readings(word);
  const end = word.search(END);
  if (end > 0) yield* readings(word.slice(0, end));
  yield bareAddress(word);
}

/** What a tool call makes known: what it gave, but for what the model itself had asked it to give. */
export function keysOfCall(call: ToolCall): Set<string> {
  switch (call.type) {
    case 'file_search': {
      const told = call.results.map(({ file_name, attributes = {} }) => [
        file_name,
        ...Object.values(attributes),
      ]);
      return keysIn(told.flat().join('\n'));
    }
    case 'function':
      return keysIn(call.output ?? '').difference(keysIn(call.arguments));
    case 'code_interpreter':
      return keysOfCode(
        call.input,
        call.outputs.map((output) => (output.type === 'logs' ? output.logs : '')).join('\n'),
      );
  }
}

/** Code that names a host may put any address of it together: what it prints of that host is the model's own. */
function keysOfCode(code: string, logs: string): Set<string> {
  const named = [...keysIn(code)].map((key) => hostOf(`https:${key}`));
  const keys = [...keysIn(logs)].filter((key) => !named.includes(hostOf(`https:${key}`)));
  return new Set(keys);
}
