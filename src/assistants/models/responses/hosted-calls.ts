import type { ModelItem } from '../model.ts';
import { isObject, parsed, stringAt } from '../remote/json.ts';

/** How the API calls code that the provider ran itself. */
export const HOSTED_CALL = 'code_interpreter_call';

/**
 * The items with the calls that `container` ran as the provider wants them back. What another container ran is told like any
 * call of a function: such an item would be refused once its container is gone, and so would the reasoning that led to it.
 */
export function withHostedCalls(items: ModelItem[], container: string | undefined): ModelItem[] {
  const outputs = new Map(
    items.flatMap((item) => (item.type === 'tool_output' ? [[item.callId, item.output] as const] : [])),
  );
  const native = new Set<string>();
  const told: ModelItem[] = [];
  for (const [at, item] of items.entries()) {
    const ran = item.type === 'tool_call' ? hostedItem(items[at + 1]) : undefined;
    if (item.type === 'tool_call' && ran && container !== undefined && ran.container_id === container) {
      native.add(item.callId);
      told.push({ type: 'provider', item: { ...ran, ...content(item.arguments, outputs.get(item.callId)) } });
    } else if (ran) {
      told.length = told.findLastIndex((each) => !isReasoning(each)) + 1;
      told.push(item);
    } else if (!hostedItem(item) && !(item.type === 'tool_output' && native.has(item.callId)))
      told.push(item);
  }
  return told;
}

function content(args: string, output: string | undefined) {
  const outputs = output === undefined ? [] : [{ type: 'logs', logs: output.toWellFormed() }];
  return { code: stringAt(parsed(args), 'code'), outputs };
}

function hostedItem(item: ModelItem | undefined) {
  const own = item?.type === 'provider' ? item.item : undefined;
  return isObject(own) && own.type === HOSTED_CALL ? own : undefined;
}

function isReasoning(item: ModelItem): boolean {
  return item.type === 'provider' && isObject(item.item) && item.item.type === 'reasoning';
}
