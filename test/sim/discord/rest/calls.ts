/** One request to the API, as it was answered. */
export interface Call {
  method: string;
  /** The route with placeholders, such as `POST /channels/:channel/messages`; the path, if there is no such route. */
  route: string;
  path: string;
  status: number;
  /** Of the message's content. */
  characters: number;
  at: number;
}

/** Everything that the app asked of the API, in order. */
export class Calls {
  readonly all: Call[] = [];

  record(call: Call): void {
    this.all.push(call);
  }

  /** @param route Such as `PATCH /channels/:channel/messages/:message`; without it all count. */
  count(route?: string): number {
    return this.#of(route).length;
  }

  /** Answers of 429. */
  limited(route?: string): number {
    return this.#of(route).filter(({ status }) => status === 429).length;
  }

  characters(route?: string): number {
    return this.#of(route).reduce((sum, { characters }) => sum + characters, 0);
  }

  /** Counts by route, for a report. */
  byRoute(): Record<string, { calls: number; limited: number; characters: number }> {
    const routes = [...new Set(this.all.map(({ route }) => route))];
    return Object.fromEntries(
      routes.map((route) => [
        route,
        { calls: this.count(route), limited: this.limited(route), characters: this.characters(route) },
      ]),
    );
  }

  #of(route: string | undefined): Call[] {
    return route === undefined ? this.all : this.all.filter((call) => call.route === route);
  }
}
