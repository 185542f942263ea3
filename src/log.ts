import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Fields that may hold a secret, wherever they turn up one or two levels deep. */
const SECRETS = ['apiKey', 'token', 'authorization', 'password', 'headers', 'databaseUrl'];

/** A logger on stderr: one JSON object a line, or pretty lines on a terminal. Never logs a secret's field. */
export async function openLog(level: string): Promise<Logger> {
  const options = { level, redact: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]) };
  if (!process.stderr.isTTY) return pino(options, pino.destination({ dest: 2, sync: true }));
  const { PinoPretty } = await import('pino-pretty');
  return pino(options, PinoPretty({ destination: 2, sync: true, ignore: 'pid,hostname' }));
}
