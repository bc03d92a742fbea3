/** How etcd's members speak in tests that start them by hand. */
import type { EtcdTransport } from "../../../controller/model/ids.ts";

export const PLAIN: EtcdTransport = { tls: false };
export const TLS: EtcdTransport = { tls: true };
