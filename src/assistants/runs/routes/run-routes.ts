import { type Context, Hono } from 'hono';
import type { Thread } from 'openai/resources/beta/threads/threads';
import { invalidRequest, notFound } from '../../api-error.ts';
import { deleteRun } from '../../deletion.ts';
import { checkFiles } from '../../file.ts';
import { pathId } from '../../http/path-id.ts';
import { jsonBody } from '../../http/request-body.ts';
import { listQuery, pageOf, toList } from '../../lists.ts';
import { filesOf } from '../../message.ts';
import type { CheckModel } from '../../model-routes.ts';
import type { MessageInput } from '../../schemas.ts';
import type { Assistant, State } from '../../state.ts';
import { addMessages, createThread, findThread } from '../../thread.ts';
import { settled, together } from '../../together.ts';
import { bothResources } from '../../tool-resources.ts';
import type { ActiveRuns } from '../active-runs.ts';
import { isTerminal } from '../ending.ts';
import { shown } from '../kept-step.ts';
import { EventStream } from '../writer/event-stream.ts';
import { includeContent, wantsContent } from './include.ts';
import { newRun, runInput, runUpdate, threadAndRunInput, toolOutputsInput } from './run-input.ts';

/** How soon a run is worth another look: the SDK's helpers would wait for five seconds. One look costs one read. */
const POLL_AFTER_MS = 250;

export interface RunRoutesDeps {
  state: State;
  runs: ActiveRuns;
  /** Left out, any model will do. */
  checkModel?: CheckModel;
}

/** Runs and run steps, with their full paths. */
export function runRoutes({ state, runs, checkModel }: RunRoutesDeps): Hono {
  const app = new Hono();

  const start = async (
    c: Context,
    thread: Thread,
    assistant: Assistant,
    input: Parameters<typeof newRun>[2] & { stream?: boolean | null | undefined },
    messages: MessageInput[],
    stream: EventStream | undefined,
  ) => {
    const run = newRun(thread.id, assistant, input);
    const prepare = () => addMessages(state, thread.id, messages);
    const created = await runs.start(run, prepare, stream);
    return stream ? eventStream(stream) : c.json(created);
  };

  app.post('/threads/runs', async (c) => {
    const hasContent = wantsContent(c);
    const input = await jsonBody(c, threadAndRunInput);
    const assistant = await findAssistant(state, input.assistant_id);
    if (input.model) await checkModel?.(input.model);
    const tool_resources = bothResources(input.thread?.tool_resources, input.tool_resources);
    const thread = await createThread(state, { ...input.thread, tool_resources });
    const stream = input.stream ? new EventStream(hasContent) : undefined;
    stream?.send({ event: 'thread.created', data: thread });
    return start(c, thread, assistant, input, [], stream);
  });

  app.post('/threads/:thread_id/runs', async (c) => {
    const id = pathId(c, 'thread_id');
    const hasContent = wantsContent(c);
    const body = jsonBody(c, runInput);
    await settled(body);
    const [thread, { additional_messages: messages, ...input }, , , assistant] = await together(
      findThread(state, id),
      body,
      body.then(({ model }) => (model ? checkModel?.(model) : undefined)),
      body.then(({ additional_messages: added }) => checkFiles(state, (added ?? []).flatMap(filesOf))),
      body.then(({ assistant_id }) => findAssistant(state, assistant_id)),
      runs.checkFree(id),
    );
    const stream = input.stream ? new EventStream(hasContent) : undefined;
    return start(c, thread, assistant, input, messages ?? [], stream);
  });

  app.get('/threads/:thread_id/runs', async (c) => {
    const id = pathId(c, 'thread_id');
    const query = listQuery(c.req.query());
    const [, newest, page] = await together(
      findThread(state, id),
      runs.newest(id),
      state.runs.page(id, query),
    );
    return c.json(toList({ ...page, data: page.data.map((run) => (run.id === newest?.id ? newest : run)) }));
  });

  app.get('/threads/:thread_id/runs/:run_id', async (c) => {
    c.header('openai-poll-after-ms', String(POLL_AFTER_MS));
    return c.json(await findRun(c));
  });

  app.post('/threads/:thread_id/runs/:run_id', async (c) => {
    const { id, thread_id, metadata: kept } = await findRun(c);
    const { metadata } = await jsonBody(c, runUpdate);
    return c.json(await runs.describe(thread_id, id, metadata === undefined ? kept : (metadata ?? {})));
  });

  /** OpenAI's API has no such call; here nothing that was said can only be kept. */
  app.delete('/threads/:thread_id/runs/:run_id', async (c) => {
    const run = await findRun(c);
    if (!isTerminal(run.status))
      throw invalidRequest(`Can't delete ${run.id} while it is active: cancel it first.`);
    await deleteRun(state, run);
    return c.json({ id: run.id, object: 'thread.run.deleted', deleted: true });
  });

  app.post('/threads/:thread_id/runs/:run_id/cancel', async (c) => {
    const { id, thread_id } = await findRun(c);
    return c.json(await runs.cancel(thread_id, id));
  });

  app.post('/threads/:thread_id/runs/:run_id/submit_tool_outputs', async (c) => {
    const { id, thread_id } = await findRun(c);
    const input = await jsonBody(c, toolOutputsInput);
    const outputs = new Map(input.tool_outputs.map(({ tool_call_id, output }) => [tool_call_id, output]));
    const stream = input.stream ? new EventStream() : undefined;
    const run = await runs.submit(thread_id, id, outputs, stream);
    return stream ? eventStream(stream) : c.json(run);
  });

  app.get('/threads/:thread_id/runs/:run_id/steps', async (c) => {
    const { id, thread_id } = await findRun(c);
    const query = listQuery(c.req.query());
    const hasContent = wantsContent(c);
    const written = runs.written(thread_id, id);
    const { data, hasMore } = written ? pageOf(written.steps, query) : await state.steps.page(id, query);
    const steps = data.map(shown);
    return c.json(toList({ data: hasContent ? await includeContent(state, steps) : steps, hasMore }));
  });

  app.get('/threads/:thread_id/runs/:run_id/steps/:step_id', async (c) => {
    const { id, thread_id } = await findRun(c);
    const stepId = pathId(c, 'step_id');
    const hasContent = wantsContent(c);
    const written = runs.written(thread_id, id)?.steps.find((step) => step.id === stepId);
    const step = written ?? (await state.steps.get(stepId));
    if (step?.run_id !== id) throw notFound('run step', stepId);
    const [whole] = hasContent ? await includeContent(state, [shown(step)]) : [shown(step)];
    return c.json(whole);
  });

  const findRun = async (c: Context) => {
    const { id } = await findThread(state, pathId(c, 'thread_id'));
    return runs.find(id, pathId(c, 'run_id'));
  };

  return app;
}

async function findAssistant(state: State, id: string): Promise<Assistant> {
  const assistant = await state.assistants.get(id);
  if (assistant === undefined) throw notFound('assistant', id);
  return assistant;
}

function eventStream(stream: EventStream): Response {
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };
  return new Response(stream.body, { headers });
}
