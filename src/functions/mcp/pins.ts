import type { Keyv } from 'keyv';
import { KeyedQueue } from '../../keyed-queue.ts';
import { digestOf, type OfferedTool } from './tool.ts';
import { bounded } from './words.ts';

/** A tool as it was when somebody agreed to it, or when its server was first connected. */
interface Pin {
  digest: string;
  /** What it says now, where that is something else; until somebody looks at it, the tool is off. */
  changed?: { digest: string; description: string };
}

/** What is kept of a server: tools by their names, in the order in which they came. */
export interface PinnedTools {
  tools: [name: string, pin: Pin][];
}

/** A server that always has other tools would fill the store; those beyond are off. */
const MOST_PINS = 3_000;

/** As much of a description as is shown to whoever looks at it, in UTF-16 code units. */
const LONGEST_SHOWN = 2_000;

/** What became of a tool since it was last looked at. */
export type Verdict = 'same' | 'new' | 'changed' | 'too many';

/** A tool that is off, with what it says now. */
export interface ChangedTool {
  readonly name: string;
  readonly digest: string;
  readonly description: string;
}

/**
 * Remembers what each tool of a server said of itself when it was taken. A server that is named in `assistant.md` is trusted
 * as it first is; a tool that says something else later is not, since whoever agreed to it has agreed to something else.
 */
export class Pins {
  readonly #keyv: Keyv<PinnedTools>;
  readonly #queue = new KeyedQueue();

  constructor(keyv: Keyv<PinnedTools>) {
    this.#keyv = keyv;
  }

  /** Compares tools with what is kept, and keeps what is new. A tool that is what it was again is no longer off. */
  review(server: string, tools: readonly OfferedTool[]): Promise<Map<string, Verdict>> {
    return this.#change(server, (pins) => {
      const verdicts = tools.map((tool): [string, Verdict] => [tool.name, judge(pins, tool)]);
      return new Map(verdicts);
    });
  }

  /** The tools of a server that are off, as they were when that was noticed. */
  async changed(server: string): Promise<ChangedTool[]> {
    const { tools = [] } = (await this.#keyv.get(server)) ?? {};
    return tools.flatMap(([name, { changed }]) => (changed ? [{ name, ...changed }] : []));
  }

  /** Takes tools as they were shown, and not as they may be by now; gives the names of those that are on again. */
  approve(server: string, shown: readonly ChangedTool[]): Promise<string[]> {
    return this.#change(server, (pins) => {
      const taken = shown.filter(({ name, digest }) => pins.get(name)?.changed?.digest === digest);
      for (const { name, digest } of taken) pins.set(name, { digest });
      return taken.map(({ name }) => name);
    });
  }

  #change<T>(server: string, change: (pins: Map<string, Pin>) => T): Promise<T> {
    return this.#queue.run(server, async () => {
      const before = (await this.#keyv.get(server))?.tools ?? [];
      const pins = new Map(structuredClone(before));
      const result = change(pins);
      const after = [...pins];
      if (JSON.stringify(after) !== JSON.stringify(before)) await this.#keyv.set(server, { tools: after });
      return result;
    });
  }
}

function judge(pins: Map<string, Pin>, tool: OfferedTool): Verdict {
  const digest = digestOf(tool);
  const pin = pins.get(tool.name);
  if (!pin) {
    if (pins.size >= MOST_PINS) return 'too many';
    pins.set(tool.name, { digest });
    return 'new';
  }
  const isSame = pin.digest === digest;
  const description = bounded([tool.title, tool.description].filter(Boolean).join(': '), LONGEST_SHOWN);
  pins.set(tool.name, { digest: pin.digest, ...(!isSame && { changed: { digest, description } }) });
  return isSame ? 'same' : 'changed';
}
