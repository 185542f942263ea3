import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelEvent } from '../../src/assistants/models/model.ts';
import type { Call, Reply } from '../../src/platform.ts';
import { RateBudget } from '../../src/reply/publisher/rate-budget.ts';
import type { Limits, View } from '../../src/view.ts';
import { openHarness } from '../conversation/harness.ts';
import { end, ScriptedModel } from '../sim/scripted-model.ts';
import { type Figure, print } from './figure.ts';

const REPLIES = 1_000;
const TOKENS = 300;
const TOKEN_MS = 20;
/** Discord's limit for a bot, which all replies share. */
const LIMIT = { calls: 50, perMs: 1_000 };

interface Load {
  seconds: number;
  cpuSeconds: number;
  rssMB: number;
  calls: number;
  whole: number;
}

/** What it costs when 1,000 people are answered at once, in a process of its own. */
export async function thousandFigures(): Promise<Figure[]> {
  const options = { encoding: 'utf8', maxBuffer: 1e6 } as const;
  const load: Load = JSON.parse(execFileSync(process.execPath, [import.meta.filename, 'load'], options));
  const percent = ((100 * load.cpuSeconds) / load.seconds).toFixed(0);
  return [
    { name: `${REPLIES} replies at once, arrived whole`, value: String(load.whole), aim: String(REPLIES) },
    { name: 'their time', value: `${load.seconds.toFixed(1)} s, with ${load.calls} calls` },
    { name: 'their processor time', value: `${load.cpuSeconds.toFixed(1)} s (${percent} % of one core)` },
    { name: 'memory at the end', value: `${load.rssMB.toFixed(0)} MB` },
  ];
}

/** A reply that draws on the shared budget and keeps what it was last told to show. */
class CountedReply implements Reply {
  readonly limits: Limits = { characters: 2_000, tables: 'fixed-width', images: 'link' };
  readonly #budget: RateBudget;
  readonly #release: () => void;
  shown = '';
  ended = false;
  calls = 0;

  constructor(budget: RateBudget) {
    this.#budget = budget;
    this.#release = budget.hold();
  }

  next({ parts, outcome }: View): Call | undefined {
    const text = parts.map((part) => part.source).join('');
    if (text === this.shown && (this.ended || !outcome)) return undefined;
    const send = async () => {
      this.calls++;
      this.shown = text;
      this.ended = outcome !== undefined;
    };
    return { budget: this.#budget, send };
  }

  close(): void {
    this.#release();
  }
}

async function load(): Promise<Load> {
  const tokens = Array.from({ length: TOKENS }, (_, i) => `word${i} `);
  const model = new ScriptedModel(async function* (): AsyncGenerator<ModelEvent> {
    for (const delta of tokens) {
      await sleep(TOKEN_MS);
      yield { type: 'text', delta };
    }
    yield end();
  });
  const { turnInto } = await openHarness({ model });
  const budget = new RateBudget({ name: 'all', limit: LIMIT });
  const began = performance.now();
  const before = process.cpuUsage();
  const replies = await Promise.all(
    Array.from({ length: REPLIES }, async (_, i) => {
      const message = {
        id: `m${i}`,
        conversation: `test:${i}`,
        author: { id: `u${i}`, name: 'Ann' },
        text: 'Tell me.',
      };
      return turnInto(new CountedReply(budget), [message]);
    }),
  );
  const { user, system } = process.cpuUsage(before);
  return {
    seconds: (performance.now() - began) / 1_000,
    cpuSeconds: (user + system) / 1e6,
    rssMB: process.memoryUsage().rss / 1e6,
    calls: replies.reduce((sum, { calls }) => sum + calls, 0),
    whole: replies.filter(({ shown }) => shown === tokens.join('').trimEnd()).length,
  };
}

if (import.meta.main && process.argv[2] === 'load') process.stdout.write(JSON.stringify(await load()));
else if (import.meta.main) print(await thousandFigures());
