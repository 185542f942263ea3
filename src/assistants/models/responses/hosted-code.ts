import type { RanCode } from '../../code-interpreter/code-interpreter.ts';
import type { ModelEvent } from '../model.ts';
import { isObject, type JsonObject, listAt, stringAt } from '../remote/json.ts';

/**
 * Reads a call of the code interpreter that the provider has run itself. Its code comes as plain text, and is given out as
 * the arguments of a call, which are JSON. https://developers.openai.com/api/docs/guides/tools-code-interpreter
 */
export class HostedCode {
  readonly #index: number;
  #code = '';
  #isOpened = false;

  /** @param index the call's place among the tool calls */
  constructor(index: number) {
    this.#index = index;
  }

  *code(delta: string): Generator<ModelEvent> {
    const code = withoutReturns(delta);
    if (code === '') return;
    this.#code += code;
    yield* this.#arguments(JSON.stringify(code).slice(1, -1));
  }

  /** The end of the item; whether the code ran is told by a `tool_ran`. */
  *end(item: JsonObject): Generator<ModelEvent> {
    const whole = withoutReturns(stringAt(item, 'code'));
    if (whole.startsWith(this.#code)) yield* this.code(whole.slice(this.#code.length));
    yield* this.#arguments('"}');
    const ran = ranCode(item);
    if (!ran) return;
    yield { type: 'tool_ran', index: this.#index, ran };
    const { id, type, container_id, status } = item;
    yield { type: 'provider_item', item: { id, type, container_id, status } };
  }

  *#arguments(delta: string): Generator<ModelEvent> {
    const opening = this.#isOpened ? '' : '{"code":"';
    this.#isOpened = true;
    yield { type: 'tool_arguments', index: this.#index, delta: opening + delta };
  }
}

/** The files in containers to which the parts of a message link. */
export function citedFiles(annotations: unknown[]): Extract<ModelEvent, { type: 'cited_file' }>[] {
  return annotations.flatMap((annotation) => {
    const container = stringAt(annotation, 'container_id');
    const id = stringAt(annotation, 'file_id');
    const isFile = isObject(annotation) && annotation.type === 'container_file_citation';
    if (!isFile || container === '' || id === '') return [];
    return [{ type: 'cited_file' as const, container, id, name: stringAt(annotation, 'filename') }];
  });
}

/** Undefined for code that did not run to any end, as where the answer was cut off. */
function ranCode(item: JsonObject): RanCode | undefined {
  const { status } = item;
  if (status !== 'completed' && status !== 'failed') return undefined;
  const outputs = listAt(item, 'outputs').filter(isObject);
  const of = (type: string, key: string) =>
    outputs.flatMap((output) => (output.type === type ? stringAt(output, key) : [])).filter(Boolean);
  return {
    container: stringAt(item, 'container_id'),
    call: stringAt(item, 'id'),
    status,
    logs: of('logs', 'logs').join('\n'),
    images: of('image', 'url'),
  };
}

/** Models end the lines of code as Windows does, now and then. */
function withoutReturns(code: string): string {
  return code.replaceAll('\r', '');
}
