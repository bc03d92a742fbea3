/** What `manifests/monitoring` asks Prometheus for. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

export const MONITORING = fileURLToPath(new URL("../../manifests/monitoring", import.meta.url));

interface Rules {
  readonly groups: readonly { readonly rules: readonly Alert[] }[];
}

export interface Alert {
  readonly alert: string;
  readonly expr: string;
}

export interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets?: readonly { readonly expr: string }[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

export function alerts(): readonly Alert[] {
  const { groups } = parse(readFileSync(`${MONITORING}/alerts.yaml`, "utf8")) as Rules;
  return groups.flatMap(({ rules }) => rules);
}

export function dashboard(): Dashboard {
  return JSON.parse(readFileSync(`${MONITORING}/grafana-dashboard.json`, "utf8")) as Dashboard;
}

/** All that the dashboard asks for, with its variables still in it. */
export function queries(): readonly string[] {
  const { panels, annotations } = dashboard();
  const asked = panels.flatMap(({ targets }) => targets ?? []);
  return [...asked, ...annotations.list].map(({ expr }) => expr);
}
