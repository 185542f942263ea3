import { expect, test } from 'vitest';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import { end, python, ScriptedModel, says, usage } from '../../sim/scripted-model.ts';
import { asks, GENERAL, openWorld } from './world.ts';

const CODE = 'draw()';
const leaves = (...files: { name: string; bytes: Buffer }[]) =>
  new ScriptedInterpreter({ [CODE]: { prints: ['drawn\n'], files } });
const draws = (...names: string[]) =>
  leaves(...names.map((name) => ({ name, bytes: Buffer.from(`bytes of ${name}`) })));
const drawing = () => new ScriptedModel([...python(CODE), usage, end()], says('Here you are.'));

test('images of a run are uploaded into the thread, under the reply and in order', async () => {
  const { sim } = await openWorld({
    model: drawing(),
    codeInterpreter: draws('one.png', 'two.png', 'three.png'),
  });
  const thread = asks(sim);
  await sim.until(() => thread.view().includes('three.png'));
  await thread.quiet();
  const view = thread.view();
  const order = ['Here you are.', '📎 one.png', '📎 two.png', '📎 three.png'].map((text) =>
    view.indexOf(text),
  );
  expect(order.every((at) => at >= 0)).toBe(true);
  expect(order).toEqual([...order].sort((a, b) => a - b));
  const [file] = [...sim.workspace.files.values()].filter(({ name }) => name === 'one.png');
  expect(String(file?.content)).toBe('bytes of one.png');
});

test('files that Slack does not take are named in the thread, and the reply stands', async () => {
  const { sim } = await openWorld({ model: drawing(), codeInterpreter: draws('one.png') });
  sim.fails('files.completeUploadExternal', { error: 'file_uploads_disabled' });
  const thread = asks(sim);
  await sim.until(() =>
    thread.view().includes('one.png could not be uploaded: Slack answered file_uploads_disabled.'),
  );
  expect(thread.text()).toContain('Here you are.');
});

test('images come with what they show, and a file under another name comes all the same', async () => {
  const words = Buffer.from('\x00\x00\x00\x11tEXtDescription\0Sales\x00\x00\x00\x00', 'latin1');
  const bytes = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), words]);
  const { sim } = await openWorld({
    model: drawing(),
    codeInterpreter: leaves(
      { name: 'one.png', bytes },
      { name: 'two.bin', bytes },
      { name: 'three.png', bytes: Buffer.from('3') },
    ),
  });
  const thread = asks(sim);
  await sim.until(() => thread.view().includes('📎 two.bin'));
  await thread.quiet();
  expect(thread.view()).toMatch(/📎 one\.png \(image\/png, \d+ bytes\) \[alt: Sales\]/);
  expect(thread.view()).toMatch(/📎 two\.bin \([^)]*\)$/m);
  expect(thread.view()).toMatch(/📎 three\.png \([^)]*\)$/m);
});

test('an empty file is named, and takes no other with it', async () => {
  const codeInterpreter = leaves(
    { name: 'one.txt', bytes: Buffer.from('1') },
    { name: '<!channel>.txt', bytes: Buffer.alloc(0) },
    { name: 'three.txt', bytes: Buffer.from('3') },
  );
  const { sim } = await openWorld({ model: drawing(), codeInterpreter });
  const thread = asks(sim);
  await sim.until(() => thread.view().includes('📎 three.txt'));
  const told = '⚠️ <!channel>.txt could not be uploaded: Slack takes no empty files.';
  expect(thread.view()).toMatch(new RegExp(`📎 one\\.txt.*${told}.*📎 three\\.txt`, 's'));
  expect(sim.pings.filter(({ author }) => author === sim.botUser)).toEqual([]);
  expect(sim.counters.total().errors).toEqual({});
});

test('an upload that fails for a moment is made again', async () => {
  const { sim } = await openWorld({ model: drawing(), codeInterpreter: draws('one.png') });
  sim.fails('files.getUploadURLExternal', { status: 500 });
  const thread = asks(sim);
  await sim.until(() => thread.view().includes('📎 one.png'));
});

test('what people attach comes with its name, type and size, and is read with the bot’s token', async () => {
  const { sim, slack } = await openWorld({ model: new ScriptedModel(says('Read.')) });
  const { ts } = sim.user('ann').says(GENERAL, '@bobbin read this', {
    files: [{ name: 'table.csv', content: 'a,b\n1,2\n', mimetype: 'text/csv' }],
  });
  await sim.until(() => sim.thread(GENERAL, ts).includes('Read.'));
  const file = [...sim.workspace.files.values()].find(({ name }) => name === 'table.csv');
  const url = `${sim.origin}/files-pri/T0ACME-${file?.id}/table.csv`;
  const attachment = { name: 'table.csv', type: 'text/csv', size: 8, url };
  expect(String(Buffer.from(await slack.download(attachment, 1_000)))).toBe('a,b\n1,2\n');
  expect(await slack.download(attachment, 3)).toHaveLength(3);
});

test('files reach the model with the message that they came with', async () => {
  const model = new ScriptedModel(says('Read.'));
  const { sim } = await openWorld({ model });
  const { ts } = sim.user('ann').says(GENERAL, '@bobbin read this', {
    files: [{ name: 'table.csv', content: 'a,b\n1,2\n', mimetype: 'text/csv' }],
  });
  await sim.until(() => sim.thread(GENERAL, ts).includes('[Regenerate]'));
  expect(JSON.stringify(model.requests)).toContain('table.csv');
});

test('a file without words is a message, too', async () => {
  const model = new ScriptedModel(says('A file.'));
  const { sim } = await openWorld({ model });
  const ann = sim.user('ann');
  const { ts } = ann.says(ann.dm, '', { files: [{ name: 'a.txt', content: 'text' }] });
  await sim.until(() => sim.thread(ann.dm, ts).includes('[Regenerate]'));
  expect(model.requests).toHaveLength(1);
});

test('a file that the app may not read, or that is kept elsewhere, is refused in a sentence, without its token', async () => {
  const { sim, slack } = await openWorld({ model: new ScriptedModel(says('x')) });
  const file = { name: 'a.csv', type: 'text/csv', size: 1 };
  const get = (url: string) => slack.download({ ...file, url }, 10);
  await expect(get('https://elsewhere.example/a.csv')).rejects.toThrow(
    'kept outside of Slack, at elsewhere.example',
  );
  await expect(get('https://evilslack.com/a.csv')).rejects.toThrow('kept outside of Slack');
  await expect(get(`${sim.origin}/signin`)).rejects.toThrow('the app may not read it');
  await expect(get(`${sim.origin}/files-pri/T0ACME-F0NONE/a.csv`)).rejects.toThrow(/may not read|status 404/);
  sim.revokeToken();
  await expect(get(`${sim.origin}/files-pri/T0ACME-F0NONE/a.csv`)).rejects.toThrow('the app may not read it');
});

const QUOTE = String.raw`\"`;
const told = (name: string, reason: string) => `The file ${QUOTE}${name}${QUOTE} is not here: ${reason}`;

test.each([
  ['hidden_by_limit', told('file', 'Slack hides it, since the workspace is over the limit of its plan.')],
  ['tombstone', told('file', 'it was deleted in Slack.')],
  ['access_denied', told('file', 'Slack does not let me read it. Attach it here again.')],
  ['external', told('plan.txt', 'it is kept outside of Slack. Attach the file itself.')],
] as const)(
  'a file that can not be had (%s) is told, and takes no other with it',
  async (state, sentence) => {
    const model = new ScriptedModel(says('Read.'));
    const { sim } = await openWorld({ model });
    const files = [
      { name: 'plan.txt', content: 'x', state },
      { name: 'other.txt', content: 'y' },
    ];
    const { ts } = sim.user('ann').says(GENERAL, '@bobbin read these', { files });
    await sim.until(() => sim.thread(GENERAL, ts).includes('[Regenerate]'));
    const asked = JSON.stringify(model.requests[0]?.items);
    expect(asked).toContain(sentence);
    expect(asked.match(/is not here/g)).toHaveLength(1);
    expect(asked).toContain('other.txt');
  },
);

test('a file of Slack Connect is looked up, and reaches the model', async () => {
  const model = new ScriptedModel(says('Read.'));
  const { sim } = await openWorld({ model });
  const files = [{ name: 'plan.csv', content: 'a,b\n1,2\n', state: 'check_file_info' as const }];
  const { ts } = sim.user('ann').says(GENERAL, '@bobbin read this', { files });
  await sim.until(() => sim.thread(GENERAL, ts).includes('[Regenerate]'));
  const asked = JSON.stringify(model.requests[0]);
  expect(asked).toContain('plan.csv');
  expect(asked).not.toContain('is not here');
  expect(sim.counters.of('files.info').calls).toBe(1);
});

test.each([{ status: 500 }, { error: 'fatal_error' }, { retryAfter: 1 }] as const)(
  'where Slack does not tell of a file (%o), the question is answered all the same',
  async (fault) => {
    const model = new ScriptedModel(says('Read.'));
    const { sim } = await openWorld({ model });
    sim.fails('files.info', fault);
    const files = [{ name: 'plan.csv', content: 'a', state: 'check_file_info' as const }];
    const { ts } = sim.user('ann').says(GENERAL, '@bobbin read this', { files });
    await sim.until(() => sim.thread(GENERAL, ts).includes('[Regenerate]'));
    expect(JSON.stringify(model.requests[0])).toContain(
      told('file', 'Slack did not tell where it is. Attach it again in a moment.'),
    );
  },
);

test('of a message with many such files as many are looked up as a thread takes', async () => {
  const model = new ScriptedModel(says('Read.'));
  const { sim } = await openWorld({ model });
  const files = Array.from({ length: 12 }, (_, index) => ({
    name: `${index}.txt`,
    content: 'x',
    state: 'check_file_info' as const,
  }));
  const { ts } = sim.user('ann').says(GENERAL, '@bobbin read these', { files });
  await sim.until(() => sim.thread(GENERAL, ts).includes('[Regenerate]'));
  expect(sim.counters.of('files.info').calls).toBe(10);
  expect(JSON.stringify(model.requests[0]).match(/is not here/g)).toHaveLength(2);
});
