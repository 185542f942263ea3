import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { report } from './report.ts';
import { type Options, run } from './run.ts';
import type { PlatformName } from './schedule.ts';

const USAGE = `Usage: npm run test:faults -- [FAULTS] [--seed N] [--store sqlite|postgres] [--replicas N]
                                  [--platform slack|discord|both] [--pace N] [--rolling]
  FAULTS      how many things go wrong (default: 30); a thousand take about half an hour
  --seed      which ones, and when: a run prints its own (default: a random one)
  --replicas  processes that share a PostgreSQL (default: 3; with SQLite there is one)
  --pace      a smaller number than 1 lets less time pass between two faults
  --rolling   instead of faults, one restart of each process under steady load
`;
const FAULTS = 30;
const REPLICAS = 3;
const PLATFORMS: Readonly<Record<string, readonly PlatformName[]>> = {
  slack: ['slack'],
  discord: ['discord'],
  both: ['slack', 'discord'],
};

const options = optionsOf(process.argv.slice(2));
process.stdout.write(`Seed ${options.seed}.\n`);
const result = await run(options);
process.stdout.write(report(options, result));
process.exitCode = result.violations.length > 0 ? 1 : 0;

function optionsOf(args: string[]): Options {
  try {
    return read(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    process.exit(2);
  }
}

function read(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seed: { type: 'string', default: String(randomInt(1_000_000)) },
      store: { type: 'string' },
      replicas: { type: 'string' },
      platform: { type: 'string', default: 'both' },
      pace: { type: 'string', default: '1' },
      rolling: { type: 'boolean', default: false },
    },
  });
  const store = values.store ?? (values.rolling ? 'postgres' : 'sqlite');
  const platforms = PLATFORMS[values.platform];
  if (store !== 'sqlite' && store !== 'postgres') throw new Error('--store takes sqlite or postgres.');
  if (!platforms) throw new Error('--platform takes slack, discord or both.');
  const replicas = whole(values.replicas ?? String(store === 'sqlite' ? 1 : REPLICAS), '--replicas');
  if (store === 'sqlite' && replicas > 1) throw new Error('A SQLite file is used by one process at a time.');
  const pace = Number(values.pace);
  if (!(pace > 0)) throw new Error('--pace takes a number above 0.');
  return {
    seed: whole(values.seed, '--seed', 0),
    faults: whole(positionals[0] ?? String(FAULTS), 'FAULTS'),
    ...{ store, replicas, platforms, pace },
    isRolling: values.rolling,
  };
}

function whole(text: string, name: string, least = 1): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < least)
    throw new Error(`${name} takes a whole number from ${least}.`);
  return number;
}
