/** Small checks of JSON that came from outside. The first violation throws, naming its path. */
export class Checker {
  private readonly fields: Readonly<Record<string, unknown>>;

  /** @param path shown in errors, e.g. `command.etcd` */
  constructor(
    value: unknown,
    private readonly path: string,
  ) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new CheckError(`${path} must be an object`);
    }
    this.fields = value as Readonly<Record<string, unknown>>;
  }

  object(name: string): Checker {
    return new Checker(this.fields[name], `${this.path}.${name}`);
  }

  objects(name: string): readonly Checker[] {
    const list = this.check(name, "a list", Array.isArray) as readonly unknown[];
    return list.map((item, i) => new Checker(item, `${this.path}.${name}[${i}]`));
  }

  nullableObject(name: string): Checker | null {
    return this.fields[name] === null ? null : this.object(name);
  }

  holds(name: string, test: (value: unknown) => boolean): boolean {
    return test(this.fields[name]);
  }

  check(name: string, allowed: string, holds: (value: unknown) => boolean): unknown {
    const value = this.fields[name];
    if (!holds(value)) throw new CheckError(`${this.path}.${name} must be ${allowed}`);
    return value;
  }

  string(name: string, pattern: RegExp): string {
    const holds = (v: unknown) => typeof v === "string" && pattern.test(v);
    return this.check(name, `a string like ${pattern.source}`, holds) as string;
  }

  nullableString(name: string, pattern: RegExp): string | null {
    return this.fields[name] === null ? null : this.string(name, pattern);
  }

  integer(name: string, min: number, max: number): number {
    const holds = (v: unknown) => Number.isInteger(v) && Number(v) >= min && Number(v) <= max;
    return this.check(name, `an integer from ${min} to ${max}`, holds) as number;
  }

  /** Null: the field is not there. */
  optionalInteger(name: string, min: number, max: number): number | null {
    return this.fields[name] === undefined ? null : this.integer(name, min, max);
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T {
    const holds = (v: unknown) => allowed.some((a) => a === v);
    return this.check(name, `one of ${allowed.join(", ")}`, holds) as T;
  }

  strings(name: string, pattern: RegExp): readonly string[] {
    const holds = (v: unknown) =>
      Array.isArray(v) && v.every((s) => typeof s === "string" && pattern.test(s));
    return this.check(name, `a list of strings like ${pattern.source}`, holds) as string[];
  }

  stringMap(name: string, key: RegExp, value: RegExp): Readonly<Record<string, string>> {
    const inner = this.object(name);
    for (const k of Object.keys(inner.fields)) {
      if (!key.test(k)) throw new CheckError(`${inner.path} has a key not like ${key.source}`);
      inner.string(k, value);
    }
    return inner.fields as Readonly<Record<string, string>>;
  }
}

export class CheckError extends Error {
  override readonly name = "CheckError";
}
