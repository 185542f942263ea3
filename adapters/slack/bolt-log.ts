import { LogLevel } from '@slack/bolt';
import type { Logger } from '../../src/log.ts';

/**
 * What Bolt and its clients have to say, in Bobbin's own log. Their debug lines hold whole messages and answers, and
 * so go nowhere.
 */
export function boltLog(log: Logger) {
  const line = (parts: unknown[]) => parts.map(String).join(' ');
  return {
    debug: () => {},
    info: (...parts: unknown[]) => log.debug(line(parts)),
    warn: (...parts: unknown[]) => log.debug(line(parts)),
    error: (...parts: unknown[]) => log.warn(line(parts)),
    setLevel: () => {},
    getLevel: () => LogLevel.INFO,
    setName: () => {},
  };
}
