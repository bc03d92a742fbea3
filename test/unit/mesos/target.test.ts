import { describe, expect, it } from "vitest";
import {
  type MesosTarget,
  MesosTargetError,
  parseMesosTarget,
  targetText,
} from "../../../controller/mesos/target.ts";

const m1 = { host: "m1", port: 5050 };
const SOCKET: MesosTarget = {
  kind: "masters",
  addresses: [{ host: "localhost", port: 80, socketPath: "/run/mesos.sock" }],
};
const m2 = { host: "m2", port: 5051 };

function complaint(text: string): string {
  try {
    return JSON.stringify(parseMesosTarget(text));
  } catch (error) {
    if (!(error instanceof MesosTargetError)) throw error;
    return error.message;
  }
}

describe("where Mesos is", () => {
  it.each<[string, MesosTarget, string]>([
    ["local", { kind: "local" }, "local"],
    ["m1:5050", { kind: "masters", addresses: [m1] }, "m1:5050"],
    [" m1:5050 , m2:5051 ", { kind: "masters", addresses: [m1, m2] }, "m1:5050,m2:5051"],
    ["http://m1:5050/", { kind: "masters", addresses: [m1] }, "m1:5050"],
    ["http://m1:5050,m2:5051", { kind: "masters", addresses: [m1, m2] }, "m1:5050,m2:5051"],
    [
      "https://m1:5050,https://m2:5051",
      { kind: "masters", addresses: [m1, m2], tls: {} },
      "https://m1:5050,m2:5051",
    ],
    [
      "HTTPS://[fd00::1]:5050",
      { kind: "masters", addresses: [{ host: "fd00::1", port: 5050 }], tls: {} },
      "https://[fd00::1]:5050",
    ],
    ["unix:/run/mesos.sock", SOCKET, "unix:/run/mesos.sock"],
    ["unix:///run/mesos.sock", SOCKET, "unix:/run/mesos.sock"],
    [
      "zk://m1:5050,m2:5051/mesos",
      { kind: "zookeeper", servers: [m1, m2], path: "/mesos", auth: null },
      "zk://m1:5050,m2:5051/mesos",
    ],
    [
      "zk://m1,[fd00::1]/mesos",
      {
        kind: "zookeeper",
        servers: [
          { host: "m1", port: 2181 },
          { host: "fd00::1", port: 2181 },
        ],
        path: "/mesos",
        auth: null,
      },
      "zk://m1:2181,[fd00::1]:2181/mesos",
    ],
    [
      "zk://me:p@ss/w@m1:5050/site/mesos",
      {
        kind: "zookeeper",
        servers: [m1],
        path: "/site/mesos",
        auth: { user: "me", password: "p@ss/w" },
      },
      "zk://m1:5050/site/mesos",
    ],
  ])("%s is understood, and written without secrets", (text, target, canonical) => {
    expect(parseMesosTarget(text)).toEqual(target);
    expect(targetText(target)).toBe(canonical);
  });

  it.each([
    ["", "It is empty."],
    ["unix:mesos.sock", "After unix: stands the socket's absolute path"],
    ["unix:/", "After unix: stands the socket's absolute path"],
    [",", "The master 1 of 2 is empty."],
    ["m1:5050,,m2:5050", "The master 2 of 3 is empty."],
    ["http://", 'The master, "http://": HOST:PORT is wanted'],
    ["loca", "the port is missing"],
    ["m1", 'The master, "m1": HOST:PORT is wanted'],
    ["m1:5050,m2", 'The master 2 of 2, "m2": HOST:PORT is wanted'],
    ["m1:0", "a port is a number from 1 to 65535"],
    ["m1:99999", "a port is a number from 1 to 65535"],
    ["m1:50x", "a port is a number from 1 to 65535"],
    [":5050", "the host is missing"],
    ["a b:5050", "that is no host name"],
    ["fd00::1", "an IPv6 address stands in brackets"],
    ["m1:5050,M1:5050", 'The master 2 of 2, "M1:5050", is named twice.'],
    ["http//m1:5050", '"http//m1:5050": no HOST:PORT has a slash'],
    ["http:/m1:5050", "no HOST:PORT has a slash"],
    ["zk//m1:2181/mesos", '"zk//m1:2181/mesos": no HOST:PORT has a slash'],
    ["m1:5050/mesos", "no HOST:PORT has a slash"],
    ["ftp://m1:5050", "masters speak http:// or https://, not ftp://"],
    ["m1:5050,zk://m2:2181/mesos", "The master 2 of 2"],
    ["http://m1:5050,https://m2:5050", "Some masters are http:// and some https://."],
    ["m1:5050,https://m2:5050", "Some masters are http:// and some https://."],
    ["http://me:secret@m1:5050", "The master has an @: credentials are given with"],
    ["zk://m1:2181", "The path of the masters in ZooKeeper, e.g. /mesos, is missing."],
    ["zk://m1:2181/", 'The path of the masters in ZooKeeper, e.g. /mesos, is "/".'],
    ["zk://m1:2181/mesos/", 'e.g. /mesos, is "/mesos/".'],
    ["zk://m1:/mesos", 'The ZooKeeper server, "m1:": HOST:PORT is wanted'],
    ["zk://m1,m1:2181/mesos", 'The ZooKeeper server 2 of 2, "m1:2181", is named twice.'],
    ["zk://fd00::1/mesos", "an IPv6 address stands in brackets"],
    ["zk://m1:2181,m1:2181/mesos", 'The ZooKeeper server 2 of 2, "m1:2181", is named twice.'],
    ["zk:///mesos", "The ZooKeeper server is empty."],
    ["zk://me@m1:2181/mesos", "Before the @ stands USER:PASSWORD."],
  ])("%j is refused: where, what was found, what is allowed", (text, said) => {
    expect(complaint(text)).toContain(said);
    expect(complaint(text)).toContain("Allowed: local; HOST:PORT[,HOST:PORT…]");
  });

  it("a refusal repeats no password", () => {
    const texts = ["http://me:secret@m1:5050", "zk://me:secret@m1:x/mesos", "m1:1,me:secret@m2:2"];
    for (const text of texts) expect(complaint(text)).not.toContain("secret");
  });
});
