import { describe, expect, it } from "vitest";
import { parseStateTarget, stateTargetText } from "../../../controller/store/state-target.ts";

const plain = { kind: "etcd", auth: null, tls: null };
const tls = { authority: null, client: null };

describe("where the state is", () => {
  it.each([
    ["directory", { kind: "directory" }],
    ["etcd://e1:2379/site", { ...plain, servers: [{ host: "e1", port: 2379 }], prefix: "/site" }],
    [
      " etcd://e1,[::1],e3:2381/a/b.c-d_e/ ",
      {
        ...plain,
        servers: [
          { host: "e1", port: 2379 },
          { host: "::1", port: 2379 },
          { host: "e3", port: 2381 },
        ],
        prefix: "/a/b.c-d_e",
      },
    ],
    [
      "etcds://u:p:w@d/@e1/x",
      {
        ...plain,
        tls,
        auth: { user: "u", password: "p:w@d/" },
        servers: [{ host: "e1", port: 2379 }],
        prefix: "/x",
      },
    ],
  ])("%s is read", (text, expected) => {
    expect(parseStateTarget(text)).toEqual(expected);
  });

  it.each([
    ["", "neither etcd:// nor etcds://"],
    ["/var/lib/x", "neither etcd:// nor etcds://"],
    ["etcd://e1:2379", "prefix of our keys, e.g. /jupyter-cluster, is missing"],
    ["etcd://e1:2379/", "is missing"],
    ["etcd://e1:2379//x", 'is "//x"'],
    ["etcd://e1:2379/x y", 'is "/x y"'],
    ["etcd:///x", "the host is missing"],
    ["etcd://e1:0/x", "a port is a number"],
    ["etcd://e1,e2,E1:2379/x", "is named twice"],
    ["etcd://user@e1/x", "Before the @ stands USER:PASSWORD"],
  ])("%j is refused: %s", (text, why) => {
    expect(() => parseStateTarget(text)).toThrow(why);
  });

  it("is told without its password", () => {
    const target = parseStateTarget("etcds://u:secret@e1,e2:1/site");
    if (target.kind !== "etcd") throw new Error("no etcd");
    expect(stateTargetText(target)).toBe("etcds://e1:2379,e2:1/site");
  });
});
