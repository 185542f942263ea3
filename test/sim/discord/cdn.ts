import { createHmac } from 'node:crypto';
import type { Attachment, Channel } from './model.ts';

const SIGNING_KEY = 'discord-sim';

/**
 * Links to attachments, signed and short-lived as Discord's are: every message that is sent or fetched brings fresh
 * ones. https://discord.com/developers/docs/reference#signed-attachment-cdn-urls
 */
export class Cdn {
  readonly #lifetime: number;
  readonly #files = new Map<string, Attachment>();
  /** Set once the server listens. */
  base = '';

  /** @param lifetime Of a link, in ms. */
  constructor(lifetime: number) {
    this.#lifetime = lifetime;
  }

  link(channel: Channel, attachment: Attachment): string {
    const path = `/attachments/${channel.id}/${attachment.id}/${encodeURIComponent(attachment.name)}`;
    this.#files.set(path, attachment);
    return this.#sign(path);
  }

  /** A link that works again, for one that has run out; undefined for one that was never ours. */
  refresh(link: string): string | undefined {
    const { pathname } = new URL(link);
    return this.#files.has(pathname) ? this.#sign(pathname) : undefined;
  }

  /** The file behind a link, or undefined when there is none or the link has run out. */
  fetch(link: URL): Attachment | undefined {
    const issued = link.searchParams.get('is') ?? '';
    const expires = link.searchParams.get('ex') ?? '';
    const genuine = link.searchParams.get('hm') === signature(link.pathname, issued, expires);
    const alive = Number.parseInt(expires, 16) > Date.now();
    return genuine && alive ? this.#files.get(link.pathname) : undefined;
  }

  /** Takes the file away from everybody, with all its links. */
  remove(attachment: Attachment): void {
    for (const [path, file] of this.#files) if (file === attachment) this.#files.delete(path);
  }

  #sign(path: string): string {
    const issued = Date.now().toString(16);
    const expires = (Date.now() + this.#lifetime).toString(16);
    return `${this.base}${path}?ex=${expires}&is=${issued}&hm=${signature(path, issued, expires)}&`;
  }
}

/** Discord counts seconds in its links; milliseconds here, so that a test need not wait for one. */
function signature(path: string, issued: string, expires: string): string {
  return createHmac('sha256', SIGNING_KEY).update(`${path} ${issued} ${expires}`).digest('hex');
}
