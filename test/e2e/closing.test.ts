import { expect, onTestFinished, test } from 'vitest';
import { startChatCompletions } from '../sim/chat-completions.ts';
import { startSlack } from '../sim/slack/slack.ts';
import { dataDir, start, withoutCode } from './bobbin.ts';

test('a process that ends while a deleted message waits for its run to be over logs no error', async () => {
  const sim = await startSlack();
  onTestFinished(() => sim.close());
  const model = await startChatCompletions({ models: ['sim'] });
  onTestFinished(() => model.close());
  model.next({ text: 'one two three four five six seven eight nine ten', trouble: { delayMs: 3_000 } });
  const bobbin = start([], {
    ...withoutCode,
    DATA_DIR: dataDir(),
    PORT: '0',
    SLACK_BOT_TOKEN: sim.app.botToken,
    SLACK_APP_TOKEN: sim.app.appToken,
    SLACK_API_URL: sim.apiUrl,
    OPENAI_BASE_URL: model.url,
    OPENAI_API_KEY: 'sim',
    MODEL: 'sim',
    SHUTDOWN_GRACE_SECONDS: '0',
  });
  await bobbin.prints('stderr', /"msg":"ready"/);
  const ann = sim.user('ann');
  const root = ann.says('C0GENERAL', '@bobbin tell me');
  await sim.until(() => sim.thread('C0GENERAL', root.ts).includes('one'));
  const more = ann.says('C0GENERAL', 'never mind', { thread: root.ts });
  ann.deletes(more);
  ann.deletes(root);
  await sim.settled();
  bobbin.child.kill('SIGTERM');
  const { status, stderr } = await bobbin.end;
  expect(status).toBe(0);
  expect(stderr).not.toMatch(/"level":[56]0/);
});
