import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startChatCompletions } from '../sim/chat-completions.ts';
import { startPostgres } from '../sim/postgres.ts';
import { startSlack } from '../sim/slack/slack.ts';
import { dataDir, start, withoutCode } from './bobbin.ts';

const CHANNEL = 'C0GENERAL';
const TOLD = 'because my database does not work at the moment. Ask again';

test('a PostgreSQL that goes down is told to people and by /readyz, and all goes on by itself when it is back', async () => {
  const [postgres, slack] = await Promise.all([startPostgres(), startSlack()]);
  onTestFinished(() => Promise.all([postgres.stop(), slack.close()]).then(() => {}));
  const model = await startChatCompletions({ models: ['sim'] });
  onTestFinished(() => model.close());
  const { child, end, prints, output } = start([], {
    ...withoutCode,
    DATA_DIR: dataDir(),
    DATABASE_URL: postgres.url(),
    OPENAI_BASE_URL: model.url,
    OPENAI_API_KEY: 'sim',
    MODEL: 'sim',
    PORT: '0',
    SLACK_BOT_TOKEN: slack.app.botToken,
    SLACK_APP_TOKEN: slack.app.appToken,
    SLACK_API_URL: slack.apiUrl,
  });
  await prints('stderr', /"msg":"ready"/);
  const [, port] = /"port":(\d+)/.exec(output.stderr) ?? [];
  const readyz = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`);
    const { parts } = (await response.json()) as { parts: { store: string } };
    return `${response.status} ${parts.store}`;
  };
  const asks = (text: string, thread?: string) =>
    slack.user('ann').says(CHANNEL, text, thread === undefined ? {} : { thread }).ts;
  const shows = (thread: string, text: string, times = 1) =>
    slack.until(() => slack.thread(CHANNEL, thread).split(text).length > times);
  const before = asks('@bobbin before');
  await shows(before, 'Regenerate');
  expect(await readyz()).toBe('200 ok');

  // One answer has begun when the database goes.
  model.next({ text: ['It ', 'begins', ' and ends.'], trouble: { delayMs: 700 } });
  const begun = asks('@bobbin tell me');
  await shows(begun, 'begins');
  await postgres.goDown();
  const during = asks('@bobbin during');
  // Without a mention: the thread is known.
  asks('and here?', before);
  await Promise.all([shows(during, TOLD), shows(before, TOLD)]);
  expect(await readyz()).toBe('503 It fails, and the log says why.');
  expect(output.stderr).toMatch(
    /PostgreSQL at 127\.0\.0\.1:\d+\/postgres cannot be reached \(.+\): check that it runs.*"msg":"the store fails"/,
  );
  expect(slack.thread(CHANNEL, during).split(TOLD)).toHaveLength(2);
  expect(slack.thread(CHANNEL, during)).not.toMatch(/127\.0\.0\.1|DATABASE_URL/);

  await postgres.comeBack();
  await expect.poll(readyz).toBe('200 ok');
  // In the message that had begun, and nobody had to write again.
  await shows(begun, 'Regenerate');
  expect(slack.texts(CHANNEL, begun)).toHaveLength(1);
  for (const [thread, text] of [
    [before, 'once more'],
    [begun, 'and now?'],
    [during, 'after'],
  ] as const) {
    asks(text, thread);
    await slack.until(() => slack.texts(CHANNEL, thread).some((said) => said.includes(text)));
  }
  child.kill('SIGTERM');
  const { status, stderr } = await end;
  expect(status).toBe(0);
  expect(stderr).not.toContain('a%20password');
});

test('a file that is deleted under the chat is told, with what to do', async () => {
  const DATA_DIR = dataDir();
  const { child, prints, end } = start([], { ...withoutCode, DATA_DIR });
  child.stdin.write('How many messages are there?\n');
  await prints('stdout', /1/);
  rmSync(join(DATA_DIR, 'bobbin.sqlite'));
  child.stdin.end('And now?\n');
  const { stderr } = await end;
  expect(stderr).toMatch(
    /bobbin\.sqlite was deleted or moved while Bobbin uses it.*Stop Bobbin, put the file back/,
  );
});
