/** A state in the making: what one step changes of it, and what it does wrong by that. */
import type { BrokenRule } from "../rules/sight.ts";
import {
  type Container,
  type Lineage,
  majorityOf,
  type State,
  type Volume,
  volumeKey,
} from "./state.ts";

export class Scratch {
  state: State;
  readonly broken: BrokenRule[] = [];

  constructor(state: State) {
    this.state = state;
  }

  set(patch: Partial<State>): void {
    this.state = { ...this.state, ...patch };
  }

  wrong(rule: string, what: string): void {
    this.broken.push({ rule, what });
  }

  patchContainer(taskId: string, patch: Partial<Container>): void {
    const containers = this.state.containers.map((c) =>
      c.taskId === taskId ? { ...c, ...patch } : c,
    );
    this.set({ containers });
  }

  volumeOf(container: Container): Volume | undefined {
    return this.state.volumes[volumeKey(container)];
  }

  setVolume(container: Container, volume: Volume): void {
    this.set({ volumes: { ...this.state.volumes, [volumeKey(container)]: volume } });
  }

  wipe(container: Container): void {
    const { [volumeKey(container)]: _, ...volumes } = this.state.volumes;
    this.set({ volumes });
  }

  lineage(name: string | undefined): Lineage | undefined {
    return this.state.lineages.find((l) => l.lineage === name);
  }

  patchLineage(name: string, patch: Partial<Lineage>): void {
    const lineages = this.state.lineages.map((l) => (l.lineage === name ? { ...l, ...patch } : l));
    this.set({ lineages });
  }

  addLineage(lineage: Lineage): void {
    this.set({ lineages: [...this.state.lineages, lineage] });
  }

  /** Containers whose etcd runs in this history and can reach the others. */
  upIn({ lineage }: Lineage): readonly Container[] {
    return this.state.containers.filter(
      (c) =>
        c.etcd === "up" &&
        this.state.hosts[c.host] === "up" &&
        this.volumeOf(c)?.lineage === lineage,
    );
  }

  votersUp(lineage: Lineage): readonly Container[] {
    const voters = new Set(lineage.members.filter((m) => !m.isLearner).map((m) => m.id));
    return this.upIn(lineage).filter((c) => voters.has(this.volumeOf(c)?.memberId ?? ""));
  }

  hasQuorum(lineage: Lineage): boolean {
    const voters = lineage.members.filter((m) => !m.isLearner).length;
    return voters > 0 && this.votersUp(lineage).length >= majorityOf(voters);
  }

  /** The leader as long as a quorum can follow it; what it knows of that is another matter. */
  leaderOf(lineage: Lineage): Container | undefined {
    if (lineage.leader === null || !this.hasQuorum(lineage)) return undefined;
    return this.votersUp(lineage).find((c) => this.volumeOf(c)?.memberId === lineage.leader);
  }
}
