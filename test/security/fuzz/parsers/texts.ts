/** Parsers of what people and etcd's keys say: specs, addresses, expressions, names and keys of nodes. */
import fc from "fast-check";
import { applyTable, keysOf } from "./node-files.ts";
import { matchesWhole, faultOfExpression } from "../../../../crd-schema/values/expression.ts";
import { compileBytes } from "../../../../crd-schema/load.ts";
import { parseManifest } from "../../../../crd-schema/documents.ts";
import {
  HostPortError,
  hostPortText,
  parseHostPort,
} from "../../../../controller/support/host-port.ts";
import {
  MesosTargetError,
  parseMesosTarget,
  targetText,
} from "../../../../controller/mesos/target.ts";
import { renderHosts } from "../../../../agent-image/agent/naming/hosts-text.ts";
import { changedValue, editedBytes, editedText, jsonText } from "../inputs.ts";
import { type Parser, parser, refusing, requireSame, requireTrue } from "./parser.ts";

const SPEC = `apiVersion: jupytercluster.dev/v1alpha1
kind: JupyterCluster
metadata: { name: lab }
spec: &spec
  replicas: 3
  network: { subnet: 172.30.0.0/24 }
  placement: { constraints: [{ field: rack, operator: LIKE, value: "r[0-9]+" }] }
  # a comment
  jupyter: { auth: token }
`;
const BOMB = `a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c]\n`;

const specs = parser(
  "spec files",
  fc.oneof(
    editedBytes(Buffer.from(SPEC), Buffer.from(BOMB), Buffer.from(SPEC + "---\n" + SPEC)),
    editedText(SPEC, BOMB, SPEC.replaceAll("spec:", "<<: *spec\n")).map((text) =>
      Buffer.from(text),
    ),
  ),
  (bytes) => {
    const { documents, problems } = compileBytes(bytes, "f");
    requireTrue("it says something", documents.length + problems.length > 0);
    for (const { message } of problems) requireTrue("it says what", message.length > 5);
  },
  (size) => () => parseManifest(`${SPEC}  x: ${"[".repeat(size / 2)}`, "f"),
  20_000,
);

const aliasBombs = parser(
  "specs with aliases in aliases",
  fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 12 })),
  ([levels, width]) => {
    const lines = Array.from({ length: levels }, (_, i) => {
      const item = i === 0 ? "x" : `*l${i - 1}`;
      return `k${i}: &l${i} [${Array(width).fill(item).join(",")}]`;
    });
    const { clusters, problems } = parseManifest(
      `${SPEC}${lines.map((line) => `${line}\n`).join("")}`,
      "f",
    );
    requireTrue("refused, and it says why", clusters.length === 0 && problems.length > 0);
  },
);

const expressions = parser(
  "LIKE patterns",
  fc.tuple(
    editedText("(a+)+$", "r[0-9]{1,3}|\\p{L}*", "(?i)x.*y", "((((a)*)*)*)*"),
    fc.string({ maxLength: 30 }),
  ),
  ([expression, text]) => {
    const fault = faultOfExpression(expression);
    if (fault !== null) return requireTrue("it says why", fault.length > 3);
    requireTrue("it is matched", typeof matchesWhole(text, expression) === "boolean");
  },
  (size) => () => matchesWhole("a".repeat(size), "(a+)+b"),
  2_000,
);

const hostPorts = parser(
  "HOST:PORT",
  fc.oneof(
    editedText("127.0.0.1:8001", "[::1]:8001", "mesos.example:5050"),
    fc.string({ maxLength: 20 }),
  ),
  (text) => {
    const parsed = refusing(() => parseHostPort(text), HostPortError);
    if (parsed === undefined) return;
    requireSame("the address, again", parseHostPort(hostPortText(parsed)), parsed);
  },
  (size) => () => refusing(() => parseHostPort("[".repeat(size)), HostPortError),
);

const TARGETS = [
  "local",
  "m1:5050,m2:5050",
  "https://m1:5050,m2:5051",
  "unix:/run/mesos.sock",
  "zk://u:p@a:2181,b:2181/mesos",
];

const mesosTargets = parser(
  "what --mesos says",
  editedText(...TARGETS),
  (text) => {
    const target = refusing(() => parseMesosTarget(text), MesosTargetError);
    if (target === undefined) return;
    const again = parseMesosTarget(targetText(target));
    const { auth: _secret, ...plain } = { auth: null, ...target };
    requireSame("the target, again", { ...again, auth: null }, { ...plain, auth: null });
  },
  (size) => () =>
    refusing(
      () => parseMesosTarget(Array.from({ length: size / 10 }, (_, i) => `m${i}:5050`).join(",")),
      MesosTargetError,
    ),
);

const TABLE = {
  ...{ clusterId: "c1", term: 2, leaderSlot: 0 },
  names: [0, 1, 2].map((slot) => ({ slot, index: slot, ip: `172.30.0.1${slot}` })),
};
const MEMBER = {
  ...{ slot: 0, ip: "172.30.0.10", taskId: "t", memberId: "a1" },
  ssh: { user: "admin", userKey: "ssh-ed25519 AAAA", hostKey: "ssh-ed25519 BBBB" },
};
const DESIRED = {
  generation: 1,
  slots: [0, 1, 2].map((slot) => ({ slot, ip: `172.30.0.1${slot}` })),
};

const tables = parser(
  "the keys that agents live by",
  fc.record({
    hosts: jsonText(TABLE),
    desired: jsonText(DESIRED),
    members: fc.array(jsonText(MEMBER), { maxLength: 3 }),
  }),
  applyTable,
);

const hostsFiles = parser(
  "a hosts file that somebody wrote to",
  fc.tuple(
    editedText("127.0.0.1 localhost\n", renderHosts("1.2.3.4 x\n", "lab", TABLE)),
    fc.nat(3),
  ),
  ([current, count]) => {
    const table = { ...TABLE, names: TABLE.names.slice(0, count) };
    const text = renderHosts(current, "lab", table);
    requireSame("written again it stays", renderHosts(text, "lab", table), text);
    requireTrue("never shorter", Buffer.byteLength(text) >= Buffer.byteLength(current));
    for (const { ip, index } of table.names)
      requireTrue("all names", text.includes(`${ip}\tlab-${index} `));
  },
  (size) => () => renderHosts("# jupyter-cluster begin\n".repeat(size / 24), "lab", TABLE),
);

const sshKeys = parser(
  "SSH keys that nodes publish",
  fc.array(
    changedValue(
      MEMBER.ssh.userKey,
      "ssh-ed25519 AAAA\nssh-ed25519 EVIL",
      'command="x" ssh-rsa AAAA',
    ),
    { maxLength: 3 },
  ),
  keysOf,
);

export const TEXTS: readonly Parser[] = [
  ...[specs, aliasBombs, expressions, hostPorts, mesosTargets, tables, hostsFiles, sshKeys],
];
