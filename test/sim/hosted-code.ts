import type { SimContainers } from './containers.ts';
import { pieces } from './model-server.ts';

/** Code that the provider runs in a container in the course of an answer, and what becomes of it. */
export interface HostedCall {
  /** What the model says before it. */
  says?: string;
  code: string;
  logs?: string;
  /** Pictures that it shows; each is also a file of the container. */
  shows?: Buffer[];
  /** They are told of as addresses somewhere else, and not as what they hold. */
  showsElsewhere?: true;
  /** Files that it writes, by their path. */
  writes?: Record<string, Buffer>;
  /** What it writes becomes a file of the container only when a message links to it. */
  isLate?: boolean;
  status?: 'completed' | 'failed' | 'incomplete';
}

type Container = ReturnType<SimContainers['ofTool']>;
type Item = Record<string, unknown> & { id: string; type: string };
type Event = { type: string; effect?: () => void } & Record<string, unknown>;

interface Written {
  id: string;
  path: string;
  content: Buffer;
  isLate: boolean;
  isShown: boolean;
}

/** What the calls of an answer do in its container. */
export class HostedRun {
  readonly #containers: SimContainers;
  readonly #container: Container | undefined;
  readonly #byItem = new Map<string, { call: HostedCall; files: Written[] }>();
  readonly #files: Written[] = [];

  constructor(containers: SimContainers, body: Record<string, unknown>) {
    this.#containers = containers;
    const tools = (body.tools ?? []) as { type: string; container?: unknown }[];
    const tool = tools.find(({ type }) => type === 'code_interpreter');
    this.#container = tool && containers.ofTool(tool.container);
  }

  /** The finished item of a call; its outputs come only where they are asked for. */
  item(call: HostedCall, include: unknown): Item {
    const container = this.#container;
    if (!container) throw new Error('The request has no code interpreter.');
    const id = this.#containers.newCallId();
    const files = Object.entries(call.writes ?? {}).map(([path, content]) =>
      this.#written(container, path, content, call.isLate === true),
    );
    for (const content of call.shows ?? []) {
      const shown = this.#written(container, '', content, call.isLate === true);
      files.push({ ...shown, path: `/mnt/data/${shown.id}.png`, isShown: true });
    }
    this.#byItem.set(id, { call, files });
    this.#files.push(...files);
    const wantsOutputs = ((include ?? []) as string[]).includes('code_interpreter_call.outputs');
    const images = (call.shows ?? []).map((image) => ({
      type: 'image',
      url: call.showsElsewhere
        ? 'https://files.example.com/image.png'
        : `data:image/png;base64,${image.toString('base64')}`,
    }));
    const outputs = [...(call.logs ? [{ type: 'logs', logs: call.logs }] : []), ...images];
    return {
      id,
      type: 'code_interpreter_call',
      status: call.status ?? 'completed',
      code: call.code,
      container_id: container.id,
      outputs: wantsOutputs ? outputs : null,
    };
  }

  events(item: Item, at: object): Event[] {
    const { files = [] } = this.#byItem.get(item.id) ?? {};
    const code = String(item.code);
    return [
      { type: 'response.code_interpreter_call.in_progress', ...at },
      ...pieces(code).map((delta) => ({ type: 'response.code_interpreter_call_code.delta', ...at, delta })),
      { type: 'response.code_interpreter_call_code.done', ...at, code },
      { type: 'response.code_interpreter_call.interpreting', ...at },
      {
        type: 'response.code_interpreter_call.completed',
        ...at,
        effect: () => this.#write(files.filter(({ isLate }) => !isLate)),
      },
    ];
  }

  /** The links of a text to files in the container, and the pictures that were shown, which have no place in it. */
  annotations(text: string): object[] {
    const links = [...text.matchAll(/sandbox:(\/mnt\/data\/[^)\s]+)/g)].flatMap((match) => {
      const path = decodeURI(match[1] ?? '');
      const file =
        this.#files.find((each) => each.path === path) ??
        this.#container?.files.find((each) => each.path === path);
      return file ? [this.#citation(file, match.index, match.index + match[0].length)] : [];
    });
    const shown = this.#files.filter(({ isShown }) => isShown).map((file) => this.#citation(file, 0, 0));
    return [...links, ...shown];
  }

  /** What a message does that links to files. */
  cite(): void {
    this.#write(this.#files.filter(({ isLate }) => isLate));
  }

  #citation(file: { id: string; path: string }, start_index: number, end_index: number): object {
    return {
      type: 'container_file_citation',
      container_id: this.#container?.id,
      file_id: file.id,
      filename: file.path.split('/').at(-1),
      start_index,
      end_index,
    };
  }

  #written(container: Container, path: string, content: Buffer, isLate: boolean): Written {
    const known = this.#files.find((file) => file.path === path && path !== '');
    return {
      id: known?.id ?? this.#containers.fileId(container, path),
      path,
      content,
      isLate,
      isShown: false,
    };
  }

  #write(files: Written[]): void {
    for (const { id, path, content } of files)
      if (this.#container) this.#containers.write(this.#container, id, path, content);
  }
}
