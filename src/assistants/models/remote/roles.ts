import type { ModelContent, ModelItem, ModelRequest } from '../model.ts';
import type { Preparation } from './concessions.ts';

/**
 * For servers whose chat template wants people and model to take turns, and a person first and last: Gemma, Mistral
 * (https://github.com/huggingface/text-generation-inference/issues/3198), Anthropic, Perplexity. Mistral takes no
 * question right after a tool's output, either (https://github.com/charmbracelet/crush/issues/279).
 */
export const TAKING_TURNS: Preparation = {
  answers: ({ code, words }) => TURNS.test(`${code} ${words}`),
  prepare: (request) => ({ ...request, items: takingTurns(request.items) }),
};

/** For models that know no system message, such as Gemma: the instructions go before the first question. */
export const INSTRUCTIONS_IN_QUESTION: Preparation = {
  answers: ({ code, param, words }, { request }) =>
    request.instructions !== '' && NO_SYSTEM.test(`${code} ${param} ${words}`),
  prepare: (request) => ({ ...request, instructions: '', items: withInstructions(request) }),
};

const TURNS =
  /alternat(e|es|ing)\b|unexpected role|message_order|(multiple|consecutive|successive|two|duplicate) .{0,30}(roles?|messages?)\b|expected last role|(first|last) (non-system )?message|no user query|(start|begin|end)s? with a user|prefill|comes? immediately after a (user|function)/i;

const NO_SYSTEM =
  /\bsystem\W{0,3} ?(role|messages?|prompts?|instructions?)\b.{0,60}(not|unsupported|unknown|invalid)|(not support|unsupported|unknown|invalid|unexpected|unrecogni[sz]ed)\b.{0,40}\b(system|instructions)\b|(developer|system) instructions? (is|are) not|only user(,| and) (assistant|model)|\brole\b.{0,40}\bsystem\b.{0,40}\bnot\b|\binstructions\b.{0,30}(not support|unsupported)/i;

type Message = Extract<ModelItem, { type: 'message' }>;

/** Neighbours of one role become one message, and a role that is missing says so in a few words. */
function takingTurns(items: ModelItem[]): ModelItem[] {
  const done: ModelItem[] = [];
  let last: 'user' | 'assistant' | 'tool' | undefined;
  for (const item of items) {
    const role = roleOf(item);
    if (last === undefined && role !== 'user') done.push(said('user', '[What was said before is left out.]'));
    if (last === 'tool' && role === 'user') done.push(said('assistant', '[No answer was given.]'));
    const before = done.at(-1);
    if (role === 'user' && last === 'user' && isMessage(item) && before && isMessage(before)) {
      done[done.length - 1] = { ...before, content: [...before.content, ...item.content] };
    } else done.push(item);
    last = role;
  }
  if (last === 'assistant') done.push(said('user', '[Go on.]'));
  return done;
}

function withInstructions({ instructions, items }: ModelRequest): ModelItem[] {
  const first = items[0];
  const opening: ModelContent = { type: 'text', text: instructions };
  return first && isMessage(first) && first.role === 'user'
    ? [{ ...first, content: [opening, ...first.content] }, ...items.slice(1)]
    : [said('user', instructions), ...items];
}

/** A provider's own items belong to the answer that follows or precedes them. */
function roleOf(item: ModelItem): 'user' | 'assistant' | 'tool' {
  if (item.type === 'tool_output') return 'tool';
  return item.type === 'message' ? item.role : 'assistant';
}

function isMessage(item: ModelItem): item is Message {
  return item.type === 'message';
}

function said(role: Message['role'], text: string): Message {
  return { type: 'message', role, content: [{ type: 'text', text }] };
}
