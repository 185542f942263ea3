import { Hono } from 'hono';
import type { AssistantDeleted } from 'openai/resources/beta/assistants';
import { notFound } from './api-error.ts';
import { giveTo } from './file-owners.ts';
import { pathId } from './http/path-id.ts';
import { jsonBody } from './http/request-body.ts';
import { newId } from './ids.ts';
import { listQuery, toList } from './lists.ts';
import type { CheckModel } from './model-routes.ts';
import {
  type AssistantInput,
  type AssistantUpdate,
  assistantInput,
  assistantUpdate,
  type ToolResources,
} from './schemas.ts';
import { type Assistant, ROOT, type State } from './state.ts';
import { nowInSeconds } from './time.ts';
import { checkResources, filesOfResources, storesToMake, withStore } from './tool-resources.ts';
import { validate } from './validation.ts';

export interface AssistantRoutesDeps {
  state: State;
  /** Left out, any model will do. */
  checkModel?: CheckModel;
}

export function assistantRoutes({ state, checkModel }: AssistantRoutesDeps): Hono {
  const app = new Hono();

  app.post('/assistants', async (c) => {
    const input = await jsonBody(c, assistantInput);
    await checkModel?.(input.model);
    await checkResources(state, input.tool_resources);
    const assistant = newAssistant({ ...input, tool_resources: await withMadeStore(state, input) });
    await giveTo(state, assistant.id, filesOfResources(assistant.tool_resources));
    await state.assistants.append(ROOT, assistant);
    return c.json(assistant);
  });

  app.get('/assistants', async (c) =>
    c.json(toList(await state.assistants.page(ROOT, listQuery(c.req.query())))),
  );

  app.get('/assistants/:assistant_id', async (c) => {
    const id = pathId(c, 'assistant_id');
    const assistant = await state.assistants.get(id);
    if (assistant === undefined) throw notFound('assistant', id);
    return c.json(assistant);
  });

  app.post('/assistants/:assistant_id', async (c) => {
    const id = pathId(c, 'assistant_id');
    const input = await jsonBody(c, assistantUpdate);
    if (input.model !== undefined) await checkModel?.(input.model);
    await checkResources(state, input.tool_resources);
    await giveTo(state, id, filesOfResources(input.tool_resources));
    const updated = await state.assistants.update(id, (assistant) => changed(assistant, input));
    if (updated === undefined) throw notFound('assistant', id);
    return c.json(updated);
  });

  app.delete('/assistants/:assistant_id', async (c) => {
    const id = pathId(c, 'assistant_id');
    if (!(await state.assistants.remove(id))) throw notFound('assistant', id);
    return c.json({ id, object: 'assistant.deleted', deleted: true } satisfies AssistantDeleted);
  });

  return app;
}

/** The assistant's resources, with the vector store that it asks for. */
async function withMadeStore(state: State, { tool_resources }: AssistantInput): Promise<ToolResources> {
  const [wanted] = storesToMake(tool_resources);
  const made = wanted && (await state.search?.create(wanted));
  return withStore(tool_resources ?? {}, made?.id);
}

function newAssistant(input: AssistantInput): Assistant {
  return { id: newId('asst_'), object: 'assistant', created_at: nowInSeconds(), ...settings(input) };
}

function changed(assistant: Assistant, input: AssistantUpdate): Assistant {
  const { id, object, created_at, ...current } = assistant;
  return { id, object, created_at, ...settings(validate(assistantInput, { ...current, ...input })) };
}

/**
 * What a client may set, with the API's values for what it leaves out; but no temperature or top_p, because some
 * models refuse a request that holds one at all.
 */
function settings(input: AssistantInput): Omit<Assistant, 'id' | 'object' | 'created_at'> {
  return {
    name: input.name ?? null,
    description: input.description ?? null,
    model: input.model,
    instructions: input.instructions ?? null,
    tools: input.tools ?? [],
    tool_resources: input.tool_resources ?? {},
    metadata: input.metadata ?? {},
    temperature: input.temperature ?? null,
    top_p: input.top_p ?? null,
    response_format: input.response_format ?? 'auto',
    reasoning_effort: input.reasoning_effort ?? null,
  };
}
