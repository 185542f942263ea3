import type { ContainersApi } from './containers-api.ts';
import { NoContainers, unmade } from './trouble.ts';

/**
 * Whether the key may have code run at the provider, without making a container, which costs. Gives the reason where there are
 * none, and throws a `ModelError` when nobody could say.
 */
export async function examineContainers(
  api: ContainersApi,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    await api.examine(signal);
    return undefined;
  } catch (error) {
    const reason = await unmade(error, api.provider);
    if (reason instanceof NoContainers) return reason.message;
    throw reason;
  }
}
