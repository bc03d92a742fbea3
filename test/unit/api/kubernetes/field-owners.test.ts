import { describe, expect, test } from "vitest";
import {
  apply,
  type FieldOwner,
  ownersAfterUpdate,
} from "../../../../controller/api/kubernetes/write/field-owners.ts";

const REPLICAS = '["spec","replicas"]';
const STANDBY = '["spec","jupyter","standby"]';
const ANNA: FieldOwner = { manager: "anna", operation: "Apply", fields: [REPLICAS, STANDBY] };
const CURRENT = { spec: { replicas: 3, jupyter: { standby: "warm" } } };

describe("server-side apply", () => {
  test("of a new document makes its fields the manager's", () => {
    const applied = apply(null, CURRENT, [], { manager: "anna", force: false });
    expect(applied).toEqual({ document: CURRENT, owners: [ANNA], conflicts: [] });
  });

  test("of the value that is there makes a second owner, without a conflict", () => {
    const wanted = { spec: { replicas: 3 } };
    const { owners, conflicts } = apply(CURRENT, wanted, [ANNA], { manager: "ben", force: false });
    const ben = { manager: "ben", operation: "Apply", fields: [REPLICAS] };
    expect({ owners, conflicts }).toEqual({ owners: [ANNA, ben], conflicts: [] });
  });

  test("of another value is a conflict with its owner, and changes nothing", () => {
    const wanted = { spec: { replicas: 5 } };
    const applied = apply(CURRENT, wanted, [ANNA], { manager: "ben", force: false });
    expect(applied).toEqual({
      document: CURRENT,
      owners: [ANNA],
      conflicts: [{ path: REPLICAS, manager: "anna" }],
    });
  });

  test("with force takes the field over", () => {
    const wanted = { spec: { replicas: 5 } };
    const applied = apply(CURRENT, wanted, [ANNA], { manager: "ben", force: true });
    expect(applied).toEqual({
      document: { spec: { replicas: 5, jupyter: { standby: "warm" } } },
      owners: [
        { ...ANNA, fields: [STANDBY] },
        { manager: "ben", operation: "Apply", fields: [REPLICAS] },
      ],
      conflicts: [],
    });
  });

  test("removes what the manager applied before and leaves out now, and the mapping around it", () => {
    const wanted = { spec: { replicas: 3 } };
    const { document } = apply(CURRENT, wanted, [ANNA], { manager: "anna", force: false });
    expect(document).toEqual({ spec: { replicas: 3 } });
  });

  test("keeps what it leaves out when somebody else owns it too", () => {
    const ben: FieldOwner = { manager: "ben", operation: "Update", fields: [STANDBY] };
    const wanted = { spec: { replicas: 3 } };
    const { document } = apply(CURRENT, wanted, [ANNA, ben], { manager: "anna", force: false });
    expect(document).toEqual(CURRENT);
  });

  test("takes a list whole", () => {
    const hosts = '["spec","proxy","hostNames"]';
    const owner: FieldOwner = { manager: "anna", operation: "Apply", fields: [hosts] };
    const current = { spec: { proxy: { hostNames: ["a"] } } };
    const wanted = { spec: { proxy: { hostNames: ["a", "b"] } } };
    const { conflicts } = apply(current, wanted, [owner], { manager: "ben", force: false });
    expect(conflicts).toEqual([{ path: hosts, manager: "anna" }]);
  });

  test("sees a conflict between a mapping and a field in it", () => {
    const options = '["spec","network","options"]';
    const owner: FieldOwner = { manager: "anna", operation: "Apply", fields: [options] };
    const current = { spec: { network: { options: {} } } };
    const wanted = { spec: { network: { options: { mtu: "1400" } } } };
    const { conflicts } = apply(current, wanted, [owner], { manager: "ben", force: false });
    expect(conflicts).toEqual([{ path: '["spec","network","options","mtu"]', manager: "anna" }]);
  });

  test("is not deceived by keys that begin alike", () => {
    const owner: FieldOwner = { manager: "anna", operation: "Apply", fields: ['["spec","a"]'] };
    const current = { spec: { a: 1, ab: 1 } };
    const { conflicts } = apply(current, { spec: { ab: 2 } }, [owner], {
      manager: "ben",
      force: false,
    });
    expect(conflicts).toEqual([]);
  });
});

describe("another write", () => {
  test("makes what it changed the writer's, and nobody else's", () => {
    const after = { spec: { ...CURRENT.spec, replicas: 5 } };
    expect(ownersAfterUpdate(CURRENT, after, [ANNA], "kubectl-edit")).toEqual([
      { ...ANNA, fields: [STANDBY] },
      { manager: "kubectl-edit", operation: "Update", fields: [REPLICAS] },
    ]);
  });

  test("that changes nothing leaves the owners as they are", () => {
    expect(ownersAfterUpdate(CURRENT, CURRENT, [ANNA], "kubectl-edit")).toEqual([ANNA]);
  });

  test("adds to what the writer changed before", () => {
    const before: FieldOwner = { manager: "m", operation: "Update", fields: [STANDBY] };
    const after = { spec: { ...CURRENT.spec, replicas: 5 } };
    expect(ownersAfterUpdate(CURRENT, after, [before], "m")).toEqual([
      { ...before, fields: [STANDBY, REPLICAS] },
    ]);
  });

  test("that removes a field leaves it without an owner", () => {
    const after = { spec: { replicas: 3 } };
    expect(ownersAfterUpdate(CURRENT, after, [ANNA], "m")).toEqual([
      { ...ANNA, fields: [REPLICAS] },
    ]);
  });
});
