import { randomUUID } from 'node:crypto';
import type { ModelEvent } from '../model.ts';
import { isObject, numberAt, objectAt, parsed, stringAt } from '../remote/json.ts';
import { OwnFields } from './own-fields.ts';

interface Call {
  /** Its place among the calls that have a name. */
  index: number;
  /** The index that the server gave; several calls may share it. */
  place: number | undefined;
  id: string;
  name: string;
  arguments: string;
  own: OwnFields;
}

/**
 * The tool calls of one answer, put together from deltas as servers really send them: without `index` (Ollama),
 * without `id` (vLLM), several calls at index 0, whole calls in one delta, arguments as an object. A call begins
 * where a name comes that cannot belong to a call which is there; everything else belongs to the call it names, or
 * to the newest one.
 */
export class ToolCalls {
  readonly #calls: Call[] = [];
  #named = 0;

  *push(delta: unknown): Generator<ModelEvent> {
    const place = numberAt(delta, 'index');
    const id = stringAt(delta, 'id');
    const name = stringAt(objectAt(delta, 'function'), 'name');
    let call = this.#find(place, id);
    if (!call || (name !== '' && isAnother(call, id, name))) {
      call = { index: -1, place, id, name: '', arguments: '', own: new OwnFields('call') };
      this.#calls.push(call);
    }
    if (call.name === '' && name !== '') {
      call.name = name;
      call.index = this.#named++;
      call.id ||= id || `call_${randomUUID().replaceAll('-', '')}`;
      yield { type: 'tool_call', index: call.index, callId: call.id, name };
      if (call.arguments !== '') yield { type: 'tool_arguments', index: call.index, delta: call.arguments };
    }
    call.own.push(delta);
    const piece = argumentsIn(delta);
    if (piece === '') return;
    call.arguments += piece;
    if (call.name !== '') yield { type: 'tool_arguments', index: call.index, delta: piece };
  }

  /** A function without parameters may come without arguments: the call gets an empty object. */
  *end(): Generator<ModelEvent> {
    for (const { index, name, arguments: json, own } of this.#calls) {
      if (name === '') continue;
      if (json === '') yield { type: 'tool_arguments', index, delta: '{}' };
      if (own.fields) yield { type: 'tool_own', index, own: own.fields };
    }
  }

  #find(place: number | undefined, id: string): Call | undefined {
    const named = id === '' ? undefined : this.#calls.findLast((call) => call.id === id);
    if (named || place === undefined) return named ?? this.#calls.at(-1);
    return this.#calls.findLast((call) => call.place === place);
  }
}

/** Whether a delta with this id and name begins a call of its own instead of going on with `call`. */
function isAnother(call: Call, id: string, name: string): boolean {
  if (call.name === '') return false;
  if (id !== '') return id !== call.id;
  return name !== call.name || parsed(call.arguments) !== undefined;
}

function argumentsIn(delta: unknown): string {
  const given = objectAt(delta, 'function').arguments;
  if (typeof given === 'string') return given;
  return isObject(given) ? JSON.stringify(given) : '';
}
