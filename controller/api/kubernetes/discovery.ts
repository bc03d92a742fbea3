/** How Kubernetes' clients find out what is served: groups, versions, resources. */
import type { Handler } from "../exchange.ts";
import { sendJson } from "../exchange.ts";
import type { Route } from "../router.ts";
import { type Kind, groupVersion, rootPath } from "./kind.ts";
import type { KubernetesObject } from "./object.ts";

type AnyKind = Kind<KubernetesObject>;

/** Besides an object's own verbs. */
interface Subresource {
  readonly name: string;
  readonly of: string;
  readonly kind: string;
  readonly verbs: readonly string[];
  /** Where its kind is of another group. */
  readonly group?: string;
  readonly version?: string;
}

const SUBRESOURCES: readonly Subresource[] = [
  { name: "status", of: "jupyterclusters", kind: "JupyterCluster", verbs: ["get"] },
  {
    name: "scale",
    of: "jupyterclusters",
    group: "autoscaling",
    version: "v1",
    kind: "Scale",
    verbs: ["get", "patch", "update"],
  },
  { name: "log", of: "pods", kind: "Pod", verbs: ["get"] },
  { name: "exec", of: "pods", kind: "PodExecOptions", verbs: ["create", "get"] },
];

/** The Kubernetes whose behaviour is followed. */
const KUBERNETES = { major: "1", minor: "32" };

export function discoveryRoutes(kinds: readonly AnyKind[], version: string): Route[] {
  const answer = (path: string, value: object): Route => {
    const handler: Handler = (exchange) => sendJson(exchange, value);
    return { method: "GET", path, handler };
  };
  const groups = [...new Set(kinds.map(({ group }) => group))].filter((group) => group !== "");
  const lists = [...new Set(kinds.map(rootPath))].map((root) => {
    const here = kinds.filter((kind) => rootPath(kind) === root);
    return answer(root, resourceList(here));
  });
  return [
    answer("/version", {
      ...KUBERNETES,
      gitVersion: `v${KUBERNETES.major}.${KUBERNETES.minor}.0+jupyter-cluster-${version}`,
      gitCommit: "",
      gitTreeState: "clean",
      buildDate: "1970-01-01T00:00:00Z",
      goVersion: "",
      compiler: "node",
      platform: `linux/${process.arch === "x64" ? "amd64" : process.arch}`,
    }),
    answer("/api", { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] }),
    answer("/apis", {
      kind: "APIGroupList",
      apiVersion: "v1",
      groups: groups.map((group) => apiGroup(group, kinds)),
    }),
    ...groups.map((group) =>
      answer(`/apis/${group}`, { kind: "APIGroup", apiVersion: "v1", ...apiGroup(group, kinds) }),
    ),
    ...lists,
  ];
}

function apiGroup(name: string, kinds: readonly AnyKind[]) {
  const versions = [
    ...new Set(kinds.filter((k) => k.group === name).map(({ version }) => version)),
  ];
  const named = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: named, preferredVersion: named[0] };
}

function resourceList(kinds: readonly AnyKind[]): object {
  const resources = kinds.flatMap((kind) => {
    const { plural, singular, namespaced, verbs, shortNames, categories } = kind;
    const own = {
      name: plural,
      singularName: singular,
      namespaced,
      kind: kind.kind,
      verbs,
      shortNames,
      ...(categories.length > 0 ? { categories } : {}),
    };
    const below = SUBRESOURCES.filter(({ of }) => of === plural).map(({ name, of, ...rest }) => ({
      name: `${of}/${name}`,
      singularName: "",
      namespaced,
      ...rest,
    }));
    return [own, ...below];
  });
  const [first] = kinds;
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: first === undefined ? "" : groupVersion(first),
    resources,
  };
}
