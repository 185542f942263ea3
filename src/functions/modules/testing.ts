import { pino } from 'pino';
import { callFunction } from '../call.ts';
import type { Output } from '../output/output.ts';
import { secretsOf } from '../output/secrets.ts';
import type { CallContext } from '../team-function.ts';
import type { FunctionDefinition } from './define-function.ts';
import { readDefinition } from './definition.ts';

/** What a call is tried with; what is left out is somebody in a conversation of a test. */
export interface TryOptions {
  asker?: CallContext['asker'];
  conversation?: string;
  /** Files that people attached. */
  attachments?: readonly { name: string; type?: string; content: Uint8Array | string }[];
  /** Stops the answer, as people do. */
  signal?: AbortSignal;
}

/** What came of a call: what the model is told, and what comes with the reply. */
export interface Tried extends Output {
  /** What people saw of it meanwhile, in order. */
  readonly progress: readonly string[];
}

/**
 * Calls a function of the team as Bobbin does, for its test: the arguments are checked, the time is limited, errors become
 * what the model is told, and secrets of the environment are taken out. Throws when the definition itself is wrong.
 *
 *     const { output, error, files } = await tryFunction(resetVpn, { user: 'ann' });
 * @param args What the model gives: null, or nothing, for what is left out. A text is the JSON that it wrote.
 */
export async function tryFunction(
  definition: FunctionDefinition,
  args: object | string = {},
  options: TryOptions = {},
): Promise<Tried> {
  const { team, mistakes } = readDefinition(definition);
  if (mistakes) throw new Error(mistakes.join('\n'));
  const progress: string[] = [];
  const context = contextOf(options, (doing) => progress.push(doing));
  const stop = options.signal ?? new AbortController().signal;
  const written = typeof args === 'string' ? args : JSON.stringify(args);
  const call = { id: 'call_1', name: team.name, arguments: written };
  const called = await callFunction(team, call, { context, stop, secrets: secretsOf(process.env) });
  return { ...called, progress };
}

function contextOf(options: TryOptions, progress: CallContext['progress']): Omit<CallContext, 'signal'> {
  const { asker = { id: 'U1', name: 'Ann' }, conversation = 'test:1', attachments = [] } = options;
  const files = attachments.map(({ name, type = 'text/plain', content }) => {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    return { name, type, size: bytes.byteLength, read: async () => bytes };
  });
  return { asker, conversation, attachments: files, log: pino({ level: 'silent' }), progress };
}
