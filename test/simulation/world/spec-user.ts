/** The person who edits the spec files: what is in them, and how the controller reads it. */
import { compileText, resolveConflicts } from "../../../crd-schema/documents.ts";
import type { CompiledText } from "../../../crd-schema/documents.ts";
import { type SpecSnapshot, specSnapshot } from "../../../controller/model/spec-snapshot.ts";

/** What the simulated user sets; everything else has its default. */
export interface DesiredSpec {
  readonly name: string;
  /** Of the first slot and the proxy; no two clusters share it. */
  readonly number: number;
  readonly replicas: number;
  /** A learner stands by, where there are voters enough to give it a vote. */
  readonly spare: boolean;
  readonly image: string | null;
  readonly jupyterPort: number;
  readonly standby: "warm" | "cold";
  readonly dataVolume: "local" | "ephemeral";
  readonly replaceAfterSeconds: number;
  readonly snapshotSeconds: number;
  readonly graceSeconds: number;
  readonly recovery: "Automatic" | "Manual";
  readonly updateStrategy: "RollingUpdate" | "OnDelete";
  readonly deletionPolicy: "Retain" | "Delete";
  readonly suspend: boolean;
  /** For kernels that belong to the cluster; null: they are JupyterLab's own. */
  readonly busyWaitSeconds: number | null;
}

/** Slow enough that idle clusters cost few events. */
export const HEARTBEAT_MS = 1_000;
export const ELECTION_MS = 5_000;

/** Compiled once, however many runs read the same text. */
const compiled = new Map<string, CompiledText>();
const COMPILED_MAX = 5_000;

export class SpecUser {
  /** File name -> text; null: it is not there. */
  private readonly texts = new Map<string, string | null>();
  private readonly desiredSpecs = new Map<string, DesiredSpec>();
  /** Clusters that were deleted on purpose, and may have come back since. */
  readonly deleted = new Set<string>();
  /** When a cluster was last suspended, or its file removed; milliseconds since the epoch. */
  readonly stopAskedAt = new Map<string, number>();
  /** Of each cluster: how many slots were wanted, from when on; milliseconds since the epoch. */
  private readonly sizes = new Map<string, { readonly at: number; readonly slots: number }[]>();
  /** The last that was valid, of each cluster. */
  private readonly valid = new Map<string, DesiredSpec>();

  constructor(private readonly now: () => number) {}

  write(desiredSpec: DesiredSpec): void {
    if (desiredSpec.suspend) this.stopAskedAt.set(desiredSpec.name, this.now());
    const { name } = desiredSpec;
    const slots = slotsOf(desiredSpec);
    this.sizes.set(name, [...this.sizesOf(name), { at: this.now(), slots }]);
    this.desiredSpecs.set(desiredSpec.name, desiredSpec);
    this.valid.set(desiredSpec.name, desiredSpec);
    this.texts.set(fileOf(desiredSpec.name), textOf(desiredSpec));
  }

  sizesOf(name: string): readonly { readonly at: number; readonly slots: number }[] {
    return this.sizes.get(name) ?? [];
  }

  /** Something that is no spec takes the file's place. */
  breakFile(name: string, text: string): void {
    this.texts.set(fileOf(name), text);
  }

  deleteFile(name: string): void {
    this.texts.set(fileOf(name), null);
    this.stopAskedAt.set(name, this.now());
    if (this.desiredSpec(name).deletionPolicy === "Delete") this.deleted.add(name);
  }

  isThere(name: string): boolean {
    return this.texts.get(fileOf(name)) != null;
  }

  /** As the user last wrote it. */
  desiredSpec(name: string): DesiredSpec {
    const desiredSpec = this.valid.get(name);
    if (desiredSpec === undefined) throw new Error(`no cluster ${name}`);
    return desiredSpec;
  }

  names(): readonly string[] {
    return [...this.desiredSpecs.keys()];
  }

  reading(): SpecSnapshot {
    const files = [...this.texts].filter(([, text]) => text !== null).map(([file]) => file);
    const texts = files.map((file) => compile(this.texts.get(file) ?? "", file));
    const { clusters, problems } = resolveConflicts(texts);
    return specSnapshot({ clusters, problems, files, complete: true });
  }
}

function compile(text: string, file: string): CompiledText {
  const key = `${file}\n${text}`;
  let known = compiled.get(key);
  if (known === undefined) {
    known = compileText(text, file);
    if (compiled.size >= COMPILED_MAX) compiled.clear();
    compiled.set(key, known);
  }
  return known;
}

export function fileOf(name: string): string {
  return `${name}.yaml`;
}

/** The schema refuses a spare of fewer: nobody could give it a vote. */
const SPARE_REPLICAS_MIN = 3;

function hasSpare({ spare, replicas }: DesiredSpec): boolean {
  return spare && replicas >= SPARE_REPLICAS_MIN;
}

export function slotsOf(desiredSpec: DesiredSpec): number {
  return desiredSpec.replicas + (hasSpare(desiredSpec) ? 1 : 0);
}

function textOf(desiredSpec: DesiredSpec): string {
  const { number } = desiredSpec;
  const manifest = {
    apiVersion: "jupytercluster.dev/v1alpha1",
    kind: "JupyterCluster",
    metadata: { name: desiredSpec.name },
    spec: {
      replicas: desiredSpec.replicas,
      ...(desiredSpec.image === null ? {} : { image: desiredSpec.image }),
      network: { name: `net-${number}`, subnet: `10.${number}.0.0/24` },
      storage: { shared: { type: "hostPath", hostPath: `/mnt/${desiredSpec.name}` } },
      etcd: {
        dataVolume: desiredSpec.dataVolume,
        heartbeatMilliseconds: HEARTBEAT_MS,
        electionMilliseconds: ELECTION_MS,
        snapshots: { intervalSeconds: desiredSpec.snapshotSeconds, keep: 2 },
        recovery: { mode: desiredSpec.recovery, graceSeconds: desiredSpec.graceSeconds },
        ...(hasSpare(desiredSpec) ? { standby: "learner" } : {}),
      },
      jupyter: { port: desiredSpec.jupyterPort, standby: desiredSpec.standby },
      ...(desiredSpec.busyWaitSeconds === null
        ? {}
        : { kernels: { placement: "spread", busyWaitSeconds: desiredSpec.busyWaitSeconds } }),
      proxy: { port: 10_000 + number },
      unreachable: { replaceAfterSeconds: desiredSpec.replaceAfterSeconds },
      backoff: { initialSeconds: 1, factor: 2, maxSeconds: 10 },
      updateStrategy: { type: desiredSpec.updateStrategy },
      deletionPolicy: desiredSpec.deletionPolicy,
      suspend: desiredSpec.suspend,
    },
  };
  return JSON.stringify(manifest, null, 1);
}
