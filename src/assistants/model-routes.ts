import { Hono } from 'hono';
import type { Model as ListedModel } from 'openai/resources/models';
import { modelNotOffered, noSuchModel } from './api-error.ts';
import type { Catalogue } from './models/catalogue.ts';
import type { OfferedModel } from './models/model.ts';
import { listOfModels } from './models/remote/model-names.ts';

/** Throws a 400 ApiError for the name of a model that can't be used. */
export type CheckModel = (name: string) => Promise<void>;

export interface ModelRoutesDeps {
  catalogue: Catalogue;
  /** The model that stands for those that are not offered: it is one even if the provider does not list it. */
  standIn?: string;
}

/** The models that assistants may name; a name may have slashes in it. */
export function modelRoutes({ catalogue, standIn }: ModelRoutesDeps): Hono {
  const app = new Hono();

  const models = async (): Promise<ListedModel[]> => {
    const offered = await catalogue.list();
    const unlisted = standIn !== undefined && !offered.some(({ id }) => id === standIn);
    return [...(unlisted ? [{ id: standIn }] : []), ...offered].map(listed);
  };

  app.get('/models', async (c) => c.json({ object: 'list', data: await models() }));

  app.get('/models/:model{.+}', async (c) => {
    const id = c.req.param('model');
    const model = (await models()).find((known) => known.id === id);
    if (model === undefined) throw noSuchModel(id);
    return c.json(model);
  });

  return app;
}

/** Refuses the names that the provider does not offer, as far as it says what it does. */
export function checkOffered(catalogue: Catalogue): CheckModel {
  return async (name) => {
    if ((await catalogue.offers(name)) !== false) return;
    const names = (await catalogue.list()).map(({ id }) => id);
    throw modelNotOffered(name, listOfModels(names, name));
  };
}

function listed({ id, created = 0, ownedBy = 'unknown' }: OfferedModel): ListedModel {
  return { id, object: 'model', created, owned_by: ownedBy };
}
