/** The site's store as this process last saw it, and who this process is to the others. */
import type {
  ControllerRecord,
  SiteView,
  SiteWatch,
  StateBackend,
} from "../store/state-backend.ts";
import { thisController } from "../store/this-controller.ts";
import { whoActs } from "./controllers.ts";

export class SiteSight {
  private record: ControllerRecord = thisController("");
  private watch: SiteWatch | null = null;
  private latest: SiteView | null = null;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly backend: StateBackend,
    private readonly onView: (view: SiteView) => void,
  ) {}

  /** @param url where this process answers */
  answersAt(url: string): void {
    this.record = { ...this.record, apiUrl: url };
  }

  /** Whoever acts knows what it writes: the store is watched by those who stand by. */
  look(watches: boolean): void {
    if (watches === (this.watch !== null)) return;
    this.watch?.stop();
    this.watch = watches ? this.backend.watch((view) => this.see(view)) : null;
  }

  private see(view: SiteView): void {
    this.latest = view;
    this.onView(view);
    this.tell();
  }

  get me(): ControllerRecord {
    return this.record;
  }

  /** Null before the first look. */
  get view(): SiteView | null {
    return this.latest;
  }

  /** Why what is seen may be old; null: it is not. */
  problem(): string | null {
    const error = this.backend.problem();
    if (error !== null) return error.message;
    const freshness = this.watch?.freshness();
    if (freshness === undefined) return "the store has not been read yet";
    return freshness.isFresh ? null : freshness.reason;
  }

  /** In a sentence. */
  whoActs(): string {
    return whoActs(this.latest);
  }

  /** What is seen, or this process's role, may be another. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(): void {
    for (const listener of this.listeners) listener();
  }
}
