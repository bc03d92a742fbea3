/** An etcd of the site as one side of a move. */
import type { Clock, Logger } from "../../model/ports.ts";
import { sealJson } from "../../support/files/sealed-json.ts";
import { isControlToken } from "../control-token.ts";
import { Election, type Place } from "../etcd/election.ts";
import { FencedWrites } from "../etcd/fenced-writes.ts";
import { keepFormat, type Keys, requireReadableFormat } from "../etcd/format-key.ts";
import { isIn, SiteKeys } from "../etcd/keys.ts";
import { listAll } from "../etcd/list-all.ts";
import {
  frameworkIn,
  memoriesIn,
  moveMarkIn,
  specsIn,
  specValue,
  tasksIn,
} from "../etcd/site-documents.ts";
import { termNumber } from "../etcd/site-view.ts";
import { StoreCalls } from "../etcd/store-calls.ts";
import type { StoreEtcd } from "../etcd/store-etcd.ts";
import type { ControllerRecord } from "../state-backend.ts";
import type { MoveMark } from "./move-mark.ts";
import type { MoveSide, SiteContents } from "./move-state.ts";

export interface EtcdSideOptions {
  readonly description: string;
  readonly prefix: string;
  readonly servers: readonly StoreEtcd[];
  readonly ttlSeconds: number;
  readonly clock: Clock;
  readonly monotonicMs: () => number;
  readonly log: Logger;
}

export class EtcdSide implements MoveSide {
  private constructor(
    private readonly calls: StoreCalls,
    private readonly keys: SiteKeys,
    private readonly place: Place,
    private readonly writes: FencedWrites,
    readonly term: number,
  ) {}

  /** @throws OperationError ERR_STATE_LOCKED while a controller acts on it, and as `campaign` */
  static async open(options: EtcdSideOptions, me: ControllerRecord): Promise<EtcdSide> {
    const calls = new StoreCalls(options);
    const keys = new SiteKeys(options.prefix);
    const { ttlSeconds } = options;
    const election = new Election({ calls, keys, ttlSeconds, time: options });
    try {
      const place = await election.enter(me);
      try {
        await election.requireFirst(place);
        return await EtcdSide.take(calls, keys, place);
      } catch (error) {
        await place.lease.release();
        throw error;
      }
    } catch (error) {
      calls.close();
      throw error;
    }
  }

  private static async take(calls: StoreCalls, keys: SiteKeys, place: Place): Promise<EtcdSide> {
    const all = await readAll(calls, keys);
    requireReadableFormat(calls.description, keys, all);
    const writes = new FencedWrites(calls, place.lease, place);
    writes.know(all.values());
    const number = termNumber(moveMarkIn(keys, all), place.createRevision);
    return new EtcdSide(calls, keys, place, writes, number);
  }

  get description(): string {
    return this.calls.description;
  }

  async mark(): Promise<MoveMark | null> {
    return moveMarkIn(this.keys, await readAll(this.calls, this.keys));
  }

  async setMark(mark: MoveMark): Promise<void> {
    await this.writes.write(this.keys.moved, sealJson(mark));
  }

  async load(): Promise<SiteContents> {
    const { keys } = this;
    const all = await readAll(this.calls, keys);
    const token = all.get(keys.controlToken)?.value;
    return {
      memories: memoriesIn(keys, all.values()),
      tasks: tasksIn(keys, all.values()),
      framework: frameworkIn(keys, all),
      controlToken: isControlToken(token) ? token : null,
      specs: specsIn(keys, all.values()),
    };
  }

  async replace(contents: SiteContents): Promise<void> {
    const { keys, writes } = this;
    const wanted = new Map<string, string>();
    for (const [key, memory] of contents.memories) wanted.set(keys.memory(key), sealJson(memory));
    for (const task of contents.tasks.values()) wanted.set(keys.task(task.taskId), sealJson(task));
    for (const [key, spec] of contents.specs) {
      wanted.set(keys.spec(key), sealJson(specValue(key, spec)));
    }
    const all = await readAll(this.calls, keys);
    const version = requireReadableFormat(this.description, keys, all);
    const format = await keepFormat(writes, keys, version, memoriesIn(keys, all.values()));
    for (const [key, memory] of contents.memories) await format.admit(key, memory);
    const { framework, controlToken } = contents;
    if (framework !== null) wanted.set(keys.framework, sealJson(framework));
    if (controlToken !== null) wanted.set(keys.controlToken, controlToken);
    for (const key of all.keys()) {
      const { memories, tasks, statuses, specs } = keys;
      const isOfState = [memories, tasks, statuses, specs].some((one) => isIn(one, key));
      if (isOfState && !wanted.has(key)) await writes.write(key, null);
    }
    for (const [key, value] of wanted) await writes.write(key, value);
    await format.loaded(contents.memories);
  }

  async close(): Promise<void> {
    await this.place.lease.release();
    this.calls.close();
  }
}

async function readAll(calls: StoreCalls, keys: SiteKeys): Promise<Keys> {
  const listed = await listAll(calls, keys.all);
  return new Map(listed.keys.map((stored) => [stored.key, stored]));
}
