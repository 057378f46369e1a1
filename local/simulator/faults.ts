import * as z from 'zod/mini';

const common = {
  path: z.string().check(z.startsWith('/')),
  times: z._default(z.int().check(z.minimum(1)), 1),
  appid: z.optional(z.string()),
  after: z._default(z.boolean(), false),
};

const milliseconds = z.int().check(z.minimum(0));

/** A fault as the control API takes it. A path ending in `*` matches all that begin so. */
export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...common,
    kind: z.literal('errcode'),
    errcode: z.int(),
    errmsg: z.optional(z.string()),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('http'),
    status: z.int().check(z.minimum(200), z.maximum(599)),
    body: z._default(z.string(), ''),
  }),
  z.strictObject({ ...common, kind: z.literal('hang'), ms: milliseconds }),
  z.strictObject({ ...common, kind: z.literal('slow'), ms: milliseconds }),
  z.strictObject({ ...common, kind: z.literal('reset') }),
  z.strictObject({ ...common, kind: z.literal('garbage'), body: z._default(z.string(), '<html>') }),
]);

/** Something that goes wrong on a path for the next `times` calls. */
export type Fault = z.infer<typeof faultSchema>;

/** The faults that are set and not yet used up. */
export class Faults {
  readonly #faults: { fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times });
  }

  clear(): void {
    this.#faults.length = 0;
  }

  /** The oldest fault that fits, one of its times used up. `appidOf` is asked only where a fault names one. */
  take(path: string, appidOf: () => string | undefined): Fault | undefined {
    const index = this.#faults.findIndex(
      ({ fault }) => fits(fault.path, path) && (fault.appid === undefined || fault.appid === appidOf()),
    );
    const found = this.#faults[index];
    if (!found) return undefined;
    found.left -= 1;
    if (found.left === 0) this.#faults.splice(index, 1);
    return found.fault;
  }
}

function fits(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
}
