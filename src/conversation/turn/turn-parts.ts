import type { OpenAI } from 'openai';
import type { AssistantTool } from 'openai/resources/beta/assistants';
import type { RunCreateParamsBase } from 'openai/resources/beta/threads/runs/runs';
import type { FileQuota } from '../../file-quota.ts';
import type { Approvals } from '../../functions/approval/approvals.ts';
import type { Catalogue } from '../../functions/catalogue.ts';
import type { Offers } from '../../knowledge/offers.ts';
import type { Logger } from '../../log.ts';
import type { TurnObserver } from '../../operations/metrics/observer.ts';
import type { Platform } from '../../platform.ts';
import type { ReplyStyle } from '../../reply/transcript/render.ts';
import type { FollowRun, RunThread } from '../run/run.ts';
import type { SourceSettings } from '../sources.ts';
import type { ThreadMap } from '../thread/thread-map.ts';
import type { GapNotes } from './note-gap.ts';

/** What a turn needs of its platform. */
export type TurnPlatform = Pick<Platform, 'name' | 'reply' | 'download' | 'readers' | 'displayNames'>;

/** What every turn needs. */
export interface TurnParts {
  client: OpenAI;
  threads: ThreadMap;
  runThread: RunThread;
  followRun: FollowRun;
  functions: Catalogue;
  /** What people say to calls that need somebody's word. */
  approvals: Approvals;
  /** How long they have for that, in ms, where it is not the usual time. */
  approvalMs?: number;
  /** The assistant's own tools, to which those functions come. */
  tools?: readonly AssistantTool[];
  /** What each conversation may search; left out, that is what the assistant may. */
  offers?: Pick<Offers, 'for'>;
  /** The same for every run: the assistant, and what only a run can be told. */
  runSettings: Pick<RunCreateParamsBase, 'assistant_id' | 'max_completion_tokens' | 'max_prompt_tokens'>;
  style: ReplyStyle;
  /** What of a sentence on a failure people may read; where things are is left out of it when this is. */
  readable?: (sentence: string) => string;
  /** Hosts whose addresses are always links, with all below them. */
  linkHosts?: readonly string[];
  /** What the team says of its documents; nothing when left out. */
  knowledge?: SourceSettings;
  gaps?: GapNotes;
  /** Counts the bytes of files that functions give; they have no limit together when left out. */
  produced?: FileQuota;
  /** How long its server may fail, in ms, where that or what it keeps everything in is elsewhere. */
  patienceMs?: number;
  /** After how long, in ms, a process is known to live through a run; for tests. */
  livedMs?: number;
  log: Logger;
  observer?: Pick<TurnObserver, 'turnEnded'>;
}
