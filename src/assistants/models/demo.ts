import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DemoAnswer, demoAnswer } from './demo/answer.ts';
import type { Model, ModelEvent } from './model.ts';

/** So that an answer is seen to grow. */
const WORD_DELAY_MS = 8;

/** Arguments are streamed in pieces of so many characters. */
const PIECE = /[\s\S]{1,24}/gu;

/**
 * The model that answers when no provider is set up: no language model but a few rules, and it says so. It runs
 * Python that a message holds, solves linear equations by writing Python, quotes the documents that it may search, and
 * remembers the thread. It answers to any model name. `wordDelayMs` is the pause between two words.
 */
export function demoModel({ wordDelayMs = WORD_DELAY_MS }: { wordDelayMs?: number } = {}): Model {
  return {
    async *respond(request, signal) {
      for (const event of eventsOf(demoAnswer(request))) {
        signal.throwIfAborted();
        yield event;
        if (wordDelayMs > 0) {
          await sleep(wordDelayMs, undefined, { signal }).catch(() => signal.throwIfAborted());
        }
      }
    },
    offered: async () => [{ id: 'demo', ownedBy: 'bobbin' }],
  };
}

function* eventsOf({ text, call }: DemoAnswer): Generator<ModelEvent> {
  for (const delta of text.match(/\S+\s*|\s+/g) ?? []) yield { type: 'text', delta };
  if (call) {
    const callId = `call_${randomUUID().replaceAll('-', '')}`;
    yield { type: 'tool_call', index: 0, callId, name: call.name };
    for (const delta of JSON.stringify(call.arguments).match(PIECE) ?? []) {
      yield { type: 'tool_arguments', index: 0, delta };
    }
  }
  // Programs that come from OpenAI add up what their runs used.
  yield { type: 'usage', promptTokens: 0, completionTokens: 0 };
  yield { type: 'end', reason: 'stop' };
}
