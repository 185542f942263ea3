import { Hono } from 'hono';
import { Keyv } from 'keyv';
import OpenAI from 'openai';
import { createAssistants } from '../../src/assistants/index.ts';
import { ScriptedInterpreter } from '../sim/scripted-interpreter.ts';
import { end, ScriptedModel, text } from '../sim/scripted-model.ts';

interface Figure {
  name: string;
  value: string;
  aim?: string;
}

const BATCHES = 15;
const WORD = 'word ';

/** What the embedded API costs for each piece of an answer, all in this process. */
export async function assistantsFigures(): Promise<Figure[]> {
  const figures: Figure[] = [];
  const base = bareStream();
  for (const deltas of [1_000, 10_000]) {
    const name = `${deltas.toLocaleString('en')} deltas`;
    const bare = await microseconds(deltas, () => base(deltas));
    const client = await assistantsClient(deltas);
    const raw = await microseconds(deltas, () => client.raw());
    const helper = await microseconds(deltas, () => client.helper());
    figures.push(
      { name: `Hono and the SDK alone, ${name}, each`, value: `${bare.toFixed(1)} µs` },
      { name: `model delta to SDK event, ${name}, each`, value: `${raw.toFixed(1)} µs`, aim: '25 µs' },
      { name: `model delta to AssistantStream event, ${name}, each`, value: `${helper.toFixed(1)} µs` },
    );
  }
  return figures;
}

/** Streams of the same frames without an Assistants API behind them. */
function bareStream(): (deltas: number) => Promise<void> {
  const encoder = new TextEncoder();
  const data = {
    id: 'msg_1',
    object: 'thread.message.delta',
    delta: { content: [{ index: 0, type: 'text', text: { value: WORD } }] },
  };
  const app = new Hono();
  app.post('/v1/threads/:thread_id/runs', (c) => {
    let left = Number(c.req.param('thread_id'));
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const last = left-- <= 0;
        const frame = last
          ? 'event: done\ndata: [DONE]\n\n'
          : `event: thread.message.delta\ndata: ${JSON.stringify(data)}\n\n`;
        controller.enqueue(encoder.encode(frame));
        if (last) controller.close();
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  });
  const client = sdk((request) => app.fetch(request));
  return async (deltas) => {
    const stream = await client.beta.threads.runs.create(String(deltas), { assistant_id: 'a', stream: true });
    await drain(stream);
  };
}

async function assistantsClient(deltas: number) {
  const answer = [...Array.from({ length: deltas }, () => text(WORD)), end()];
  const { handle } = createAssistants({
    keyv: <T>(namespace: string) => new Keyv<T>({ namespace }),
    model: new ScriptedModel(answer),
    codeInterpreter: new ScriptedInterpreter(),
    onError: (error) => {
      throw error;
    },
  });
  const client = sdk(handle);
  const { id: assistant_id } = await client.beta.assistants.create({ model: 'scripted' });
  const thread = { messages: [{ role: 'user' as const, content: 'Go.' }] };
  return {
    raw: async () => {
      const { id } = await client.beta.threads.create(thread);
      await drain(await client.beta.threads.runs.create(id, { assistant_id, stream: true }));
    },
    helper: async () => {
      const { id } = await client.beta.threads.create(thread);
      await client.beta.threads.runs.stream(id, { assistant_id }).finalRun();
    },
  };
}

function sdk(handle: (request: Request) => Response | Promise<Response>): OpenAI {
  return new OpenAI({
    apiKey: 'none',
    baseURL: 'http://assistants.test/v1',
    fetch: async (url, init) => handle(new Request(url, init)),
  });
}

async function drain(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _event of events);
}

/** The median time of a batch, for each of its deltas. */
async function microseconds(deltas: number, batch: () => Promise<void>): Promise<number> {
  await batch();
  const times: number[] = [];
  for (let at = 0; at < BATCHES; at++) {
    const from = performance.now();
    await batch();
    times.push(((performance.now() - from) * 1_000) / deltas);
  }
  return times.sort((a, b) => a - b)[Math.floor(BATCHES / 2)] ?? Number.NaN;
}

if (import.meta.main) {
  for (const { name, value, aim } of await assistantsFigures())
    process.stdout.write(`${name}: ${value}${aim ? ` (aim ${aim})` : ''}\n`);
}
