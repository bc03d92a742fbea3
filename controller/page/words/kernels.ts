/** Kernels of a status, where its controller tells of them; read with care, for not every one does. Pure. */
import { shortSize } from "../../cli/render/units.ts";

export interface KernelRow {
  readonly id: string;
  readonly notebook: string;
  readonly node: string;
  readonly state: string;
  readonly memory: string;
  /** RFC 3339; null: not told. */
  readonly since: string | null;
}

/** Null: this controller tells of none, which is not the same as that none runs. */
export function kernelsIn(status: object): readonly KernelRow[] | null {
  const { kernels } = status as { readonly kernels?: unknown };
  return Array.isArray(kernels) ? kernels.filter(isObject).map(rowOf) : null;
}

function rowOf(kernel: Readonly<Record<string, unknown>>): KernelRow {
  const { id, notebook, path, name, node, slot, state, since } = kernel;
  const bytes = kernel["memoryBytes"] ?? kernel["memory"];
  const whose = typeof slot === "number" ? `slot-${slot}` : "";
  return {
    id: textOf(id),
    notebook: textOf(notebook) || textOf(path) || textOf(name) || textOf(id).slice(0, 8),
    node: textOf(node) || whose,
    state: textOf(state),
    memory: typeof bytes === "number" ? shortSize(bytes) : textOf(bytes),
    since: typeof since === "string" ? since : null,
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
