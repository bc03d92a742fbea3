/**
 * Keeps a store's format record the lowest that suffices for what is stored: raised before anything is written that
 * needs more, and lowered when it is gone.
 */
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import type { ClusterKey } from "../model/ids.ts";
import type { ClusterMemory } from "../model/memory.ts";
import {
  formatNeededBy,
  type FormatNeed,
  type FormatRecord,
  formatRecordOf,
  STATE_FORMAT_LEAST,
  STATE_FORMAT_MOVES,
  whyUnreadable,
} from "../model/state-format.ts";
import { LatestWriter } from "../support/files/latest-writer.ts";

/** Of no cluster. */
const MOVED: ClusterKey = "";

export class FormatKeeper {
  private needs: ReadonlyMap<ClusterKey, FormatNeed> = new Map();
  /** Admitted last, and not said to be stored yet. */
  private readonly latest = new Map<ClusterKey, ClusterMemory | null>();
  /** What is stored is known wholly: before, nothing that it needs may be given up. */
  private isComplete = false;
  private readonly writer: LatestWriter<null>;

  /**
   * @param version as it is stored; 0: there is none yet
   * @param store resolves when the record is durable
   */
  constructor(
    private version: number,
    private readonly store: (record: FormatRecord) => Promise<void>,
  ) {
    this.writer = new LatestWriter(() => this.write());
  }

  /** Memories are written in the names of today, which a reader of 1 does not know. */
  async begin(): Promise<void> {
    if (this.version < STATE_FORMAT_LEAST) await this.writer.save(null);
  }

  /** All that is stored, once it was read. */
  async loaded(memories: ReadonlyMap<ClusterKey, ClusterMemory>): Promise<void> {
    const moved = [...this.needs].filter(([key]) => key === MOVED);
    const needs = [...memories].map(([key, memory]) => [key, formatNeededBy(memory)] as const);
    this.needs = new Map([...moved, ...needs]);
    this.isComplete = true;
    await this.settle();
  }

  /** Resolves when readers who would not understand this memory are kept out. @param memory null: it is to be removed */
  async admit(key: ClusterKey, memory: ClusterMemory | null): Promise<void> {
    this.latest.set(key, memory);
    if (memory === null) return;
    const need = formatNeededBy(memory);
    // What is stored still counts: the greater of the two.
    if (need.format > (this.needs.get(key)?.format ?? 0)) this.set(key, need);
    if (need.format > this.version) await this.writer.save(null);
  }

  /** This memory, or none, is what is stored now. */
  async stored(key: ClusterKey, memory: ClusterMemory | null): Promise<void> {
    // Another is on its way, and what that needs counts already.
    if (this.latest.get(key) !== memory) return;
    this.latest.delete(key);
    this.set(key, memory && formatNeededBy(memory));
    await this.settle();
  }

  /** @param place where the state is kept now; null: here. Those who know no mark of a move look at the format */
  async keptAt(place: string | null): Promise<void> {
    this.set(
      MOVED,
      place === null ? null : { format: STATE_FORMAT_MOVES, because: `kept at ${place}` },
    );
    if (place === null) await this.settle();
    else await this.writer.save(null);
  }

  /** Lets the readers in again who understand all that is stored now. */
  private async settle(): Promise<void> {
    const { version } = formatRecordOf(this.needs);
    if (this.isComplete && version < this.version) await this.writer.save(null);
  }

  private set(key: ClusterKey, need: FormatNeed | null): void {
    const needs = new Map(this.needs);
    if (need === null) needs.delete(key);
    else needs.set(key, need);
    this.needs = needs;
  }

  /** Of what is needed when its turn has come. */
  private async write(): Promise<void> {
    const record = formatRecordOf(this.needs);
    if (!this.isComplete && record.version < this.version) return;
    await this.store(record);
    this.version = record.version;
  }
}

/**
 * @param place where the state is, for a person
 * @param record the value of its format record; null: there is none yet
 * @returns its version; 0: there is none yet
 * @throws OperationError ERR_STATE_VERSION
 */
export function requireReadable(place: string, record: unknown): number {
  const why = whyUnreadable(record);
  if (why === null) return (record as { readonly version: number } | null)?.version ?? 0;
  const message = `${place} can't be used. ${why} Or choose another place for the state.`;
  throw new OperationError(ERROR_CODES.STATE_VERSION, `open ${place}`, message);
}
