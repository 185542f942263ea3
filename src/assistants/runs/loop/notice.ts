import type { Omission } from '../context/omissions.ts';
import type { RunSink } from '../writer/run-sink.ts';
import type { RunWriter } from '../writer/run-writer.ts';
import type { LeftOut } from './left-out.ts';
import { responseFormat } from './response-format.ts';

/** What people must be told before a run's next words. */
export class Notice {
  readonly #writer: RunWriter;
  readonly #sink: RunSink;
  #text = '';

  constructor(writer: RunWriter, sink: RunSink) {
    this.#writer = writer;
    this.#sink = sink;
  }

  /** The provider takes what is not left out: the rest stays so, also after a restart. */
  settle(leftOut: LeftOut): void {
    const { all, fresh } = leftOut.settle();
    if (fresh.length === 0) return;
    const { run } = this.#writer;
    for (const omission of fresh) omission.foundBy = run.id;
    this.#sink.keep(() => this.#sink.state.omissions.set(run.thread_id, all));
    this.#note(fresh);
  }

  /** What the run found out before it was taken over, and none of its texts says: the words were lost. */
  recall(known: readonly Omission[], texts: readonly string[]): void {
    const { id, model } = this.#writer.run;
    const isSaid = (omission: Omission) =>
      [[omission], [omission, omission]].some((some) =>
        texts.some((text) => text.includes(sentence(some, model))),
      );
    this.#note(known.filter((omission) => omission.foundBy === id && !isSaid(omission)));
  }

  /** Who asked for JSON gets nothing else. */
  get isUnwanted(): boolean {
    return responseFormat(this.#writer.run.response_format).responseFormat !== undefined;
  }

  #note(fresh: readonly Omission[]): void {
    if (fresh.length > 0 && !this.isUnwanted) this.#text += `${noticeOf(fresh, this.#writer.run.model)}\n\n`;
  }

  tell(): void {
    const text = this.#text;
    this.#text = '';
    this.#writer.text(text);
  }
}

/** Tells people once what the model is no longer given, and why. */
export function noticeOf(fresh: readonly Omission[], model: string): string {
  const kinds = Map.groupBy(fresh, ({ part, cause }) => `${part} ${cause}`);
  return [...kinds.values()].map((omissions) => sentence(omissions, model)).join('\n');
}

function sentence(omissions: readonly Omission[], model: string): string {
  const [first] = omissions;
  if (!first) return '';
  const many = omissions.length > 1;
  return `⚠️ ${subject(first.part, many)} left out of this conversation: ${reason(first, many, model)}`;
}

function subject(part: Omission['part'], many: boolean): string {
  switch (part) {
    case 'images':
      return 'Pictures were';
    case 'outputs':
      return 'What a tool answered was';
    case 'everything':
      return many ? 'Messages were' : 'A message was';
  }
}

function reason({ part, cause }: Omission, many: boolean, model: string): string {
  switch (cause) {
    case 'images':
      return `the model \`${model}\` takes none.`;
    case 'image':
      return 'the provider could not read one. Try another format, or a smaller one.';
    case 'size':
      return 'the request was too large with them. Smaller ones may fit.';
    case 'room':
      return 'the model had no room for them.';
    case 'words':
      return `the provider’s content filter refused ${many ? 'them' : 'it'}.${part === 'outputs' ? '' : ' Try other words.'}`;
  }
}
