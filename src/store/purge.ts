/** How often expired entries are deleted; until then they are not seen but take up space. */
const PURGE_INTERVAL_MS = 60 * 60 * 1_000;

/** Purges now and from time to time; returns what ends that. */
export function purgeRegularly(purge: () => void | Promise<void>): () => void {
  const attempt = async () => {
    try {
      await purge();
    } catch {
      // Nothing is lost: the entries stay unseen, and the next round deletes them.
    }
  };
  const timer = setInterval(attempt, PURGE_INTERVAL_MS).unref();
  void attempt();
  return () => clearInterval(timer);
}
