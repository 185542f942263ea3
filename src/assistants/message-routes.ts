import { type Context, Hono } from 'hono';
import type { Message, MessageDeleted } from 'openai/resources/beta/threads/messages';
import { notFound } from './api-error.ts';
import type { Page, PageQuery } from './collection.ts';
import { checkFiles } from './file.ts';
import { pathId } from './http/path-id.ts';
import { jsonBody } from './http/request-body.ts';
import { listQuery, pageOf, toList } from './lists.ts';
import { filesOf } from './message.ts';
import { messageInput, messageUpdate } from './schemas.ts';
import type { State } from './state.ts';
import { type ActiveRun, addMessage, checkIdle, findThread, type Written } from './thread.ts';
import { settled, together } from './together.ts';

export interface MessageRoutesDeps {
  state: State;
  activeRun: ActiveRun;
  written: Written;
}

export function messageRoutes({ state, activeRun, written }: MessageRoutesDeps): Hono {
  const app = new Hono();

  app.post('/threads/:thread_id/messages', async (c) => {
    const id = pathId(c, 'thread_id');
    const body = jsonBody(c, messageInput);
    await settled(body);
    const [, input] = await together(
      findThread(state, id),
      body,
      body.then((message) => checkFiles(state, filesOf(message))),
      checkIdle(activeRun, id, `Can't add messages to ${id}`),
      state.messages.count(id),
    );
    return c.json(await addMessage(state, id, input, true));
  });

  app.get('/threads/:thread_id/messages', async (c) => {
    const { id } = await findThread(state, pathId(c, 'thread_id'));
    const query = listQuery(c.req.query());
    const runId = c.req.query('run_id');
    // Before the store is read: a run that ends meanwhile takes with it what was newer.
    const newer = written(id);
    const page =
      runId === undefined ? state.messages.page(id, query) : messagesOfRun(state, id, runId, query, newer);
    const { data, hasMore } = await page;
    return c.json(toList({ data: data.map((message) => newer?.get(message.id) ?? message), hasMore }));
  });

  app.get('/threads/:thread_id/messages/:message_id', async (c) => c.json(await find(c)));

  app.post('/threads/:thread_id/messages/:message_id', async (c) => {
    const { id, thread_id } = await find(c);
    const { metadata } = await jsonBody(c, messageUpdate);
    const change = metadata === undefined ? {} : { metadata: metadata ?? {} };
    const newer = written(thread_id)?.get(id);
    if (newer) Object.assign(newer, change);
    const updated = await state.messages.update(id, (message) => ({ ...message, ...change }));
    if (updated === undefined) throw notFound('message', id);
    return c.json(newer ?? updated);
  });

  app.delete('/threads/:thread_id/messages/:message_id', async (c) => {
    const { id } = await find(c);
    await state.messages.remove(id);
    return c.json({ id, object: 'thread.message.deleted', deleted: true } satisfies MessageDeleted);
  });

  const find = async (c: Context) => {
    const threadId = pathId(c, 'thread_id');
    const newer = written(threadId);
    const message = await findMessage(state, threadId, pathId(c, 'message_id'));
    return newer?.get(message.id) ?? message;
  };

  return app;
}

async function findMessage(state: State, threadId: string, id: string): Promise<Message> {
  await findThread(state, threadId);
  const message = await state.messages.get(id);
  if (message?.thread_id !== threadId) throw notFound('message', id);
  return message;
}

/** The run's steps name its messages, so that a long thread need not be read for them. */
async function messagesOfRun(
  state: State,
  threadId: string,
  runId: string,
  query: PageQuery,
  newer: ReturnType<Written>,
): Promise<Page<Message>> {
  const live = [...(newer?.values() ?? [])].filter(({ run_id }) => run_id === runId).map(({ id }) => id);
  const ids = live.length > 0 ? live : await messageIds(state, runId);
  const messages = await state.messages.getMany(ids);
  return pageOf(
    messages.filter((message) => message.thread_id === threadId),
    query,
  );
}

async function messageIds(state: State, runId: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { step_details: details } of state.steps.walk(runId, { order: 'asc' }))
    if (details.type === 'message_creation') ids.push(details.message_creation.message_id);
  return ids;
}
