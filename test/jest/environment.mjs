import './code-cache.mjs';
import { createRequire } from 'node:module';
import { constants, createContext } from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

/** Those that Node shares with every context: their values pass between the two. */
const shared = new Set(['Buffer', 'ArrayBuffer', 'Uint8Array']);

/**
 * Jest's environment for Node, but in a plain context. In Jest's own, each look at a global name (`Array`, `Object`) goes
 * through a proxy, which takes a hundred times as long as the look, and a third of the tests' time.
 */
export default class PlainContext extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    const plain = createContext(constants.DONT_CONTEXTIFY);
    for (const name of Reflect.ownKeys(this.global)) {
      if (!Object.hasOwn(plain, name) || shared.has(name)) define(plain, name, this.global);
    }
    plain.global = plain;
    // What is slow to load and leaves nothing behind can be loaded once for all test files of a process.
    plain.requireOutside = createRequire(import.meta.url);
    plain.Error.stackTraceLimit = this.global.Error.stackTraceLimit;
    this.moduleMocker = new this.moduleMocker.constructor(plain);
    this.fakeTimersModern = new this.fakeTimersModern.constructor({
      config: config.projectConfig,
      global: plain,
    });
    this.global = plain;
    this.context = plain;
  }
}

/** Defines a global name as another global object has it, and one that is made when it is first looked at, then. */
function define(plain, name, other) {
  const { value, enumerable, get } = Object.getOwnPropertyDescriptor(other, name);
  const settle = (settled) =>
    Object.defineProperty(plain, name, { value: settled, enumerable, configurable: true, writable: true });
  if (!get) {
    settle(value);
    return;
  }
  Object.defineProperty(plain, name, {
    enumerable,
    configurable: true,
    get: () => {
      settle(other[name]);
      return plain[name];
    },
    set: settle,
  });
}
