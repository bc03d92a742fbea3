/** A state in the making: what one step changes of it, and what it does wrong by that. */
import type { BrokenRule } from "../rules/sight.ts";
import {
  type Container,
  type History,
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

  history(name: string | undefined): History | undefined {
    return this.state.histories.find((l) => l.history === name);
  }

  patchLineage(name: string, patch: Partial<History>): void {
    const histories = this.state.histories.map((l) =>
      l.history === name ? { ...l, ...patch } : l,
    );
    this.set({ histories });
  }

  addLineage(history: History): void {
    this.set({ histories: [...this.state.histories, history] });
  }

  /** Containers whose etcd runs in this history and can reach the others. */
  upIn({ history }: History): readonly Container[] {
    return this.state.containers.filter(
      (c) =>
        c.etcd === "up" &&
        this.state.hosts[c.host] === "up" &&
        this.volumeOf(c)?.history === history,
    );
  }

  votersUp(history: History): readonly Container[] {
    const voters = new Set(history.members.filter((m) => !m.isLearner).map((m) => m.id));
    return this.upIn(history).filter((c) => voters.has(this.volumeOf(c)?.memberId ?? ""));
  }

  hasQuorum(history: History): boolean {
    const voters = history.members.filter((m) => !m.isLearner).length;
    return voters > 0 && this.votersUp(history).length >= majorityOf(voters);
  }

  /** The leader as long as a quorum can follow it; what it knows of that is another matter. */
  leaderOf(history: History): Container | undefined {
    if (history.leader === null || !this.hasQuorum(history)) return undefined;
    return this.votersUp(history).find((c) => this.volumeOf(c)?.memberId === history.leader);
  }
}
