/** A JSON object as it goes over the wire, with Slack's own field names. */
export type Json = { [key: string]: unknown };

export type Block = Json & { type: string };

export interface User {
  id: string;
  name: string;
  realName: string;
  email: string;
  locale: string;
  tz: string;
  /** Set on the user of a bot. */
  bot?: Bot;
}

export interface Bot {
  id: string;
  appId: string;
}

/** `mpim`: a group direct message, as Slack calls it. */
export type ChannelKind = 'public' | 'private' | 'im' | 'mpim';

export interface Channel {
  id: string;
  name: string;
  kind: ChannelKind;
  members: Set<string>;
  archived: boolean;
  /** By ts, in the order of ts. */
  messages: Map<string, Message>;
  /** What only one person sees, in order. */
  ephemerals: Ephemeral[];
}

export interface Ephemeral {
  user: string;
  text: string;
  blocks: Block[];
  threadTs?: string;
}

/** A message as it stands; a change replaces it by a new object. */
export interface Message {
  ts: string;
  channel: string;
  user: string;
  text: string;
  blocks: Block[];
  /** What the text is: `mrkdwn` (Slack's markup) or standard Markdown. */
  format: 'mrkdwn' | 'markdown';
  fileIds: string[];
  /** Shared messages, and what other apps put there, as it goes over the wire. */
  attachments?: Json[];
  threadTs?: string;
  subtype?: string;
  bot?: Bot;
  username?: string;
  edited?: { user: string; ts: string };
  reactions?: Map<string, string[]>;
  metadata?: Json | undefined;
  broadcast?: boolean;
  stream?: Stream;
}

export type StreamState = 'in_progress' | 'completed' | 'errored';

export interface Stream {
  state: StreamState;
  /** What its calls bring; unset until the first has brought something. */
  mode?: 'text' | 'chunks';
  /** A person pressed Slack's Stop button. */
  stoppedByUser?: boolean;
  /** When its time was over; set with `errored`. */
  expiredAt?: number;
  startedAt: number;
  displayMode: string;
  planTitle?: string;
  parts: StreamPart[];
  tasks: Map<string, Task>;
  /** `chat.stopStream`'s own, under everything else. */
  finalBlocks: Block[];
}

export type StreamPart =
  | { type: 'markdown'; text: string }
  | { type: 'task'; id: string }
  | { type: 'blocks'; blocks: Block[] };

export interface Task {
  id: string;
  title: string;
  status: string;
  details: string;
  output: string;
  sources: Json[];
}

/**
 * Why a file can't be read from its event: `check_file_info` and `access_denied` are files of another workspace
 * (https://docs.slack.dev/apis/slack-connect/using-slack-connect-in-your-apps), which `files.info` tells of, or not;
 * `hidden_by_limit` and `tombstone` are old and deleted ones, `external` ones are kept by another service.
 */
export type FileState = 'check_file_info' | 'access_denied' | 'hidden_by_limit' | 'tombstone' | 'external';

export interface SlackFile {
  id: string;
  name: string;
  title: string;
  mimetype: string;
  user: string;
  created: number;
  length: number;
  /** What screen readers say of an image. */
  alt?: string;
  /** Unset between `files.getUploadURLExternal` and the upload itself. */
  content?: Buffer;
  /** Left out: everything is told of it. */
  state?: FileState;
  /** Where it was shared, by channel id. */
  channels: Set<string>;
}

export interface ThreadStatus {
  status: string;
  loadingMessages: string[];
  setAt: number;
}

export interface AgentSession {
  /** Does the app hear of the Stop button? Without that, Slack shows none. */
  stoppable: boolean;
  status: 'active' | 'processing' | 'suspended' | 'closed';
  title?: string;
  setAt: number;
}

export interface SuggestedPrompts {
  title?: string;
  prompts: { title: string; message: string }[];
}

/** What just happened in the workspace. `previous` is what stood there before a change or a deletion. */
export type Change =
  | { kind: 'posted'; message: Message }
  | { kind: 'changed'; message: Message; previous: Message }
  | { kind: 'deleted'; message: Message }
  | { kind: 'appended'; message: Message }
  | { kind: 'reacted'; message: Message; user: string; reaction: string; isAdded: boolean }
  | {
      kind: 'ephemeral' | 'status' | 'session' | 'title' | 'prompts' | 'membership';
      channel: string;
      threadTs?: string;
    };
