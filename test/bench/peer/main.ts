import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { inspect, parseArgs } from 'node:util';
import { bobbin } from './bots/bobbin.ts';
import type { Bot } from './bots/bot.ts';
import { chatSdk } from './bots/chat-sdk.ts';
import { headline, writeInto } from './report.ts';
import { crowd } from './scenarios/crowd.ts';
import { killed } from './scenarios/kill.ts';
import { load } from './scenarios/load.ts';
import { longReplies } from './scenarios/long.ts';
import { refusedEnd } from './scenarios/refusal.ts';
import { oneReply } from './scenarios/reply.ts';
import type { Scenario, Values } from './scenarios/scenario.ts';
import { secondMessage } from './scenarios/second.ts';
import { start } from './scenarios/start.ts';
import type { Setting } from './stages/stage.ts';
import { type Measured, table } from './table.ts';

const USAGE = `Usage: npm run bench:peer -- [--rounds N] [--only WORDS] [--write]
  --rounds  how often each bot does each scenario, in turn (default: 3)
  --only    just those whose title or platform has these words in it
  --write   puts the table between the markers in BENCHMARKS.md
`;
const BOTS = [bobbin, chatSdk];
const SCENARIOS = [oneReply, crowd, longReplies, refusedEnd, secondMessage, killed, start, load];
const ROUNDS = 3;

const { rounds, only, write } = options();
install();
const measured: Measured[] = [];
for (const scenario of SCENARIOS) {
  for (const setting of scenario.settings) {
    if (!`${scenario.title} — ${setting.name}`.toLowerCase().includes(only)) continue;
    const results = new Map(BOTS.map((bot) => [bot, [] as Values[]]));
    for (let round = 1; round <= rounds; round++) {
      for (const bot of BOTS) {
        process.stderr.write(`${scenario.title} — ${setting.name}: ${bot.name}, ${round} of ${rounds}\n`);
        results.get(bot)?.push(await measure(scenario, bot, setting));
      }
    }
    measured.push({ scenario, setting, rounds: results });
  }
}
const report = `${headline(BOTS, rounds)}\n\n${table(measured, BOTS)}\n`;
process.stdout.write(report);
if (write) writeInto(report);

/** One failure doesn't cost the hours of all others: its cells stay empty, and the command fails at its end. */
async function measure(scenario: Scenario, bot: Bot, setting: Setting): Promise<Values> {
  try {
    return await scenario.measure(bot, setting);
  } catch (error) {
    process.stderr.write(`${inspect(error)}\n`);
    process.exitCode = 1;
    return {};
  }
}

function options(): { rounds: number; only: string; write: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: 'string', default: String(ROUNDS) },
        only: { type: 'string', default: '' },
        write: { type: 'boolean', default: false },
      },
    });
    const rounds = Number(values.rounds);
    if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number from 1.');
    return { rounds, only: values.only.toLowerCase(), write: values.write };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    process.exit(2);
  }
}

/** The peer's packages are no part of the product, so they come with the first run. */
function install(): void {
  if (existsSync(join(import.meta.dirname, 'node_modules', 'chat'))) return;
  const { status } = spawnSync('npm', ['ci', '--prefix', import.meta.dirname], { stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}
