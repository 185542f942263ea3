import { expect, test } from 'vitest';
import { client, errorOf, slack, socketApp, thread } from './fixture.ts';

const plain = (text: string) => ({ type: 'plain_text' as const, text });
const BUTTONS = [
  { type: 'section' as const, text: { type: 'mrkdwn' as const, text: 'Done.' } },
  {
    type: 'actions' as const,
    elements: [{ type: 'button' as const, action_id: 'again', text: plain('Regenerate'), value: 'run_1' }],
  },
  {
    type: 'context_actions' as const,
    elements: [
      {
        type: 'feedback_buttons' as const,
        action_id: 'feedback',
        positive_button: { text: plain('👍'), value: 'good' },
        negative_button: { text: plain('👎'), value: 'bad' },
      },
    ],
  },
];

test('reactions are told to an app that may hear of them, and of others’ channels nothing is told', async () => {
  const heard: unknown[] = [];
  const scopes = ['chat:write', 'reactions:read'];
  const sims = await Promise.all([slack(), slack({ scopes: ['chat:write'] }), slack({ scopes, events: [] })]);
  for (const sim of sims) {
    const note = async ({ event }: { event: object }) => void heard.push({ ...event, event_ts: '' });
    await socketApp(sim, (app) => {
      app.event('reaction_added', note);
      app.event('reaction_removed', note);
    });
    const ann = sim.user('ann');
    const message = sim.user('ben').says('C0GENERAL', 'hi');
    ann.reacts(message, '-1::skin-tone-2');
    expect(() => ann.reacts(message, '-1::skin-tone-2')).toThrow('already_reacted');
    expect(sim.view('C0GENERAL')).toContain(':-1::skin-tone-2: 1');
    ann.unreacts(message, '-1::skin-tone-2');
    expect(() => ann.unreacts(message, '-1::skin-tone-2')).toThrow('no_reaction');
    ann.reacts(ann.says('C0ELSEWHERE', 'secret'), '-1');
    await sim.settled();
    const item = { type: 'message', ...message };
    const event = { user: 'U0ANN', reaction: '-1::skin-tone-2', item, item_user: 'U0BEN', event_ts: '' };
    if (sim === sims[0])
      expect(heard).toEqual([
        { type: 'reaction_added', ...event },
        { type: 'reaction_removed', ...event },
      ]);
  }
  expect(heard).toHaveLength(2);
});

test('buttons are seen and can be pressed, feedback on either side', async () => {
  const sim = await slack();
  const pressed: unknown[] = [];
  await socketApp(sim, (app) => {
    app.action(/.*/, async ({ action, body, ack }) => {
      pressed.push([action.type, 'value' in action && action.value, body.user.id]);
      await ack();
    });
  });
  const { ts = '' } = await client(sim).chat.postMessage({
    channel: 'C0GENERAL',
    text: 'Done.',
    blocks: BUTTONS,
  });
  expect(sim.view('C0GENERAL')).toContain('Done.\n  [Regenerate]\n  [👍] [👎]');
  const message = { channel: 'C0GENERAL', ts };
  await sim.user('ann').presses(message, 'again');
  await sim.user('ben').presses(message, 'feedback', 'negative');
  expect(pressed).toEqual([
    ['button', 'run_1', 'U0ANN'],
    ['feedback_buttons', 'bad', 'U0BEN'],
  ]);
  expect(() => sim.user('ann').presses(message, 'stop')).toThrow('nothing to press');
});

test('a press that nobody acknowledges is shown as failed, and not tried again', async () => {
  const sim = await slack({ timing: { ackMs: 5 } });
  const { ts = '' } = await client(sim).chat.postMessage({
    channel: 'C0GENERAL',
    text: 'Done.',
    blocks: BUTTONS,
  });
  const outcome = await sim.user('ann').presses({ channel: 'C0GENERAL', ts }, 'again');
  expect(outcome).toMatchObject({ acked: false });
  expect(sim.view('C0GENERAL')).toContain('(only visible to ann) Something went wrong. Try again.');
});

test('a command is answered through its acknowledgement or its response_url, five times at most', async () => {
  const sim = await slack();
  const answers: unknown[] = [];
  await socketApp(sim, (app) => {
    app.command('/bobbin', async ({ ack, command }) => {
      await ack('Wait …');
      for (let count = 0; count < 6; count += 1) {
        const body = JSON.stringify({
          text: `Answer ${count}`,
          ...(count === 1 && { response_type: 'in_channel' }),
        });
        const response = await fetch(command.response_url, { method: 'POST', body });
        answers.push(response.status);
      }
    });
  });
  await sim.user('ann').command('/bobbin', 'new', 'C0GENERAL');
  await expect.poll(() => answers).toEqual([200, 200, 200, 200, 200, 404]);
  const view = sim.view('C0GENERAL');
  expect(view).toContain('bobbin [app]: Answer 1');
  expect(view).toContain('(only visible to ann) Wait …\n  (only visible to ann) Answer 0');
});

test('a command without an answer in time fails before the person’s eyes, and an unknown one is refused', async () => {
  const sim = await slack({ timing: { ackMs: 5 } });
  await sim.user('ann').command('/bobbin', 'help', 'C0GENERAL');
  expect(sim.view('C0GENERAL')).toContain('/bobbin failed with the error "operation_timeout"');
  expect(() => sim.user('ann').command('/nothing')).toThrow('not a valid command');
});

test('the messages tab opens with app_home_opened; only the legacy view starts an assistant thread', async () => {
  const heard: unknown[] = [];
  for (const agentView of ['agent_view', 'assistant_view'] as const) {
    const sim = await slack({ agentView });
    await socketApp(sim, (app) => {
      app.event('app_home_opened', async ({ event }) => void heard.push(`${agentView} ${event.tab}`));
      app.event(
        'assistant_thread_started',
        async ({ event }) => void heard.push(`${agentView} ${event.type}`),
      );
    });
    sim.user('ann').opensHomeTab();
    sim.user('ann').opensMessagesTab();
    await sim.settled();
  }
  expect(heard.sort()).toEqual([
    'agent_view home',
    'agent_view messages',
    'assistant_view assistant_thread_started',
    'assistant_view home',
    'assistant_view messages',
  ]);
});

test('a status stands under the thread until the app replies, clears it or it is too old', async () => {
  const sim = await slack();
  const web = client(sim);
  const place = thread(sim);
  const at = { channel_id: place.channel, thread_ts: place.thread_ts };
  const set = (status: string) =>
    web.assistant.threads.setStatus({ ...at, status, loading_messages: ['Reading …'] });
  await set('is thinking …');
  expect(sim.view('C0GENERAL')).toContain('bobbin is thinking … (Reading …)');
  await web.chat.postMessage({ ...place, text: 'Hello' });
  expect(sim.view('C0GENERAL')).not.toContain('is thinking');
  await set('is thinking …');
  await set('');
  expect(sim.view('C0GENERAL')).not.toContain('is thinking');
  const messages = Array.from({ length: 11 }, () => 'x');
  const tooMany = web.assistant.threads.setStatus({ ...at, status: 'x', loading_messages: messages });
  expect(await errorOf(tooMany)).toBe('invalid_arguments');
  const ofLength = (length: number) =>
    errorOf(web.assistant.threads.setStatus({ ...at, status: 'x'.repeat(length) }));
  expect([await ofLength(50), await ofLength(51)]).toEqual(['ok', 'invalid_arguments']);
  expect(await errorOf(web.assistant.threads.setStatus({ ...at, thread_ts: '1.000001', status: 'x' }))).toBe(
    'invalid_thread_ts',
  );
});

test('an old status is gone by itself', async () => {
  const sim = await slack({ timing: { statusAgeMs: 0 } });
  const place = thread(sim);
  await client(sim).assistant.threads.setStatus({
    channel_id: place.channel,
    thread_ts: place.thread_ts,
    status: 'is thinking',
  });
  expect(sim.view('C0GENERAL')).not.toContain('is thinking');
});

test('titles and prompts belong to the app’s direct messages', async () => {
  const sim = await slack();
  const { threads } = client(sim).assistant;
  const ann = sim.user('ann');
  const { ts } = ann.says(ann.dm, 'How many?');
  await threads.setTitle({ channel_id: ann.dm, thread_ts: ts, title: 'Counting' });
  await threads.setSuggestedPrompts({
    channel_id: ann.dm,
    title: 'Try',
    prompts: [{ title: 'Help', message: 'Help me' }],
  });
  expect(sim.view(ann.dm)).toBe('(direct messages D0ANN)\n  Try: [Help]\n“Counting”\nann: How many?');
  const prompts = Array.from({ length: 5 }, () => ({ title: 'Help', message: 'Help me' }));
  expect(await errorOf(threads.setSuggestedPrompts({ channel_id: ann.dm, prompts }))).toBe(
    'invalid_arguments',
  );
  const place = thread(sim);
  const inChannel = threads.setTitle({ channel_id: place.channel, thread_ts: place.thread_ts, title: 'x' });
  expect(await errorOf(inChannel)).toBe('channel_not_found');
});

test('people can’t do what Slack would not let them do', async () => {
  const sim = await slack();
  const { channel, ts } = sim.user('ben').says('C0GENERAL', 'mine');
  const ann = sim.user('ann');
  expect(() => ann.edits({ channel, ts }, 'yours')).toThrow('not ann');
  expect(() => sim.user('cleo').says('C0PRIVATE', 'hi')).toThrow('cleo is not in C0PRIVATE');
  expect(() => ann.says('C0ARCHIVE', 'hi')).toThrow('archived');
  expect(() => ann.says('C0GENERAL', 'hi', { thread: '1.000001' })).toThrow('no message');
  expect(() => sim.user('nobody')).toThrow('nobody');
});

test('waiting for something that does not come says what was there instead', async () => {
  const sim = await slack();
  sim.user('ann').says('C0GENERAL', 'hi');
  await expect(sim.until(() => false, 5)).rejects.toThrow('#general\nann: hi');
});
