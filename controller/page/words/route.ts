/** What part of the page an address means: `#/`, `#/default/lab`, `#/default/lab/logs/slot-1/etcd`. Pure. */

export const TABS = ["overview", "logs", "spec"] as const;
export type Tab = (typeof TABS)[number];

export type Route =
  | { readonly page: "clusters" }
  | {
      readonly page: "cluster";
      /** `namespace/name` */
      readonly key: string;
      readonly tab: Tab;
      /** Of the logs; null: not chosen. */
      readonly node: string | null;
      readonly unit: string | null;
    };

export function parseRoute(hash: string): Route {
  const [namespace, name, tab, node, unit] = hash
    .replace(/^#?\/?/, "")
    .split("/")
    .map(decoded);
  if (!namespace || !name) return { page: "clusters" };
  const known = TABS.find((one) => one === tab) ?? "overview";
  const key = `${namespace}/${name}`;
  return { page: "cluster", key, tab: known, node: node || null, unit: unit || null };
}

export function routeTo(key: string, tab: Tab = "overview", ...more: readonly string[]): string {
  const parts = [...key.split("/"), ...(tab === "overview" ? [] : [tab, ...more])];
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}
