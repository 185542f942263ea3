import { afterEach } from 'vitest';
import type { Discord, DiscordOptions } from '../../../adapters/discord/discord.ts';
import type { ModelEvent } from '../../../src/assistants/models/model.ts';
import type { DiscordSim } from '../../sim/discord/discord.ts';
import type { DiscordOptions as SimOptions } from '../../sim/discord/options.ts';
import { aborted, end, type ScriptedAnswer, ScriptedModel } from '../../sim/scripted-model.ts';
import { createDiscord, type Scene, type SceneOptions, startScene, startSim } from './scene.ts';

/** Opens scenes and their parts for a test, and closes them after it. */

const open: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

function closing<T extends { close(): Promise<unknown> }>(one: T): T {
  open.push(one);
  return one;
}

/** A scene whose model gives these answers, one after the other. */
export async function openScene(answers: ScriptedAnswer[], options?: SceneOptions): Promise<ScriptedScene> {
  const model = new ScriptedModel(...answers);
  const scene = closing(await startScene(model, options));
  return Object.assign(scene, { model, told: () => toldTo(model) });
}

type ScriptedScene = Scene & {
  model: ScriptedModel;
  /** The texts of people's messages in the model's last request. */
  told(): string[];
};

export async function openSim(options?: SimOptions): Promise<DiscordSim> {
  return closing(await startSim(options));
}

export function openDiscord(sim: DiscordSim, options?: Partial<DiscordOptions>): Discord {
  return closing(createDiscord(sim, options));
}

function toldTo({ requests }: ScriptedModel): string[] {
  return (requests.at(-1)?.items ?? []).flatMap((item) =>
    item.type === 'message' && item.role === 'user'
      ? item.content.flatMap((part) => (part.type === 'text' ? [part.text] : []))
      : [],
  );
}

/** Holds an answer back until it is opened. */
export function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

/** An answer that begins with some events, and ends when the gate opens, after some more. */
export function heldBy(
  { opened }: { opened: Promise<void> },
  first: ModelEvent,
  ...rest: ModelEvent[]
): ScriptedAnswer {
  return async function* (_request, signal) {
    yield first;
    await Promise.race([opened, aborted(signal)]);
    yield* [...rest, end()];
  };
}
