import { Hono } from 'hono';
import type { ThreadDeleted } from 'openai/resources/beta/threads/threads';
import { notFound } from './api-error.ts';
import { deleteThread } from './deletion.ts';
import { giveTo } from './file-owners.ts';
import { pathId } from './http/path-id.ts';
import { jsonBody } from './http/request-body.ts';
import { threadInput, threadUpdate } from './schemas.ts';
import type { State } from './state.ts';
import { type ActiveRun, checkIdle, createThread, findThread } from './thread.ts';
import { checkResources, filesOfResources } from './tool-resources.ts';

export function threadRoutes({ state, activeRun }: { state: State; activeRun: ActiveRun }): Hono {
  const app = new Hono();

  app.post('/threads', async (c) => c.json(await createThread(state, await jsonBody(c, threadInput))));

  app.get('/threads/:thread_id', async (c) => c.json(await findThread(state, pathId(c, 'thread_id'))));

  app.post('/threads/:thread_id', async (c) => {
    const id = pathId(c, 'thread_id');
    const input = await jsonBody(c, threadUpdate);
    await checkResources(state, input.tool_resources);
    await giveTo(state, id, filesOfResources(input.tool_resources));
    const updated = await state.threads.update(id, (thread) => ({
      ...thread,
      ...(input.metadata !== undefined && { metadata: input.metadata ?? {} }),
      ...(input.tool_resources !== undefined && { tool_resources: input.tool_resources ?? {} }),
    }));
    if (updated === undefined) throw notFound('thread', id);
    return c.json(updated);
  });

  app.delete('/threads/:thread_id', async (c) => {
    const { id } = await findThread(state, pathId(c, 'thread_id'));
    await checkIdle(activeRun, id, `Can't delete ${id}`);
    await deleteThread(state, id);
    return c.json({ id, object: 'thread.deleted', deleted: true } satisfies ThreadDeleted);
  });

  return app;
}
