import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { newKey } from "../../../controller/certificates/certificate.ts";
import { ClusterCertificates } from "../../../controller/certificates/certificates.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import { fakeMemory, T0 } from "../../support/planner/fixtures.ts";

const DAY_MS = 24 * 3600 * 1000;
const certificates = new ClusterCertificates({ now: () => T0 });

function memoryWith(authorityKey: string | null, tls = true): ClusterMemory {
  const memory = fakeMemory();
  const { cluster, secrets } = memory;
  const etcd = { ...cluster.spec.etcd, tls };
  return {
    ...memory,
    cluster: { ...cluster, spec: { ...cluster.spec, etcd } },
    secrets: { ...secrets, authorityKey },
  };
}

const memory = memoryWith(newKey());

describe("a cluster's certificates", () => {
  it("name each node's address, and what it is called on its own host", () => {
    const node = certificates.ofNode(memory, 2);
    const { subject, subjectAltName } = new X509Certificate(node?.certificate ?? "");
    expect(subject).toBe("CN=slot-2");
    expect(subjectAltName).toBe(
      "IP Address:172.30.0.12, IP Address:127.0.0.1, DNS:localhost, DNS:demo-slot-2, DNS:etcd-member",
    );
  });

  it("live for a year, from a day before: clocks differ", () => {
    const node = new X509Certificate(certificates.ofNode(memory, 0)?.certificate ?? "");
    expect(Date.parse(node.validFrom)).toBe(T0 - DAY_MS);
    expect(Date.parse(node.validTo)).toBe(T0 + 365 * DAY_MS);
  });

  it("are all of one authority, and each has a key of its own", () => {
    const [one, two] = [certificates.ofNode(memory, 0), certificates.ofNode(memory, 0)];
    const controller = certificates.ofController(memory);
    const authority = new X509Certificate(one?.authority ?? "");
    for (const identity of [one, two, controller]) {
      expect(identity?.authority).toBe(one?.authority);
      expect(new X509Certificate(identity?.certificate ?? "").verify(authority.publicKey)).toBe(
        true,
      );
    }
    expect(new Set([one?.key, two?.key, controller?.key]).size).toBe(3);
  });

  it("make the controller etcd's user root, and no node", () => {
    const subjectOf = (text = "") => new X509Certificate(text).subject;
    expect(subjectOf(certificates.ofController(memory)?.certificate)).toBe("CN=root");
    expect(subjectOf(certificates.ofNode(memory, 0)?.certificate)).toBe("CN=slot-0");
  });

  it("are taken by whoever knew the authority before the controller was started anew", () => {
    const before = new X509Certificate(certificates.ofNode(memory, 0)?.authority ?? "");
    const anew = new ClusterCertificates({ now: () => T0 + DAY_MS }).ofNode(memory, 0);
    expect(new X509Certificate(anew?.certificate ?? "").checkIssued(before)).toBe(true);
    expect(new X509Certificate(anew?.certificate ?? "").verify(before.publicKey)).toBe(true);
  });

  it("are not those of another cluster", () => {
    const other = new X509Certificate(
      certificates.ofNode(memoryWith(newKey()), 0)?.authority ?? "",
    );
    const node = new X509Certificate(certificates.ofNode(memory, 0)?.certificate ?? "");
    expect(node.verify(other.publicKey)).toBe(false);
  });

  it.each([
    ["says that etcd speaks without TLS", memoryWith(newKey(), false)],
    ["was formed by a version that had no authority", memoryWith(null)],
  ])("are none where the cluster %s", (_why, plain) => {
    expect(certificates.ofNode(plain, 0)).toBeNull();
    expect(certificates.ofController(plain)).toBeNull();
  });
});
