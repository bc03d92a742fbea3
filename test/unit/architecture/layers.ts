/** Who may import whom: the layers of docs/ARCHITECTURE.md as the one table that a test holds. */

const SCHEMA = "crd-schema";
const MODEL = "controller/model";
const WIRE = "controller/mesos/wire.ts";
/** Types and tools for everybody, without a package that costs a start anything. */
const LEAVES = [SCHEMA, MODEL, WIRE, "controller/support"];
/** One client for each thing outside. */
const CLIENTS = ["mesos", "etcd", "docker", "agents"].map((name) => `controller/${name}`);
const EVERYTHING = ["controller", "crd-schema", "agent-image/build"];

/**
 * A folder, and what its files may import besides one another: folders with all below them, or
 * single files. The closest entry counts; `controller` is the files directly in it.
 */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  "crd-schema": [],
  "controller/model": [SCHEMA, WIRE],
  "controller/support": [SCHEMA, MODEL],

  "controller/plan": [SCHEMA, MODEL, WIRE],
  "controller/loop": ["controller/plan", SCHEMA, MODEL, WIRE, "controller/support/backoff.ts"],

  "controller/mesos": ["controller/zookeeper", ...LEAVES],
  "controller/zookeeper": LEAVES,
  "controller/etcd": LEAVES,
  "controller/docker": LEAVES,
  "controller/agents": LEAVES,
  "controller/spec-files": LEAVES,
  "controller/certificates": [SCHEMA, MODEL],

  "controller/observe": [...CLIENTS, ...LEAVES],
  "controller/act": [...CLIENTS, ...LEAVES],
  "controller/store": [...CLIENTS, ...LEAVES],
  "controller/api": [...CLIENTS, ...LEAVES],
  "controller/proxy": [...CLIENTS, ...LEAVES],
  "controller/webhook": [...LEAVES, "controller/loop/work-queue.ts"],

  // In a browser: pure words and types alone.
  "controller/page": [
    MODEL,
    "controller/cli/render/asker-text.ts",
    "controller/cli/render/ended-kernels.ts",
    "controller/cli/render/election-steps.ts",
    "controller/cli/render/election-words.ts",
    "controller/cli/render/restore-warning.ts",
    "controller/cli/render/units.ts",
  ],

  "controller/mesos-local": [
    WIRE,
    "controller/docker",
    "controller/support",
    "controller/model/errors.ts",
    "controller/model/ports.ts",
    "controller/model/task-state.ts",
  ],

  controller: EVERYTHING,
  "controller/roles": EVERYTHING,
  "controller/cli": EVERYTHING,

  "agent-image/agent": [SCHEMA, MODEL, "controller/support"],
  "agent-image/build": [MODEL, "controller/docker", "controller/support"],
};

/** Of these, the result depends on the arguments alone. */
export const PURE = ["controller/plan", "controller/model"];

/** The packages that pure code may import, and which of their names; null: all. */
export const PURE_PACKAGES: Readonly<Record<string, readonly string[] | null>> = {
  "node:crypto": ["createHash"],
  "fast-json-patch": null,
};

/** Lines of a file at the most; of what is generated nobody counts them. */
export const LINES_MAX = 300;
export const GENERATED = ["crd-schema/jupytercluster.types.ts"];
