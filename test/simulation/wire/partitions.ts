/** Who cannot reach whom: between single processes, and between the places that they run in. */
export class Partitions {
  /** `from>to`, each the name of a process or of a place. */
  private readonly cuts = new Set<string>();
  private readonly places = new Map<string, string>();

  /** From now on what happens to `place` happens to `name`. */
  locate(name: string, place: string): void {
    this.places.set(name, place);
  }

  forget(name: string): void {
    this.places.delete(name);
  }

  cutOneWay(from: string, to: string): void {
    this.cuts.add(`${from}>${to}`);
  }

  cut(a: string, b: string): void {
    this.cutOneWay(a, b);
    this.cutOneWay(b, a);
  }

  heal(a: string, b: string): void {
    this.cuts.delete(`${a}>${b}`);
    this.cuts.delete(`${b}>${a}`);
  }

  healAll(): void {
    this.cuts.clear();
  }

  get any(): boolean {
    return this.cuts.size > 0;
  }

  blocks(from: string, to: string): boolean {
    const { cuts } = this;
    if (cuts.size === 0 || from === to) return false;
    if (cuts.has(`${from}>${to}`)) return true;
    const here = this.places.get(from) ?? from;
    const there = this.places.get(to) ?? to;
    if (here === there) return false;
    return (
      cuts.has(`${here}>${there}`) || cuts.has(`${from}>${there}`) || cuts.has(`${here}>${to}`)
    );
  }

  /** Neither direction is cut. */
  connects(a: string, b: string): boolean {
    return !this.blocks(a, b) && !this.blocks(b, a);
  }
}
