import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelEvent } from '../../src/assistants/models/model.ts';
import { startScene } from '../adapters/discord/scene.ts';
import { startWorld } from '../adapters/slack/scene.ts';
import { end, ScriptedModel, text, usage } from '../sim/scripted-model.ts';
import { type Figure, inSeconds, print } from './figure.ts';

const TOKENS = 100;
const TOKEN_MS = 20;
const LAST = 'last.';
const RETRY_AFTER = 3;
const TIMES = 2;
const PATIENCE_MS = 60_000;
/** The calls by which a reply grows or ends in Slack. */
const GROWING = ['chat.update', 'chat.appendStream', 'chat.stopStream'];
const EDIT = 'PATCH /channels/:channel/messages/:message';

/** How long a reply takes to be whole after the platform has refused the call for its end twice. */
export async function refusalFigures(): Promise<Figure[]> {
  const [native, edits, discord] = await Promise.all([onSlack('native'), onSlack('edits'), onDiscord()]);
  return [figure('Slack native', native), figure('Slack edits', edits), figure('Discord', discord)];
}

interface Refused {
  /** Milliseconds from the run's end until the reply is whole. */
  whole: number;
  /** Of these, those since the last refusal. */
  sinceRefusal: number;
}

function figure(platform: string, { whole, sinceRefusal }: Refused): Figure {
  return {
    name: `${platform}, the last edit refused twice (Retry-After ${RETRY_AFTER} s): second refusal to whole`,
    value: `${inSeconds(sinceRefusal)} (${inSeconds(whole)} after the run's end)`,
    aim: '4 s',
  };
}

/** A model whose last piece the platform refuses to show. */
function modelThat(refuse: () => void, ended: { at: number }): ScriptedModel {
  return new ScriptedModel(async function* (): AsyncGenerator<ModelEvent> {
    for (let token = 1; token < TOKENS; token++) {
      yield text('word ');
      await sleep(TOKEN_MS);
    }
    refuse();
    yield text(LAST);
    yield usage;
    ended.at = Date.now();
    yield end();
  });
}

async function onSlack(streaming: 'native' | 'edits'): Promise<Refused> {
  const ended = { at: 0 };
  const model = modelThat(() => {
    for (const method of GROWING) world.sim.fails(method, { retryAfter: RETRY_AFTER, times: TIMES });
  }, ended);
  const world = await startWorld({ model, slack: { streaming } });
  const { sim } = world;
  const { channel, ts } = sim.user('ann').says('C0GENERAL', '@bobbin go');
  await sim.until(() => sim.texts(channel, ts).join('').includes(LAST), PATIENCE_MS);
  const wholeAt = Date.now();
  const refusals = sim.counters.calls.filter(({ answer }) => answer === 'ratelimited');
  await sim.settled();
  await world.close();
  return { whole: wholeAt - ended.at, sinceRefusal: wholeAt - (refusals.at(-1)?.at ?? Number.NaN) };
}

async function onDiscord(): Promise<Refused> {
  const ended = { at: 0 };
  const model = modelThat(() => scene.sim.fail(EDIT, { retryAfter: RETRY_AFTER }, TIMES), ended);
  const scene = await startScene(model);
  const { sim } = scene;
  const question = sim.user('ann').says('general', `${sim.mention} go`);
  await sim.until(() => scene.text(question.id).includes(LAST), PATIENCE_MS);
  const wholeAt = Date.now();
  const refusals = sim.calls.all.filter(({ status }) => status === 429);
  await scene.close();
  return { whole: wholeAt - ended.at, sinceRefusal: wholeAt - (refusals.at(-1)?.at ?? Number.NaN) };
}

if (import.meta.main) print(await refusalFigures());
