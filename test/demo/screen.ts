/** Plays a conversation with a bot that is started with the platform's settings; gives what closes the platform. */
export type Scene = (
  screen: Screen,
  startBot: (env: Record<string, string>) => void,
) => Promise<() => Promise<void>>;

const CLEAR = '\u001b[2J\u001b[H';
const { stdout } = process;

/** Shows what people see as it changes on a terminal, and only how it ends in a pipe. */
export class Screen {
  #drawn = '';

  draw(text: string): void {
    if (!stdout.isTTY || text === this.#drawn) return;
    this.#drawn = text;
    stdout.write(
      `${CLEAR}${text
        .split('\n')
        .slice(-stdout.rows + 1)
        .join('\n')}\n`,
    );
  }

  end(text: string): void {
    if (stdout.isTTY) this.draw(text);
    else stdout.write(`${text}\n\n`);
  }
}
