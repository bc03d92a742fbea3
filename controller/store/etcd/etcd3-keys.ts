/** Keys, conditions and writes in etcd's own messages. Pure. */
import {
  CompareResult,
  CompareTarget,
  type ICompare,
  type IKeyValue,
  type IRequestOp,
} from "etcd3";
import type { Condition, StoredKey, Write } from "./store-etcd.ts";

export function storedKeyOf(kv: IKeyValue): StoredKey {
  return {
    key: kv.key.toString(),
    value: kv.value.toString(),
    createRevision: Number(kv.create_revision),
    modRevision: Number(kv.mod_revision),
  };
}

export function compareOf(condition: Condition): ICompare {
  const key = Buffer.from(condition.key);
  const { Equal: result } = CompareResult;
  return "createRevision" in condition
    ? { key, result, target: CompareTarget.Create, create_revision: condition.createRevision }
    : { key, result, target: CompareTarget.Mod, mod_revision: condition.modRevision };
}

export function writeOf(write: Write): IRequestOp {
  const key = Buffer.from(write.key);
  if (write.value === null) return { request_delete_range: { key } };
  const put = { key, value: Buffer.from(write.value) };
  return { request_put: write.lease === null ? put : { ...put, lease: write.lease } };
}
