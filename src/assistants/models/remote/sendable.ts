import type { ModelItem, ModelRequest } from '../model.ts';
import { isPlainId, withIds } from './call-ids.ts';
import { isObject, parsed } from './json.ts';

/** What every server takes as a function's name: `^[\w-]{1,64}$`. */
const MAX_NAME = 64;

/** How much of what was wrong with a call its output tells, in characters. */
const MAX_TOLD = 300;

/** Said where a run begins on a thread without a message: strict servers want one. */
const NOTHING_SAID = '[Nothing was said yet.]';

type Call = Extract<ModelItem, { type: 'tool_call' }>;

/**
 * The request as any server takes it: calls have names, arguments and ids that are valid, and each is answered right
 * after it; nothing is blank; somebody says something. What was changed about a call, its output tells the model.
 */
export function sendable(request: ModelRequest): ModelRequest {
  const items = answered(request.items.flatMap(unblanked));
  const speaks = items.some(({ type }) => type !== 'provider');
  return {
    ...request,
    items: speaks ? withIds(items, (id, call) => isPlainId(id) || isOwn(call)) : [message(NOTHING_SAID)],
  };
}

/** A call that its own provider gets back: it knows the id. */
function isOwn(item: ModelItem): boolean {
  return item.type === 'tool_call' && item.own !== undefined;
}

function unblanked(item: ModelItem): ModelItem[] {
  if (item.type === 'tool_output')
    return [{ ...item, output: item.output.trim() ? item.output : '(no output)' }];
  if (item.type !== 'message') return [item];
  const content = item.content.filter((part) => part.type !== 'text' || part.text.trim() !== '');
  if (content.length > 0) return [{ ...item, content }];
  return item.role === 'user' ? [message('[An empty message.]')] : [];
}

/** Pairs calls with outputs: a call without one gets one, and an output without a call is left out. */
function answered(items: ModelItem[]): ModelItem[] {
  const done: ModelItem[] = [];
  const open = new Map<string, string>();
  const close = () => {
    for (const [callId, note] of open)
      done.push({ type: 'tool_output', callId, output: `${note}(no output)` });
    open.clear();
  };
  for (const item of items) {
    if (item.type === 'tool_call') {
      const { call, note } = valid(item);
      if (open.has(item.callId)) close();
      open.set(item.callId, note);
      done.push(call);
    } else if (item.type === 'tool_output') {
      const note = open.get(item.callId);
      if (note === undefined) continue;
      open.delete(item.callId);
      done.push({ ...item, output: note + item.output });
    } else {
      if (item.type === 'message') close();
      done.push(item);
    }
  }
  close();
  return done;
}

/** The call as it can be sent, and what must be said about it. */
function valid(item: Call): { call: Call; note: string } {
  const name = validName(item.name);
  const args = validArguments(item.arguments);
  const notes = [
    name === item.name ? '' : `[The call was of a function named ${told(item.name)}.]\n`,
    args === undefined ? `[The call's arguments were no JSON object: ${told(item.arguments)}]\n` : '',
  ];
  return { call: { ...item, name, arguments: args ?? '{}' }, note: notes.join('') };
}

function validName(name: string): string {
  if (/^[\w-]{1,64}$/.test(name)) return name;
  const words = name.replaceAll(/[^\w-]+/g, '_').replace(/^_+|_+$/g, '');
  // Gemini's names begin with a letter or an underscore.
  return `${/^[a-z]/i.test(words) ? '' : '_'}${words}`.slice(0, MAX_NAME);
}

/** The arguments as a JSON object; an object within a string is taken out of it; undefined for anything else. */
function validArguments(args: string): string | undefined {
  const value = parsed(args);
  if (isObject(value)) return wellFormed(args, value);
  const inner = typeof value === 'string' ? parsed(value) : undefined;
  return isObject(inner) ? wellFormed(String(value), inner) : undefined;
}

/** Half a character, written out or as `\ud83d`, is none to a strict parser. */
function wellFormed(json: string, value: object): string {
  if (json.isWellFormed() && !/\\ud[89a-f]/i.test(json)) return json;
  return JSON.stringify(value, (_, each) =>
    typeof each === 'string' ? each.toWellFormed() : each,
  ).toWellFormed();
}

function told(text: string): string {
  const shown = text.length > MAX_TOLD ? `${text.slice(0, MAX_TOLD)}…` : text;
  return JSON.stringify(shown.toWellFormed());
}

function message(text: string): ModelItem {
  return { type: 'message', role: 'user', content: [{ type: 'text', text }] };
}
