/** The address management driver, with Calico's name and habits: single addresses, no gateway. */
import type { AddressStore } from "./address-store.ts";
import type { Methods } from "./plugin-server.ts";

interface PoolRequest {
  readonly Pool: string;
  readonly V6?: boolean;
}

interface AddressRequest {
  readonly PoolID: string;
  readonly Address: string;
  readonly Options?: Readonly<Record<string, string>> | null;
}

const SPACE = "CalicoGlobalAddressSpace";

export function ipamMethods(store: AddressStore, host: string): Methods {
  return {
    GetCapabilities: () => ({ RequiresMACAddress: false }),
    GetDefaultAddressSpaces: () => ({
      LocalDefaultAddressSpace: SPACE,
      GlobalDefaultAddressSpace: SPACE,
    }),
    RequestPool: ({ Pool, V6 }: PoolRequest) =>
      V6 === true || Pool === "" ? "an IPv4 pool is wanted" : { PoolID: Pool, Pool, Data: {} },
    RequestAddress: async ({ PoolID, Address, Options }: AddressRequest) => {
      if (Options?.["RequestAddressType"] === "com.docker.network.gateway") {
        return { Address: "0.0.0.0/0" };
      }
      const address = Address === "" ? await firstFree(PoolID, store) : Address;
      if (address === null) return "no address is left";
      if (!(await store.take(address, host))) return `${address}: already assigned in block`;
      return { Address: `${address}/32`, Data: {} };
    },
    ReleaseAddress: async ({ Address }: AddressRequest) => {
      await store.release(Address.split("/")[0] ?? "");
      return {};
    },
  };
}

/** Of a /24 or larger, the last 55 of its first 256. */
async function firstFree(pool: string, store: AddressStore): Promise<string | null> {
  const taken = new Set(await store.taken());
  const prefix = pool.split(".").slice(0, 3).join(".");
  const all = Array.from({ length: 55 }, (_, i) => `${prefix}.${200 + i}`);
  return all.find((address) => !taken.has(address)) ?? null;
}
