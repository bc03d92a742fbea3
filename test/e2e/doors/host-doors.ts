/** What a normal user of the host, and a web page in a browser there, may not do. */
import { AGENT_PORT } from "../../../controller/model/agent-api.ts";
import { ETCD_CLIENT_PORT, ETCD_PEER_PORT } from "../../../controller/model/ids.ts";
import { type Door, type Site, statusOf } from "./door.ts";

const JUPYTER_PORT = 8888;
const WRONG = "Authorization: Bearer 0123456789012345678901234567890123456789012";

const file = (path: string): Door => ({
  name: `read ${path} of the state directory`,
  command: ({ cluster }) => `cat ${cluster.stateDir}/${path}`,
  opensForRoot: true,
});

/** The path below the cluster's object, or from the root when it begins with a slash. */
function api(method: string, path: string, ...options: readonly string[]): (site: Site) => string {
  return ({ cluster }) => {
    const url = path.startsWith("/") ? `${cluster.apiUrl}${path}` : `${cluster.objectUrl}/${path}`;
    return statusOf(url, "-X", method, ...options);
  };
}

const needsToken = (method: string, path: string): readonly Door[] => [
  { name: `${method} ${path} without a token`, command: api(method, path), prints: "401" },
  {
    name: `${method} ${path} with a wrong one`,
    command: api(method, path, "-H", WRONG),
    prints: "401",
  },
];

const onNodes = (what: string, scheme: string, port: number, path: string): readonly Door[] =>
  (["leader", "follower"] as const).map((node) => ({
    name: `ask ${what} of the ${node} by ${scheme}`,
    command: (site) => `curl -skf --max-time 5 ${scheme}://${site[node].ip}:${port}${path}`,
  }));

export const LOCAL_USER: readonly Door[] = [
  {
    name: "see what is in the state directory",
    command: ({ cluster }) => `ls ${cluster.stateDir}`,
    opensForRoot: true,
  },
  ...["control-token", "framework.json", "version.json", "clusters/default/*.json", "tasks/*"].map(
    file,
  ),
  {
    name: "write to the state directory",
    command: ({ cluster }) => `touch ${cluster.stateDir}/x`,
  },
  {
    name: "speak to the embedded Mesos",
    command: ({ cluster }) =>
      `curl -sf --max-time 5 --unix-socket "$(find ${cluster.dir} -type s -name mesos.sock 2>/dev/null | grep . ` +
      `|| echo ${cluster.stateDir}/mesos-local/socket/mesos.sock)" http://localhost/state`,
    opensForRoot: true,
  },
  {
    name: "speak to Docker",
    command: () =>
      "curl -sf --max-time 5 --unix-socket /var/run/docker.sock http://localhost/version",
    opensForRoot: true,
  },
  { name: "end the controller", command: ({ pid }) => `kill -9 ${pid}` },
  {
    name: "read the controller's environment",
    command: ({ pid }) => `cat /proc/${pid}/environ`,
    opensForRoot: true,
  },
  ...needsToken("POST", "/shutdown"),
  ...needsToken("GET", "access"),
  ...needsToken("POST", "snapshots"),
  ...needsToken("POST", "restore"),
  ...needsToken("GET", "nodes/slot-0/log"),
  ...["http", "https"].flatMap((scheme) => [
    ...onNodes("the agent", scheme, AGENT_PORT, "/v1/status"),
    ...onNodes("etcd", scheme, ETCD_CLIENT_PORT, "/version"),
    ...onNodes("etcd's peers' port", scheme, ETCD_PEER_PORT, "/members"),
  ]),
  {
    name: "use Jupyter through the proxy without its token",
    command: ({ cluster }) => statusOf(`${cluster.proxyUrl}/api/contents`),
    prints: "403",
  },
  {
    name: "start a kernel with a wrong token",
    command: ({ cluster }) => statusOf(`${cluster.proxyUrl}/api/kernels?token=wrong`, "-X", "POST"),
    prints: "403",
  },
  ...(["leader", "follower"] as const).map(
    (node): Door => ({
      name: `use the Jupyter of the ${node} itself without the token`,
      command: (site) => statusOf(`http://${site[node].ip}:${JUPYTER_PORT}/api/contents`),
      prints: "403",
    }),
  ),
];

const EVIL = ["-H", "Host: evil.example"];
const FOREIGN = ["-H", "Origin: http://evil.example"];
const UPGRADE = [
  ...["-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13"],
  ...["-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="],
];
/** A WebSocket that is there without a kernel. */
const EVENTS = "/api/events/subscribe";
const proxied =
  (path: string, ...options: readonly string[]) =>
  ({ cluster }: Site) =>
    statusOf(`${cluster.proxyUrl}${path}`, ...options);

/** By a name that was made to point here, or across origins; the browser runs as a user who may more. */
export const WEB_PAGE: readonly Door[] = [
  ...["/", "/status", "/metrics", "/apis/jupytercluster.dev/v1alpha1/jupyterclusters"].map(
    (path): Door => ({
      name: `read ${path} of the API under its own name`,
      command: api("GET", path, ...EVIL),
      prints: "403",
    }),
  ),
  {
    name: "shut the controller down under its own name",
    command: api("POST", "/shutdown", ...EVIL),
    prints: "403",
  },
  {
    name: "shut the controller down from its origin",
    command: api("POST", "/shutdown", ...FOREIGN),
    prints: "401",
  },
  {
    name: "read the API from its origin: no answer allows it",
    command: ({ cluster }) =>
      `curl -s -D - -o /dev/null ${FOREIGN.map((word) => `'${word}'`).join(" ")} ${cluster.apiUrl}/status | grep -i '^access-control'`,
  },
  {
    name: "read files under its own name",
    command: proxied("/api/contents", ...EVIL),
    prints: "403",
  },
  {
    name: "read files from its origin",
    command: proxied("/api/contents", ...FOREIGN),
    prints: "404",
  },
  {
    name: "open a WebSocket from its origin",
    command: proxied(EVENTS, ...FOREIGN, ...UPGRADE),
    prints: "403",
  },
];

/** The same where whoever reaches the proxy may run code: the page may not, for it is not who reaches it. */
export const WEB_PAGE_WITHOUT_TOKEN: readonly Door[] = [
  {
    name: "read files under its own name",
    command: proxied("/api/contents", ...EVIL),
    prints: "403",
  },
  {
    name: "start a kernel under its own name",
    command: proxied("/api/kernels", "-X", "POST", ...EVIL),
    prints: "403",
  },
  {
    name: "read files from its origin",
    command: proxied("/api/contents", ...FOREIGN),
    prints: "404",
  },
  {
    name: "start a kernel from its origin",
    command: proxied("/api/kernels", "-X", "POST", ...FOREIGN),
    prints: "403",
  },
  {
    name: "open a WebSocket from its origin",
    command: proxied(EVENTS, ...FOREIGN, ...UPGRADE),
    prints: "403",
  },
];

/** What the page may not, by whoever reaches the proxy: only the page is refused. */
export const OWN_WEB_SOCKET: Door = {
  name: "open a WebSocket from no page at all",
  command: proxied(EVENTS, ...UPGRADE),
  prints: "101",
};
