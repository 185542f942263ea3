import { onTestFinished } from 'vitest';
import type { Envelope } from '../../sim/slack/delivery.ts';
import { GENERAL } from './world.ts';

interface OddEnvelope {
  type: Envelope['type'];
  payload: unknown;
}

const event = (event: unknown): OddEnvelope => ({
  type: 'events_api',
  payload: { type: 'event_callback', team_id: 'T0ACME', event },
});
const click = (rest: object): OddEnvelope => ({
  type: 'interactive',
  payload: { type: 'block_actions', ...rest },
});
const stop = { type: 'button', action_id: 'bobbin_stop', block_id: 'b' };

/** What Slack has no reason to send, and might. */
export const ODD_PAYLOADS: readonly OddEnvelope[] = [
  { type: 'events_api', payload: undefined },
  { type: 'events_api', payload: null },
  { type: 'events_api', payload: {} },
  event(null),
  event({}),
  event({ type: 'error' }),
  event({ type: 'message' }),
  event({ type: 'message', channel: {}, user: 'U0ANN', ts: 1 }),
  event({ type: 'message', channel: GENERAL, user: 'U0ANN', ts: '1.1', item: null }),
  event({ type: 'app_mention', channel: GENERAL, user: null, ts: '1.1', text: null, files: 3 }),
  event({ type: 'app_home_opened', tab: 'messages' }),
  event({ type: 'agent_session_stopped' }),
  { type: 'interactive', payload: null },
  click({ actions: null }),
  click({ actions: [] }),
  click({ actions: [stop], user: null }),
  click({ actions: [stop], user: { id: 'U0ANN' }, team: { id: 'T0ACME' }, message: { thread: null } }),
  {
    type: 'interactive',
    payload: { type: 'message_action', callback_id: 'bobbin_new', user: {}, team: null },
  },
  { type: 'slash_commands', payload: { command: null } },
];

/** Fills as promises are rejected that nobody looks after: each would have ended the process. */
export function unhandledRejections(): unknown[] {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  return unhandled;
}
