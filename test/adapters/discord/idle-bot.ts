import type { Bot } from '../../../src/platform.ts';

/** A bot that is asked in vain. */
export const idle: Bot = {
  prompts: [],
  knows: async () => false,
  receive: () => ({ kept: Promise.resolve(), answered: Promise.resolve() }),
  stop: async () => false,
  renew: async () => true,
  rate: () => {},
  signOfWork: () => {},
  retract: async () => {},
  vanish: async () => {},
  absence: async () => undefined,
  objection: async () => undefined,
  decide: async () => undefined,
};
