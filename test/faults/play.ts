import { setTimeout as sleep } from 'node:timers/promises';
import { audit, type SeenConversation, type Violation } from './audit.ts';
import type { Deployment } from './deployment.ts';
import { Random } from './random.ts';
import { Recovery } from './recovery.ts';
import type { Event } from './schedule.ts';
import { Talks } from './talks.ts';

export interface Figures {
  readonly questions: number;
  /** How often each fault struck. */
  readonly faults: ReadonlyMap<string, number>;
  /** From `kill -9` to the reply growing again, and before that to the model being asked for it again. */
  readonly recovery: Pick<Recovery, 'times' | 'interrupted'>;
  readonly askedAgain: readonly number[];
  /** From each question to the last word of its answer, in ms. */
  readonly waits: readonly number[];
}

/** At the end nothing changes for so long, and everything is as it should be: then it stays so. */
const REST_MS = 4_000;
/** Longer than two of Slack's minutes: what was missed is looked for at a pace, and a refusal closes a method for one. */
const PATIENCE_MS = 150_000;
/** However much still changes. */
const LONGEST_CALM_MS = 600_000;
const LOOK_MS = 500;

/** A schedule as it happens to a deployment. */
export class Play {
  readonly #deployment: Deployment;
  readonly #note: (what: string) => void;
  readonly #talks: Talks;
  readonly #recovery = new Recovery();
  readonly #asking = new Recovery();
  readonly #faults = new Map<string, number>();
  readonly #askedAt = new Map<number, number>();
  readonly #waits: number[] = [];
  readonly #underWay = new Set<Promise<unknown>>();
  #changedAt = Date.now();

  constructor(deployment: Deployment, note: (what: string) => void) {
    const { stages, model } = deployment;
    this.#deployment = deployment;
    this.#note = note;
    this.#talks = new Talks(stages, (number) => model.failedTurns.flat().includes(number));
    for (const stage of stages) stage.watch((conversation) => this.#changed(conversation));
    model.watch((questions) => {
      for (const number of questions) this.#asking.changed(String(number), Date.now());
    });
  }

  async perform(events: readonly Event[]): Promise<void> {
    const began = Date.now();
    for (const event of events) {
      await sleep(Math.max(0, began + event.at - Date.now()));
      if (event.type === 'ask') this.#ask(event);
      else this.#strike(event);
    }
  }

  /** Nothing goes wrong any more; ends when all is well and stays so, or nothing changes any more. */
  async calmDown(): Promise<void> {
    const { stages, model } = this.#deployment;
    this.#note('calm');
    model.calmDown();
    while (this.#underWay.size > 0) await Promise.all([...this.#underWay]);
    await this.#deployment.ready();
    const began = Date.now();
    this.#changedAt = began;
    while (Date.now() - began < LONGEST_CALM_MS) {
      await sleep(LOOK_MS);
      const stillFor = Date.now() - this.#changedAt;
      if (stillFor > PATIENCE_MS) break;
      const isDelivered = stages.every((stage) => stage.isDelivered());
      if (stillFor > REST_MS && isDelivered && this.audit().length === 0) break;
    }
    this.#note(
      `the end; the model failed the turns ${model.failedTurns.map((turn) => turn.join('+')).join(', ')}`,
    );
  }

  audit(): Violation[] {
    const { failedTurns } = this.#deployment.model;
    return audit({ asked: this.#talks.asked, failedTurns }, this.seen());
  }

  seen(): SeenConversation[] {
    return this.#talks.seen();
  }

  figures(): Figures {
    return {
      questions: this.#talks.asked.length,
      faults: this.#faults,
      recovery: this.#recovery,
      askedAgain: this.#asking.times,
      waits: this.#waits,
    };
  }

  #ask({ question, platform, way, seed }: Event & { type: 'ask' }): void {
    this.#deployment.model.learn(question);
    this.#askedAt.set(question.number, Date.now());
    const where = this.#talks.ask(question, platform, way, seed);
    this.#note(`question ${question.number} (${question.words} words, ${way}) in ${where}`);
  }

  #strike(event: Exclude<Event, { type: 'ask' }>): void {
    const { stages, model } = this.#deployment;
    const { type, fault, seed } = event;
    this.#faults.set(fault, (this.#faults.get(fault) ?? 0) + 1);
    switch (type) {
      case 'platform':
        this.#note(fault);
        stages.find(({ platform }) => platform === event.platform)?.fails(fault, new Random(seed));
        break;
      case 'model':
        this.#note(fault);
        model.fails(fault, seed);
        break;
      case 'process':
        this.#note(`${fault} of process ${event.replica + 1}, ${event.downMs} ms`);
        this.#follow(this.#strikeProcess(event));
        break;
      case 'database':
        this.#note(`${fault}, ${event.downMs} ms`);
        this.#follow(this.#strikeDatabase(event));
    }
  }

  async #strikeProcess({ fault, replica: index, downMs }: Event & { type: 'process' }): Promise<void> {
    const replica = this.#deployment.replicas[index];
    if (!replica) return;
    this.#disturbed();
    switch (fault) {
      case 'kill -9':
        return this.#kill(index, downMs);
      case 'SIGTERM':
        return replica.restart(downMs);
      case 'SIGTERM cut short by kill -9':
        return replica.cutShort(downMs);
      case 'freeze':
        return replica.freeze(downMs);
    }
  }

  async #kill(index: number, downMs: number): Promise<void> {
    const { replicas, model } = this.#deployment;
    const isAlone = replicas.length === 1;
    let killedAt = 0;
    await replicas[index]?.kill(downMs, {
      before: () => {
        killedAt = Date.now();
        const written = model.writingFor(index);
        this.#recovery.killed(this.#talks.begun(written));
        this.#asking.killed(written.map(String));
      },
      after: () => {
        if (!isAlone) this.#counts(killedAt);
      },
      again: () => {
        this.#note(`process ${index + 1} is started again`);
        if (isAlone) this.#counts(Date.now());
      },
    });
  }

  #disturbed(): void {
    this.#recovery.disturbed();
    this.#asking.disturbed();
  }

  #counts(since: number): void {
    this.#recovery.counts(since);
    this.#asking.counts(since);
  }

  async #strikeDatabase({ fault, downMs }: Event & { type: 'database' }): Promise<void> {
    const { database } = this.#deployment;
    this.#disturbed();
    await (fault === 'database restart' ? database?.restart(downMs) : database?.crowd(downMs));
    this.#note(`${fault} is over`);
  }

  #follow(work: Promise<void>): void {
    const followed = work
      .catch((error: unknown) => this.#note(`a fault failed: ${error}`))
      .finally(() => this.#underWay.delete(followed));
    this.#underWay.add(followed);
  }

  #changed(conversation: string): void {
    this.#changedAt = Date.now();
    this.#recovery.changed(conversation, this.#changedAt);
    for (const number of this.#talks.changed(conversation)) {
      const wait = this.#changedAt - (this.#askedAt.get(number) ?? this.#changedAt);
      this.#waits.push(wait);
      this.#note(`question ${number} is answered after ${wait} ms`);
    }
  }
}
