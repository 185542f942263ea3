import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import invitation from '../../functions/calendar.ts';
import { readDefinition } from '../../src/functions/modules/definition.ts';
import type { TeamFunction } from '../../src/functions/team-function.ts';
import { type Platform, unlimited } from '../../src/platform.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { scriptedBot } from '../sim/scripted-bot.ts';
import { calls, end, type ScriptedAnswer, ScriptedModel, says } from '../sim/scripted-model.ts';
import { type Figure, percentile, print } from './figure.ts';

/** Each in a conversation of its own, one after the other. */
const TURNS = 200;
const WARM_UP = 50;

/** When what happened in a turn, in ms. */
interface Times {
  /** The model has written its last argument. */
  called: number;
  /** The first handler began, and the last one ended. */
  began: number;
  ended: number;
  /** The model is asked again. */
  asked: number;
}

/** What calls cost beside their handlers, with everything kept that another process would need: SQLite. */
export async function functionCallFigures(): Promise<Figure[]> {
  const one = await costsOf(1);
  const four = await costsOf(4);
  return [
    {
      name: 'a call beside its handler, from its last argument to the next request',
      value: told(one),
      aim: '5 ms',
    },
    { name: 'four at once', value: told(four) },
  ];
}

function told(costs: number[]): string {
  const [half, most] = [0.5, 0.99].map((share) => percentile(costs, share).toFixed(1));
  return `p50 ${half} ms, p99 ${most} ms`;
}

async function costsOf(count: number): Promise<number[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'bobbin-bench-'));
  const store = await openStore({ dataDir });
  try {
    return await costsIn(store, count);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function costsIn(store: Store, count: number): Promise<number[]> {
  const times: Times = { called: 0, began: 0, ended: 0, asked: 0 };
  const model = new ScriptedModel(answer(count, times));
  const bot = await scriptedBot({ store, model, functions: [timed(times)] });
  await bot.connect(PLATFORM);
  const costs: number[] = [];
  for (let turn = 0; turn < WARM_UP + TURNS; turn++) {
    times.began = Number.POSITIVE_INFINITY;
    const id = String(turn);
    const author = { id: 'ann', name: 'Ann' };
    await bot.receive({ id, conversation: `bench:${id}`, author, text: 'Invite us.' }).answered;
    costs.push(times.asked - times.called - (times.ended - times.began));
  }
  await bot.close();
  return costs.slice(WARM_UP);
}

/** The example, without its file: to keep one is another cost. */
function timed(times: Times): TeamFunction {
  const { team } = readDefinition(invitation);
  if (!team) throw new Error('The example is wrong.');
  return {
    ...team,
    async call(...args) {
      times.began = Math.min(times.began, performance.now());
      const { text } = await team.call(...args);
      times.ended = performance.now();
      return { text };
    },
  };
}

/** Calls the function so often at once, and then says something. */
function answer(count: number, times: Times): ScriptedAnswer {
  const start = `${new Date().getUTCFullYear() + 1}-01-20T14:30`;
  const args = JSON.stringify({ title: 'Review', start, time_zone: 'Europe/Berlin', minutes: null });
  return async function* ({ items }) {
    if (items.some(({ type }) => type === 'tool_output')) {
      times.asked = performance.now();
      yield* says('Done.');
      return;
    }
    for (let at = 0; at < count; at++) yield* calls('calendar_invitation', args, `call_${at}`, at);
    times.called = performance.now();
    yield end();
  };
}

const PLATFORM: Platform = {
  name: 'bench',
  start: async () => {},
  reply: () => {
    let isOver = false;
    return {
      limits: { characters: 2_000, tables: 'markdown' },
      next: ({ outcome }) => {
        if (isOver || !outcome) return undefined;
        const send = async () => {
          isOver = true;
        };
        return { budget: unlimited, send };
      },
    };
  },
  close: async () => {},
};

if (import.meta.main) print(await functionCallFigures());
