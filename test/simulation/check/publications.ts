/** What a published Ready promises: names without gaps or doubles, and XXX-0 leads. */
import type { JupyterClusterObject } from "../../../controller/model/resource.ts";
import type { Findings } from "./findings.ts";

export class Publications {
  constructor(private readonly findings: Findings) {}

  onPublished({ metadata, status }: JupyterClusterObject): void {
    const ready = status.conditions.some((c) => c.type === "Ready" && c.status === "True");
    if (!ready) return;
    // The spare has none, nor has one that is only there until its kernels are idle.
    const names = status.nodes.flatMap((n) => n.name ?? []).sort();
    const length = Math.max(names.length, status.replicas);
    const wanted = Array.from({ length }, (_, i) => `${metadata.name}-${i}`).sort();
    if (names.join() !== wanted.join()) {
      this.findings.add("names", `${metadata.name} is Ready with ${names.join(", ")}`);
    }
    const leader = status.nodes.find((n) => n.leader);
    if (leader?.name !== `${metadata.name}-0`) {
      const told = leader?.name ?? "nobody";
      this.findings.add("XXX-0 leads", `${metadata.name} is Ready and ${told} leads`);
    }
  }
}
