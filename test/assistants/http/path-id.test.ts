import { describe, expect, test } from 'vitest';
import { errorBody, openApi } from '../client.ts';

describe('An id', () => {
  const headers = { 'openai-beta': 'assistants=v2' };
  const get = async (path: string) => {
    const api = openApi();
    const response = await api.fetch(`http://bobbin/v1${path}`, { headers });
    expect(api.errors).toEqual([]);
    return { status: response.status, body: await response.json() };
  };

  test.each([
    ['/assistants/undefined', 'assistant_id', 'undefined', 'asst'],
    ['/threads/undefined/messages', 'thread_id', 'undefined', 'thread'],
    ['/threads/thread_x/messages/undefined', 'message_id', 'undefined', 'msg'],
    ['/threads/root', 'thread_id', 'root', 'thread'],
    ['/threads/__proto__/messages', 'thread_id', '__proto__', 'thread'],
    ['/threads/a%00b', 'thread_id', 'a\0b', 'thread'],
    ['/threads/..%2f..%2fetc', 'thread_id', '../../etc', 'thread'],
    [`/threads/${'x'.repeat(120)}`, 'thread_id', `${'x'.repeat(100)}…`, 'thread'],
    ['/assistants/%F0%9F%98%80', 'assistant_id', '😀', 'asst'],
  ])('of another kind is refused: %s', async (path, param, shown, prefix) => {
    const message = `Invalid '${param}': '${shown}'. Expected an ID that begins with '${prefix}'.`;
    expect(await get(path)).toEqual({ status: 400, body: errorBody(message, param, 'invalid_value') });
  });

  test.each([['thread_a%00b'], ['thread_..%2f'], ['thread_%F0%9F%98%80'], ['thread_%ff']])(
    'with characters that no id has is refused: %s',
    async (id) => {
      const { status, body } = await get(`/threads/${id}/messages`);
      expect(status).toBe(400);
      expect(body).toMatchObject({
        error: {
          message: expect.stringContaining(
            'Expected an ID that contains letters, numbers, underscores, or dashes, but this value contained additional characters.',
          ),
          param: 'thread_id',
          code: 'invalid_value',
        },
      });
    },
  );

  test('that is longer than any is refused', async () => {
    const id = `thread_${'x'.repeat(60)}`;
    const message =
      "Invalid 'thread_id': string too long. Expected a string with maximum length 64, but got a string with length 67 instead.";
    expect(await get(`/threads/${id}`)).toEqual({
      status: 400,
      body: errorBody(message, 'thread_id', 'string_above_max_length'),
    });
  });

  test.each([['a%00b'], ['%ff'], ['..%2f..%2fetc'], ['x'.repeat(5000)], ['__proto__'], ['root']])(
    'of a file that cannot be one is not found, and as a cursor it is the end: %.20s',
    async (id) => {
      expect((await get(`/files/${id}`)).status).toBe(404);
      expect((await get(`/assistants?after=${id}`)).body).toMatchObject({ data: [], has_more: false });
    },
  );
});
