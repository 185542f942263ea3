import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Settings } from '../../settings/settings.ts';
import type { CallObserver } from './observer.ts';

const SLACK = 'https://slack.com/api/';
const DISCORD = 'https://discord.com/api';

/** What undici tells of a request: https://undici.nodejs.org/#/docs/api/DiagnosticsChannel */
interface Told {
  request: { origin: string | URL; method: string; path: string };
  response?: { statusCode: number };
}

/** No part of a path that names a kind of call is longer; tokens are. */
const LONGEST_NAME = 40;

/**
 * Tells `observer` of every call to the APIs of the platforms that are set, whoever in the process makes it: the
 * platforms' own clients make some by themselves. The function that it gives back ends that.
 */
export function watchPlatformCalls(
  { slack, discord }: Pick<Settings, 'slack' | 'discord'>,
  observer: CallObserver,
): () => void {
  const bases = [
    ...(slack ? [{ platform: 'slack', ...baseOf(slack.apiUrl ?? SLACK) }] : []),
    ...(discord ? [{ platform: 'discord', ...baseOf(discord.apiUrl ?? DISCORD) }] : []),
  ];
  const begun = new WeakMap<object, number>();
  const began = (message: unknown) => begun.set((message as Told).request, performance.now());
  const ended = (message: unknown) => {
    const { request, response } = message as Told;
    const since = begun.get(request);
    begun.delete(request);
    const base = bases.find((base) => isBelow(base, request));
    if (!base || since === undefined) return;
    const call = nameOf(request.method, request.path.slice(base.path.length));
    const status = String(response?.statusCode ?? 'none');
    observer.called(base.platform, call, status, (performance.now() - since) / 1_000);
  };
  const listeners = { create: began, headers: ended, error: ended };
  for (const [event, listener] of Object.entries(listeners)) subscribe(`undici:request:${event}`, listener);
  return () => {
    for (const [event, listener] of Object.entries(listeners))
      unsubscribe(`undici:request:${event}`, listener);
  };
}

function baseOf(address: string) {
  const { origin, pathname } = new URL(address);
  return { origin, path: pathname.replace(/\/*$/, '/') };
}

function isBelow(base: { origin: string; path: string }, { origin, path }: Told['request']): boolean {
  return path.startsWith(base.path) && new URL(origin).origin === base.origin;
}

/**
 * The kind of a call: a method's name as it is (`chat.update`), a path with the HTTP method and without what stands for
 * single things (`PATCH /channels/:id/messages/:id`), so that there are few.
 */
export function nameOf(method: string, path: string): string {
  const parts = (path.split('?')[0] ?? '').split('/').filter((part) => part !== '' && !/^v\d+$/.test(part));
  if (parts.length === 1) return kind(parts[0] ?? '');
  return `${method} /${parts.map(kind).join('/')}`;
}

function kind(part: string): string {
  return /\d|%/.test(part) || part.length > LONGEST_NAME ? ':id' : part;
}
