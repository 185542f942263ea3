import type { ModelEvent } from '../../src/assistants/models/model.ts';
import type { Approval, TeamFunction } from '../../src/functions/team-function.ts';
import { calls, end } from './scripted-model.ts';

/** A function of the team that is called only with somebody's word, and the calls that were made. */
export function askingFunction(approve: Approval = 'asker', name = 'reset_vpn') {
  const made: unknown[] = [];
  const team: TeamFunction = {
    name,
    description: 'Resets the VPN of somebody.',
    parameters: { type: 'object', properties: { user: { type: 'string' } } },
    strict: false,
    approve,
    async call(args) {
      made.push(args);
      return { text: `${name} is done.` };
    },
  };
  return { team, made };
}

/** A model's calls of it, all at once. */
export function callsOf(...args: [name: string, args: string][]): ModelEvent[] {
  return [...args.flatMap(([name, json], at) => calls(name, json, `call_${name}_${at}`, at)), end()];
}
