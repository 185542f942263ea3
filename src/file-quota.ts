/** How many more bytes of files may come, and a sentence for where that is not enough. */
export interface Room {
  readonly bytes: number;
  readonly told: string;
}

/** Counts the bytes of files, so that nobody fills the disk. */
export interface FileQuota {
  /** Counts what `use` says to take of the room that there is; one use comes after the other. */
  spend<T extends { bytes: number }>(scope: QuotaScope, use: (room: Room) => T): Promise<T>;
  /** Counts bytes that there is room for; tells why where there is none. */
  take(scope: QuotaScope, bytes: number): Promise<string | undefined>;
}

/** Whose files they are. */
export interface QuotaScope {
  run?: string;
  conversation: string;
}

/** What the assistant makes, and what people send: each by itself. */
export interface FileQuotas {
  readonly produced: FileQuota;
  readonly received: FileQuota;
}
