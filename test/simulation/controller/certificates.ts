/** Simulated etcd speaks no TLS: what is handed round has the shape alone. */
import type { Certificates } from "../../../controller/model/ports.ts";

const pem = (label: string) => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;

const IDENTITY = {
  authority: pem("CERTIFICATE"),
  certificate: pem("CERTIFICATE"),
  key: pem("PRIVATE KEY"),
  notAfter: Date.UTC(2099, 0),
};

export const SIMULATED_CERTIFICATES: Certificates = {
  ofNode: () => IDENTITY,
  ofController: () => IDENTITY,
};
