import { LocalSignals } from '../../local-signals.ts';
import { type Signals, writeSignal } from '../../signals.ts';
import type { Query } from '../connections/connections.ts';
import type { Presence } from './presence.ts';

const CHANNEL = 'bobbin_signals';

/** Signals by LISTEN and NOTIFY: https://www.postgresql.org/docs/current/sql-notify.html */
export async function postgresSignals(query: Query, presence: Presence): Promise<Signals> {
  const here = new LocalSignals();
  presence.events.on('notified', (channel, payload) => {
    if (channel !== CHANNEL) return;
    const [topic, text] = JSON.parse(payload);
    here.emit(topic, text);
  });
  await presence.listen(CHANNEL);
  return {
    async send(topic, text) {
      await query('SELECT pg_notify($1, $2)', [CHANNEL, writeSignal(topic, text)]);
    },
    on: (topic, listener) => here.on(topic, listener),
  };
}
