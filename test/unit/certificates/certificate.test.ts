import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  authorityCertificate,
  issueCertificate,
  newKey,
} from "../../../controller/certificates/certificate.ts";
import { runCommand } from "../../support/e2e/run-command.ts";

const lifetime = { notBefore: new Date("2026-01-01Z"), notAfter: new Date("2046-01-01T00:00:00Z") };
const authority = { commonName: "etcd of default/lab", key: newKey() };
const ca = authorityCertificate(authority, lifetime);
const nodeKey = newKey();
const subject = { commonName: "slot-0", hosts: ["127.0.0.1", "172.30.0.10", "lab-slot-0"] };
const node = issueCertificate(authority, subject, nodeKey, lifetime);

describe("a certificate", () => {
  it("says whose it is, where it serves and how long", () => {
    const read = new X509Certificate(node);
    expect(read.subject).toBe("CN=slot-0");
    expect(read.issuer).toBe("CN=etcd of default/lab");
    expect(read.subjectAltName).toBe(
      "IP Address:127.0.0.1, IP Address:172.30.0.10, DNS:lab-slot-0",
    );
    expect(read.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"]);
    expect(new Date(read.validFrom)).toEqual(lifetime.notBefore);
    expect(new Date(read.validTo)).toEqual(lifetime.notAfter);
    expect(read.checkPrivateKey(createPrivateKey(nodeKey))).toBe(true);
    expect(read.ca).toBe(false);
  });

  it("is verified by its authority, whenever that was signed, and by no other", () => {
    const read = new X509Certificate(node);
    for (const again of [ca, authorityCertificate(authority, lifetime)]) {
      const issuer = new X509Certificate(again);
      expect(issuer.ca).toBe(true);
      expect(read.checkIssued(issuer)).toBe(true);
      expect(read.verify(issuer.publicKey)).toBe(true);
    }
    const other = { ...authority, key: newKey() };
    const stranger = new X509Certificate(authorityCertificate(other, lifetime));
    expect(read.verify(stranger.publicKey)).toBe(false);
  });
});

describe("openssl", () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "jupyter-cluster-certificates-"));
    await writeFile(join(dir, "ca.pem"), ca);
    await writeFile(join(dir, "node.pem"), node);
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it.each(["sslserver", "sslclient"])("takes it as %s", async (purpose) => {
    const args = ["verify", "-x509_strict", "-purpose", purpose, "-CAfile", join(dir, "ca.pem")];
    const { code, stdout, stderr } = await runCommand("openssl", [...args, join(dir, "node.pem")], {
      timeoutMs: 10_000,
    });
    expect({ code, said: stdout + stderr }).toMatchObject({ code: 0 });
  });
});

describe("mutual TLS", () => {
  const client = (commonName: string, by = authority) => {
    const key = newKey();
    return { key, cert: issueCertificate(by, { commonName, hosts: [] }, key, lifetime) };
  };

  async function dial(options: object): Promise<string> {
    const server = createServer(
      { ca, cert: node, key: nodeKey, requestCert: true, rejectUnauthorized: true },
      (socket) => socket.end("served"),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      const socket: TLSSocket = connect({ host: "127.0.0.1", port, ca, ...options });
      let text = "";
      socket.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      await new Promise<void>((resolve, reject) => {
        socket
          .once("end", resolve)
          .once("error", reject)
          .once("close", () => resolve());
      });
      return text;
    } finally {
      server.close();
    }
  }

  it("lets in who has a certificate of the authority", async () => {
    expect(await dial(client("controller"))).toBe("served");
  });

  it("keeps out who has none, or one of another authority", async () => {
    const refused = () => "refused";
    expect(await dial({}).catch(refused)).not.toBe("served");
    const stranger = client("controller", { ...authority, key: newKey() });
    expect(await dial(stranger).catch(refused)).not.toBe("served");
  });
});
