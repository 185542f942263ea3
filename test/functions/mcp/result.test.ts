import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { functionResult } from '../../../src/functions/mcp/result.ts';

const PNG = Buffer.from('89504e470d0a1a0a', 'hex').toString('base64');
const noResources = async () => {
  throw new Error('There are none.');
};
const resultOf = (
  content: unknown,
  rest: object = {},
  read: (uri: string) => Promise<readonly unknown[]> = noResources,
) => functionResult('shot', { content, ...rest }, read);

test('texts come to the model, and pictures, sounds and binary resources as files', async () => {
  const { text, files } = await resultOf([
    { type: 'text', text: 'Here it is:' },
    { type: 'image', data: PNG, mimeType: 'image/png' },
    { type: 'image', data: PNG, mimeType: 'image/jpeg' },
    { type: 'audio', data: PNG, mimeType: 'audio/wav' },
    {
      type: 'resource',
      resource: { uri: 'file:///a/b/report%20(1).pdf', blob: PNG, mimeType: 'application/pdf' },
    },
    { type: 'resource', resource: { uri: 'note://7', text: 'Buy milk.' } },
  ]);
  expect(files?.map(({ name }) => name)).toEqual([
    'shot-image.png',
    'shot-image.jpg',
    'shot-audio.wav',
    'report (1).pdf',
  ]);
  expect(Buffer.from(files?.[0]?.bytes ?? []).toString('base64')).toBe(PNG);
  expect(text).toBe('Here it is:\n\nnote://7:\nBuy milk.');
});

test.each([
  ['../../etc/passwd', /^etc-passwd\.bin$|^passwd\.bin$/],
  ['file:///C:\\Windows\\x.exe', /^[^\\/:]+\.exe$/],
  ['data', /^data\.bin$/],
  ['x://y/.ssh', /^ssh\.bin$/],
  ['x://y/\u202egnp.exe', /^gnp\.exe$/],
  [`x://y/${'z'.repeat(500)}.txt`, /^z{80}\.txt$/],
])('a resource at %s has a name that is one on any system', async (uri, name) => {
  const { files } = await resultOf([{ type: 'resource', resource: { uri, blob: PNG } }]);
  expect(files?.[0]?.name).toMatch(name);
});

test('files of one name are told apart', async () => {
  const image = { type: 'image', data: PNG, mimeType: 'image/png' };
  const { files } = await resultOf([image, image, image]);
  expect(files?.map(({ name }) => name)).toEqual(['shot-image.png', 'shot-image-2.png', 'shot-image-3.png']);
});

test('more files, or larger ones, than a reply can have are left out and told', async () => {
  const image = { type: 'image', data: PNG, mimeType: 'image/png' };
  const many = await resultOf(Array.from({ length: 12 }, () => image));
  expect(many.files).toHaveLength(10);
  expect(many.text.match(/is left out: a result may have 10 files and 20 MB at most/g)).toHaveLength(2);
  const large = await resultOf([{ ...image, data: 'A'.repeat(30_000_000) }]);
  expect(large.files).toBeUndefined();
  expect(large.text).toContain('is left out');
});

test('what is only linked is read from the server, but not from the web', async () => {
  const read = vi.fn(async (uri: string) => [{ uri, text: 'Linked.' }]);
  const link = (uri: string) => ({ type: 'resource_link', uri, name: 'Page' });
  const { text } = await resultOf([link('wiki://1'), link('https://example.com/x')], {}, read);
  expect(text).toBe('wiki://1:\nLinked.\n\nPage <https://example.com/x>');
  expect(read.mock.calls).toEqual([['wiki://1']]);
  expect((await resultOf([link('wiki://1')])).text).toBe('Page <wiki://1> (it could not be read)');
});

test('a link that holds the data itself is a file', async () => {
  const { files } = await resultOf([
    { type: 'resource_link', name: 'chart.png', uri: `data:image/png;base64,${PNG}` },
  ]);
  expect(files?.[0]?.name).toBe('chart.png');
});

test('a result without a text says what is structured in it, or that there is nothing', async () => {
  expect((await resultOf([], { structuredContent: { open: 3 } })).text).toBe('{"open":3}');
  expect((await resultOf([])).text).toBe('The tool gave nothing back.');
});

test('an error of the tool is one that the model reads', async () => {
  const failed = resultOf([{ type: 'text', text: 'No such page.' }], { isError: true });
  await expect(failed).rejects.toMatchObject({ name: 'FunctionError', message: 'No such page.' });
});

test('no content makes it throw anything else', async () => {
  const block = fc.record({
    type: fc.constantFrom('text', 'image', 'audio', 'resource', 'resource_link', 'video'),
    text: fc.jsonValue(),
    data: fc.jsonValue(),
    mimeType: fc.jsonValue(),
    uri: fc.oneof(fc.webUrl(), fc.jsonValue()),
    resource: fc.oneof(
      fc.jsonValue(),
      fc.record({ uri: fc.jsonValue(), blob: fc.jsonValue(), mimeType: fc.jsonValue() }),
    ),
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.array(fc.oneof(block, fc.jsonValue())), fc.jsonValue()), async (content) => {
      const { text, files = [] } = await resultOf(content);
      expect(text !== '' || files.length > 0).toBe(true);
      for (const { name } of files) expect(name).toMatch(/^[^\\/:*?"<>|]{1,100}$/);
    }),
  );
});
