/** The table of storage types, held to the schema, and what each row says. */
import { describe, expect, it } from "vitest";
import schema from "../../../crd-schema/jupytercluster.schema.json" with { type: "json" };
import {
  compileStorage,
  ownValues,
  PLACE_FIELDS,
  type SharedStorage,
  storageParameters,
  storageVolumes,
  TYPE_FIELDS,
} from "../../../crd-schema/storage/table.ts";

const { shared } = schema.properties.spec.properties.storage.properties;
const OWNER = { namespace: "default", name: "lab" };

interface Row {
  readonly written: Parameters<typeof compileStorage>[1];
  readonly compiled: SharedStorage;
  readonly own: readonly string[];
  readonly parameters: readonly string[];
  readonly volumes: readonly string[];
}

const ROWS: Readonly<Record<SharedStorage["type"], Row>> = {
  volume: {
    written: { type: "volume", mountPath: "/shared" },
    compiled: { type: "volume", mountPath: "/shared", volumeName: "default-lab-shared" },
    own: ["volumeName"],
    parameters: ["volume=default-lab-shared:/shared"],
    volumes: ["default-lab-shared"],
  },
  hostPath: {
    written: { type: "hostPath", mountPath: "/work", hostPath: "/srv/x" },
    compiled: { type: "hostPath", mountPath: "/work", hostPath: "/srv/x", requireMount: false },
    own: ["hostPath", "requireMount"],
    parameters: ["volume=/srv/x:/work"],
    volumes: [],
  },
  glusterfs: {
    written: { type: "glusterfs", mountPath: "/work", servers: ["g1", "10.0.0.2"], volume: "jup" },
    compiled: {
      ...{ type: "glusterfs", mountPath: "/work" },
      ...{ servers: ["g1", "10.0.0.2"], volume: "jup", options: [] },
    },
    own: ["servers", "volume", "options"],
    parameters: [...["device=/dev/fuse", "cap-add=SYS_ADMIN", "security-opt=apparmor=unconfined"]],
    volumes: [],
  },
  nfs: {
    written: {
      ...{ type: "nfs", mountPath: "/work", server: "n1", path: "/x" },
      options: ["soft"],
    },
    compiled: { type: "nfs", mountPath: "/work", server: "n1", path: "/x", options: ["soft"] },
    own: ["server", "path", "options"],
    parameters: ["cap-add=SYS_ADMIN", "security-opt=apparmor=unconfined"],
    volumes: [],
  },
};

describe("the table of storage types", () => {
  it("has a row for each type of the schema, and each of its fields is some type's", () => {
    expect(Object.keys(ROWS).toSorted()).toEqual(shared.properties.type.enum.toSorted());
    const fields = Object.keys(shared.properties).filter((f) => f !== "type" && f !== "mountPath");
    expect([...new Set(TYPE_FIELDS)].toSorted()).toEqual(fields.toSorted());
  });

  it.each(Object.entries(ROWS))("%s: compiled, mounted and ensured", (_, row) => {
    const compiled = compileStorage(OWNER, row.written);
    expect(compiled).toEqual(row.compiled);
    expect(ownValues(compiled).map(([field]) => field)).toEqual(row.own);
    const parameters = storageParameters(compiled).map(({ key, value }) => `${key}=${value}`);
    expect(parameters).toEqual(row.parameters);
    expect(storageVolumes(compiled)).toEqual(row.volumes);
  });

  it("binds a mount of the host's so that the host's next one shows too", () => {
    const written = {
      type: "hostPath",
      mountPath: "/w",
      hostPath: "/s",
      requireMount: true,
    } as const;
    expect(storageParameters(compileStorage(OWNER, written))).toEqual([
      { key: "volume", value: "/s:/w:rslave" },
    ]);
  });

  it("lets what does not say where the files are be changed", () => {
    const may = TYPE_FIELDS.filter((field) => !PLACE_FIELDS.includes(field));
    expect(may).toEqual(["requireMount", "servers", "options"]);
  });

  it("refuses to compile a type without a field that it needs", () => {
    const bare = { type: "hostPath", mountPath: "/work" } as const;
    expect(() => compileStorage(OWNER, bare)).toThrow("type hostPath without a hostPath");
  });
});
