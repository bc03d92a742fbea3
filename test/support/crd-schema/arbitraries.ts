/** Spec files for property tests: valid ones, and ones that have the fields but not the values. */
import fc from "fast-check";
import schema from "../../../crd-schema/jupytercluster.schema.json" with { type: "json" };
import type { JupyterClusterManifest } from "../../../crd-schema/jupytercluster.types.ts";
import type { SchemaPart } from "../../../crd-schema/text/schema-part.ts";
import { addressText } from "../../../crd-schema/values/ipv4.ts";

type Spec = JupyterClusterManifest["spec"];

const dnsLabel = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/);
const word = fc.stringMatching(/^[A-Za-z]([A-Za-z0-9_.]{0,10}[A-Za-z0-9])?$/);
const free = fc.string({ unit: "grapheme", maxLength: 30 });

/** `value`, or the field is left out. */
function optional<T>(fields: { readonly [K in keyof T]-?: fc.Arbitrary<NonNullable<T[K]>> }) {
  return fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<T>;
}

const quantity = fc
  .record({ count: fc.integer({ min: 256, max: 100_000 }), fraction: fc.nat(99) })
  .chain(({ count, fraction }) =>
    fc.constantFrom(
      `${count}Mi`,
      `${count}.${fraction}Mi`,
      `${count * 1049}k`,
      `${1 + (count % 99)}Gi`,
      `${1 + (count % 99)}.${fraction}G`,
    ),
  );

const network: fc.Arbitrary<NonNullable<Spec["network"]>> = fc
  .record({
    second: fc.nat(255),
    third: fc.nat(255),
    prefix: fc.integer({ min: 16, max: 27 }),
    offset: fc.option(fc.integer({ min: 2, max: 20 })),
    more: optional<Omit<NonNullable<Spec["network"]>, "subnet" | "firstAddress">>({
      name: word,
      driver: fc.constantFrom("bridge", "calico", "macvlan"),
      ipamDriver: fc.constantFrom("default", "calico-ipam"),
      options: fc.dictionary(word, free, { maxKeys: 3 }),
    }),
  })
  .map(({ second, third, prefix, offset, more }) => {
    const size = 2 ** (32 - prefix);
    const base = Math.floor((10 * 2 ** 24 + second * 2 ** 16 + third * 2 ** 8) / size) * size;
    const first = offset === null ? {} : { firstAddress: addressText(base + offset) };
    return { ...more, subnet: `${addressText(base)}/${prefix}`, ...first };
  });

const constraint = fc.oneof(
  fc.record({ field: word, operator: fc.constant("UNIQUE" as const) }),
  fc.record({ field: word, operator: fc.constant("CLUSTER" as const), value: word }),
  fc.record({ field: word, operator: fc.constantFrom("LIKE", "UNLIKE"), value: word }),
  fc.record({
    field: word,
    operator: fc.constantFrom("MAX_PER", "GROUP_BY"),
    value: fc.integer({ min: 1, max: 9 }),
  }),
);

const etcd: fc.Arbitrary<NonNullable<Spec["etcd"]>> = fc
  .record({
    heartbeat: fc.integer({ min: 5, max: 500 }),
    times: fc.integer({ min: 5, max: 100 }),
    more: optional<
      Omit<NonNullable<Spec["etcd"]>, "heartbeatMilliseconds" | "electionMilliseconds">
    >({
      tls: fc.boolean(),
      dataVolume: fc.constantFrom("local", "ephemeral"),
      standby: fc.constantFrom("none", "learner"),
      quota: fc.integer({ min: 16, max: 8192 }).map((mebibytes) => `${mebibytes}Mi`),
      snapshots: optional({
        intervalSeconds: fc.nat(604_800),
        keep: fc.integer({ min: 1, max: 1000 }),
        maxSize: quantity,
        directory: fc.constantFrom("/srv/backup", "/a b/c"),
      }) as fc.Arbitrary<NonNullable<NonNullable<Spec["etcd"]>["snapshots"]>>,
      recovery: optional({
        mode: fc.constantFrom("Automatic", "Manual"),
        graceSeconds: fc.nat(86_400),
      }) as fc.Arbitrary<NonNullable<NonNullable<Spec["etcd"]>["recovery"]>>,
    }),
  })
  .map(({ heartbeat, times, more }) => ({
    ...more,
    heartbeatMilliseconds: heartbeat,
    electionMilliseconds: Math.max(25, heartbeat * times),
  }));

const storage = fc.oneof(
  optional({
    mountPath: fc.constantFrom("/shared", "/data/x"),
    volumeName: word.map((w) => `v${w}`),
  }),
  fc.record({ type: fc.constant("hostPath" as const), hostPath: fc.constant("/srv/jupyter") }),
  fc.record({
    type: fc.constant("glusterfs" as const),
    servers: fc.uniqueArray(fc.constantFrom("g1", "g2.example.org", "10.0.0.2"), { minLength: 1 }),
    volume: word.map((w) => `v${w.replaceAll(".", "-")}`),
    options: fc.subarray(["acl", "entry-timeout=3", "use-readdirp=no"]),
  }),
  fc.record({
    type: fc.constant("nfs" as const),
    server: fc.constantFrom("n1", "10.0.0.3"),
    path: fc.constantFrom("/", "/export/x"),
    options: fc.subarray(["soft", "vers=4.1", "timeo=60"]),
  }),
);

const publicKey = fc
  .record({ body: fc.stringMatching(/^[A-Za-z0-9+/]{40,80}$/), note: word })
  .map(({ body, note }) => `ssh-ed25519 ${body} ${note}`);

const spec = optional<Spec>({
  replicas: fc.integer({ min: 1, max: 9 }),
  image: fc.constantFrom("lab", "registry.example.org:5000/lab/jupyter:1.2"),
  resources: optional<NonNullable<Spec["resources"]>>({
    cpus: fc.oneof(
      fc.integer({ min: 10, max: 9000 }).map((milli) => milli / 1000),
      fc.integer({ min: 10, max: 9000 }).map((milli) => `${milli}m`),
    ),
    memory: quantity,
    disk: quantity,
    pids: fc.integer({ min: 256, max: 4_194_304 }),
  }),
  network,
  storage: fc.record({ shared: storage }) as fc.Arbitrary<NonNullable<Spec["storage"]>>,
  etcd,
  jupyter: optional<NonNullable<Spec["jupyter"]>>({
    port: fc.integer({ min: 8000, max: 65_535 }),
    auth: fc.constantFrom("token", "none"),
    standby: fc.constantFrom("warm", "cold"),
    idle: fc.record({
      kernelsAfterSeconds: fc.nat(31_536_000),
      terminalsAfterSeconds: fc.nat(31_536_000),
    }),
  }),
  kernels: optional<NonNullable<Spec["kernels"]>>({
    placement: fc.constantFrom("server", "leader", "spread"),
    memory: quantity,
    processes: fc.integer({ min: 16, max: 4_194_304 }),
    busyWaitSeconds: fc.nat(31_536_000),
  }),
  ssh: optional<NonNullable<Spec["ssh"]>>({
    user: fc.constantFrom("admin", "ada_l", "_x-1"),
    authorizedKeys: fc.uniqueArray(publicKey, { maxLength: 3 }),
  }),
  proxy: optional<NonNullable<Spec["proxy"]>>({
    address: fc.oneof(fc.ipV4(), fc.ipV6()),
    port: fc.integer({ min: 1, max: 65_535 }),
    holdSeconds: fc.double({ min: 0, max: 300, noNaN: true }),
    hostNames: fc.uniqueArray(fc.constantFrom("lab", "lab.example.org", "a-b.c_d"), {
      maxLength: 2,
    }),
  }),
  placement: optional({
    constraints: fc.array(constraint, { maxLength: 3 }),
    spread: word,
  }) as fc.Arbitrary<NonNullable<Spec["placement"]>>,
  unreachable: optional<NonNullable<Spec["unreachable"]>>({
    replaceAfterSeconds: fc.integer({ min: 0, max: 604_800 }),
  }),
  backoff: fc
    .record({ initialSeconds: fc.integer({ min: 1, max: 3600 }), more: fc.nat(1000) })
    .map(({ initialSeconds, more }) => ({ initialSeconds, maxSeconds: initialSeconds + more })),
  updateStrategy: optional<NonNullable<Spec["updateStrategy"]>>({
    type: fc.constantFrom("RollingUpdate", "OnDelete"),
  }),
  deletionPolicy: fc.constantFrom("Retain", "Delete"),
  suspend: fc.boolean(),
}).map((drawn) => {
  const { etcd: drawnEtcd, replicas = 3 } = drawn;
  if (drawnEtcd?.standby !== "learner") return drawn;
  return { ...drawn, replicas: Math.min(Math.max(replicas, 3), 8) };
});

/** Every field there is, in any combination that is allowed. */
export const validManifest: fc.Arbitrary<JupyterClusterManifest> = fc.record({
  apiVersion: fc.constant("jupytercluster.dev/v1alpha1" as const),
  kind: fc.constant("JupyterCluster" as const),
  metadata: fc.record(
    {
      name: dnsLabel,
      namespace: dnsLabel,
      labels: fc.dictionary(word, fc.constantFrom("", "a", "A-1_b.c"), { maxKeys: 2 }),
      annotations: fc.dictionary(word, free, { maxKeys: 2 }),
    },
    { requiredKeys: ["name"] },
  ),
  spec,
});

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.double(),
  fc.constantFrom(
    "",
    "0.0.0.0",
    "255.255.255.255",
    "10.0.0.0/8",
    "1Gi",
    "0m",
    "/",
    "/a",
    "^",
    0,
    3,
  ),
);

/** The contract's fields with any values: about half of the time the right mappings, at least. */
function wild(part: SchemaPart): fc.Arbitrary<unknown> {
  const properties = Object.entries(part.properties ?? {});
  if (properties.length === 0) {
    const right = [part.default, ...(part.enum ?? [])].filter((value) => value !== undefined);
    return right.length === 0 ? anything : fc.oneof(fc.constantFrom(...right), anything);
  }
  const fields = Object.fromEntries(properties.map(([key, value]) => [key, wild(value)]));
  const mapping = fc.record(fields, { requiredKeys: [] });
  return fc.oneof({ arbitrary: mapping, weight: 9 }, { arbitrary: anything, weight: 1 });
}

export const wildManifest: fc.Arbitrary<unknown> = fc.record({
  apiVersion: fc.constant("jupytercluster.dev/v1alpha1"),
  kind: fc.constant("JupyterCluster"),
  metadata: fc.record({ name: fc.constant("lab") }),
  spec: wild(schema.properties.spec as SchemaPart),
});
