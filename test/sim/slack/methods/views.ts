import type { Call, Method } from '../call.ts';
import type { Json } from '../objects.ts';
import { TIER_4 } from '../rate-tiers.ts';

/** https://docs.slack.dev/reference/methods/views.open: no scope is needed. */
export const viewMethods: Record<string, Method> = {
  'views.open': { limits: [TIER_4], scopes: [], run: open },
};

function open({ args, services }: Call): Json {
  const trigger = args.required('trigger_id');
  const { json } = services.views.open(trigger, args.json('view'));
  return { view: { ...json, state: { values: {} } } };
}
