/**
 * Documents that the API writes, in the store that the controllers of a site share. Whoever acts knows
 * what they are: it found them as its term began, and nobody else can write them.
 */
import { createHash } from "node:crypto";
import { type CompiledText, compileText } from "../../crd-schema/documents.ts";
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import { type ClusterKey, clusterKey, type ClusterRef } from "../model/ids.ts";
import type { StoredSpec } from "../model/stored-spec.ts";
import type { ManagedPlace, ManagedReading } from "./managed-place.ts";

/** Of one term: each write is refused once it is over. */
export interface SpecWrites {
  save(key: ClusterKey, spec: StoredSpec): Promise<void>;
  remove(key: ClusterKey): Promise<void>;
}

export class ManagedInStore implements ManagedPlace {
  private writes: SpecWrites | null = null;
  /** As they are now; null: no term has begun in this process, so that nothing is known of them. */
  private specs: ReadonlyMap<ClusterKey, StoredSpec> | null = null;
  private readonly compiled = new Map<string, CompiledText>();

  /** @param prefix of the store's keys: two stores of a site are told apart by it */
  constructor(private readonly prefix: string) {}

  /** A term begins: from now on these count. */
  enter(stored: ReadonlyMap<ClusterKey, StoredSpec>, writes: SpecWrites): void {
    this.writes = writes;
    this.specs = new Map(stored);
  }

  /** As etcd would be asked for it. */
  fileOf(ref: ClusterRef): string {
    return `${this.start}${clusterKey(ref)}`;
  }

  owns(file: string): boolean {
    return file.startsWith(this.start);
  }

  async read(): Promise<ManagedReading | null> {
    if (this.specs === null) return null;
    const texts = [...this.specs].map(([key, { text }]) => {
      const file = `${this.start}${key}`;
      return [file, this.compile(text, file)] as const;
    });
    return { paths: [], texts: new Map(texts.toSorted(([a], [b]) => (a < b ? -1 : 1))) };
  }

  async digest(): Promise<string> {
    if (this.specs === null) return "unknown";
    const hash = createHash("sha256");
    for (const [key, { text }] of this.specs) hash.update(`${key}\0${text}\0`);
    return hash.digest("hex");
  }

  async owners(ref: ClusterRef): Promise<readonly unknown[]> {
    return this.specs?.get(clusterKey(ref))?.owners ?? [];
  }

  async save(ref: ClusterRef, text: string, owners: readonly unknown[]): Promise<void> {
    const key = clusterKey(ref);
    const spec = { text, owners };
    await this.writer().save(key, spec);
    this.specs = new Map(this.specs).set(key, spec);
  }

  async remove(ref: ClusterRef): Promise<void> {
    const key = clusterKey(ref);
    await this.writer().remove(key);
    this.specs = new Map([...(this.specs ?? [])].filter(([other]) => other !== key));
  }

  private get start(): string {
    return `etcd:${this.prefix}/specs/`;
  }

  private writer(): SpecWrites {
    if (this.writes !== null) return this.writes;
    const message = "This controller has not acted yet: nothing is stored.";
    throw new OperationError(ERROR_CODES.NOT_ACTING, "write the spec", message);
  }

  /** Hundreds of documents are read at each change of one. */
  private compile(text: string, file: string): CompiledText {
    const known = this.compiled.get(`${file}\0${text}`);
    if (known !== undefined) return known;
    for (const key of this.compiled.keys()) {
      if (key.startsWith(`${file}\0`)) this.compiled.delete(key);
    }
    const compiled = compileText(text, file);
    this.compiled.set(`${file}\0${text}`, compiled);
    return compiled;
  }
}
