import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSandbox, type Sandbox } from '../../src/assistants/code-interpreter/sandbox.ts';
import type { ModelEvent } from '../../src/assistants/models/model.ts';
import {
  DEFAULT_PYTHON_AT_ONCE,
  DEFAULT_TURNS_AN_HOUR,
  DEFAULT_TURNS_AT_ONCE,
} from '../../src/settings/people.ts';
import { startWorld, type World } from '../adapters/slack/scene.ts';
import { end, ScriptedModel, text, usage } from '../sim/scripted-model.ts';
import { type Figure, inSeconds, median, print } from './figure.ts';

const QUESTIONS = 200;
const CALLS = 16;
/** So many people make them, in one scene and in another. */
const FLOODS = [1, 3];
const SLEEP_S = 5;
/** Between two calls of a colleague, in ms: as long as it takes to make another Python ready. */
const CALL_PAUSE_MS = 4_000;
/** So often a colleague asks while the flood lasts, and without one. */
const SAMPLES = 5;
/** Between two of their questions, in ms. */
const PAUSE_MS = 1_500;
/** An answer of so many words, one every 20 ms. */
const [WORDS, WORD_MS] = [50, 20];
const AIM = '1.5';

const [FLOODED, OTHER] = ['C0FLOOD', 'C0OTHER'];
const CHANNELS = [FLOODED, OTHER].map((id) => ({ id, name: id.toLowerCase() }));
/** What people have where nothing is set. */
const LIMITS = { turnsAtOnce: DEFAULT_TURNS_AT_ONCE, turnsAnHour: DEFAULT_TURNS_AN_HOUR, unlimited: [] };

/** What it costs a colleague when one person asks and asks, on Slack with its limits on, and in Python. */
export async function floodFigures(): Promise<Figure[]> {
  return [...(await questions()), ...(await pythonCalls())];
}

async function* answer(): AsyncGenerator<ModelEvent> {
  for (let word = 0; word < WORDS; word++) {
    await sleep(WORD_MS);
    yield text('word ');
  }
  yield usage;
  yield end();
}

/** How long a colleague waits for the first words of an answer, and for its end, in ms. */
interface Waits {
  first: number;
  end: number;
}

async function questions(): Promise<Figure[]> {
  const calm = await startWorld(worldOptions());
  const without = { [FLOODED]: await waitsIn(calm, FLOODED), [OTHER]: await waitsIn(calm, OTHER) };
  await calm.close();
  const flooded = await startWorld(worldOptions());
  for (let question = 0; question < QUESTIONS; question++)
    flooded.sim.user('ann').says(FLOODED, `@bobbin number ${question}`);
  await sleep(PAUSE_MS);
  const [outside, inside] = [await waitsIn(flooded, OTHER), await waitsIn(flooded, FLOODED)];
  const told = flooded.sim.workspace.channel(FLOODED).ephemerals.length;
  await flooded.close();
  const name = `${QUESTIONS} questions of one person, a colleague’s`;
  return [
    ...compared(`${name} in another channel`, without[OTHER], outside, AIM),
    ...compared(`${name} in the same channel`, without[FLOODED], inside),
    { name: 'notes to the one who is over their limits', value: String(told), aim: 'one for each limit' },
  ];
}

const worldOptions = () => ({
  model: new ScriptedModel(answer),
  limits: LIMITS,
  sim: { channels: CHANNELS },
});

async function waitsIn({ sim }: World, channel: string): Promise<Waits[]> {
  const waits: Waits[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    const asked = performance.now();
    const { ts } = sim.user('ben').says(channel, '@bobbin hello');
    const shown = () => sim.texts(channel, ts).join('');
    await sim.until(() => shown().includes('word'), 300_000);
    const first = performance.now() - asked;
    await sim.until(() => shown().includes('[Regenerate]'), 300_000);
    waits.push({ first, end: performance.now() - asked });
    await sleep(PAUSE_MS);
  }
  return waits;
}

function compared(name: string, without: Waits[] = [], during: Waits[] = [], aim?: string): Figure[] {
  return (['first', 'end'] as const).map((what) => {
    const [calm, flood] = [without, during].map((waits) => median(waits.map((wait) => wait[what])));
    return ratio(`${name}, ${what === 'first' ? 'first words' : 'end'}`, calm, flood, aim);
  });
}

function ratio(name: string, calm = Number.NaN, flood = Number.NaN, aim?: string): Figure {
  const value = `${inSeconds(flood)}, ${inSeconds(calm)} without: ${(flood / calm).toFixed(2)} times`;
  return { name, value, ...(aim !== undefined && { aim }) };
}

/** A colleague’s `print` in a conversation that is new each time, while other people’s calls sleep. */
async function pythonCalls(): Promise<Figure[]> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'bobbin-bench-'));
  const sandbox = createSandbox({ cacheDir, limits: { partyProcesses: DEFAULT_PYTHON_AT_ONCE } });
  try {
    await sandbox.warmUp();
    await timesOf(sandbox, 'before', 1);
    const calm = median(await timesOf(sandbox, 'without'));
    const figures: Figure[] = [];
    for (const people of FLOODS) {
      const stopping = new AbortController();
      const calls = Array.from({ length: people * CALLS }, (_, number) =>
        run(sandbox, {
          session: `flood of ${people}, ${number}`,
          party: `flood ${number % people}`,
          code: `import time\ntime.sleep(${SLEEP_S})`,
          signal: stopping.signal,
        }),
      );
      const during = median(await timesOf(sandbox, `during a flood of ${people}`));
      stopping.abort();
      await Promise.allSettled(calls);
      const whose = people === 1 ? 'of one person' : `of each of ${people} people`;
      const name = `${CALLS} Python calls ${whose} that sleep ${SLEEP_S} s, a colleague’s print`;
      figures.push(ratio(name, calm, during, AIM));
    }
    return figures;
  } finally {
    await sandbox.close();
    await rm(cacheDir, { recursive: true });
  }
}

async function timesOf(sandbox: Sandbox, name: string, count = SAMPLES): Promise<number[]> {
  const times: number[] = [];
  for (let sample = 0; sample < count; sample++) {
    await sleep(CALL_PAUSE_MS);
    const asked = performance.now();
    await run(sandbox, { session: `${name} ${sample}`, party: 'colleague', code: 'print(2 ** 100)' });
    times.push(performance.now() - asked);
  }
  return times;
}

interface Call {
  session: string;
  party: string;
  code: string;
  signal?: AbortSignal;
}

function run(sandbox: Sandbox, { signal = new AbortController().signal, ...call }: Call) {
  return sandbox.run({ ...call, files: [] }, () => {}, signal);
}

if (import.meta.main) print(await floodFigures());
