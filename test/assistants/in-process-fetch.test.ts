import { expect, test } from 'vitest';
import { inProcessFetch } from '../../src/assistants/in-process-fetch.ts';

const eventStream = { headers: { 'content-type': 'text/event-stream; charset=utf-8' } };
const url = 'http://bobbin/v1/x';

/** A stream that never ends by itself, and whether its reader has gone. */
function endless() {
  const seen = { cancelled: false };
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('event: one\n\n')),
    cancel: () => {
      seen.cancelled = true;
    },
  });
  return { body, seen };
}

test('a stream arrives as it was sent', async () => {
  const parts = ['event: a\n\n', 'event: b\n\n', 'done'];
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
      controller.close();
    },
  });
  const fetch = inProcessFetch(() => new Response(body, eventStream));
  const response = await fetch(url);
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(await response.text()).toBe(parts.join(''));
});

test('an abort breaks a stream that is waiting, and lets the server know', async () => {
  const { body, seen } = endless();
  const controller = new AbortController();
  const fetch = inProcessFetch(() => new Response(body, eventStream));
  const { body: received } = await fetch(url, { signal: controller.signal });
  const reader = received?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('event: one\n\n');
  const waiting = reader?.read();
  controller.abort();
  await expect(waiting).rejects.toThrow('aborted');
  expect(seen.cancelled).toBe(true);
});

test('an abort rejects a call that waits for its answer', async () => {
  const controller = new AbortController();
  const fetch = inProcessFetch(() => new Promise(() => {}));
  const waiting = fetch(url, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});

test('a call that was aborted before it was made does nothing', async () => {
  let called = false;
  const fetch = inProcessFetch(() => {
    called = true;
    return new Response();
  });
  await expect(fetch(url, { signal: AbortSignal.abort() })).rejects.toThrow('aborted');
  expect(called).toBe(false);
});

test('a reader that has enough tells the server', async () => {
  const { body, seen } = endless();
  const response = await inProcessFetch(() => new Response(body, eventStream))(url);
  await response.body?.cancel();
  expect(seen.cancelled).toBe(true);
});

test('a failing stream fails for its reader', async () => {
  const broken = new ReadableStream({ pull: () => Promise.reject(new Error('the pipe is broken')) });
  const response = await inProcessFetch(() => new Response(broken, eventStream))(url);
  await expect(response.text()).rejects.toThrow('the pipe is broken');
});
