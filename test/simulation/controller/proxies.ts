/** The proxies without their sockets: production's gate and its rule of whom to follow. */
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import type { ClusterKey } from "../../../controller/model/ids.ts";
import type { LeaderCandidate } from "../../../controller/model/leader.ts";
import type { Observed } from "../../../controller/model/observed.ts";
import type { Clock, Logger } from "../../../controller/model/ports.ts";
import { followLeader } from "../../../controller/proxy/follow-leader.ts";
import { TargetGate } from "../../../controller/proxy/target-gate.ts";

interface Entry {
  readonly gate: TargetGate;
  readonly wanted: ClusterSpec["proxy"];
}

export class SimulatedProxies {
  private readonly entries = new Map<ClusterKey, Entry>();

  constructor(
    private readonly options: {
      readonly clock: Clock;
      readonly log: Logger;
      readonly onChange: (key: ClusterKey) => void;
    },
  ) {}

  async ensure(key: ClusterKey, wanted: ClusterSpec["proxy"]): Promise<void> {
    const { clock, log, onChange } = this.options;
    const gate =
      this.entries.get(key)?.gate ?? new TargetGate({ clock, log, onChange: () => onChange(key) });
    this.entries.set(key, { gate, wanted });
    onChange(key);
  }

  observe(key: ClusterKey): Observed["proxy"] {
    const entry = this.entries.get(key);
    if (entry === undefined) return null;
    const { address, port, holdSeconds } = entry.wanted;
    const target = entry.gate.served;
    return { listening: true, address, port, error: null, target, holdSeconds };
  }

  follow(
    key: ClusterKey,
    nodes: readonly LeaderCandidate[],
    cluster: { readonly jupyterPort: number; readonly epoch: number },
  ): void {
    const gate = this.entries.get(key)?.gate;
    if (gate !== undefined) followLeader(gate, nodes, cluster);
  }

  target(key: ClusterKey): TargetGate["served"] {
    return this.entries.get(key)?.gate.served ?? null;
  }

  close(key: ClusterKey): void {
    this.entries.get(key)?.gate.close();
    this.entries.delete(key);
  }

  closeAll(): void {
    for (const key of [...this.entries.keys()]) this.close(key);
  }
}
