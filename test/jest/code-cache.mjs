import { createRequire } from 'node:module';

/**
 * Has Node keep what it has compiled of a module, and take that when the same source comes again: each test file loads all of
 * its modules anew, Jest's own among them. Compiling them each time takes a tenth of the tests' work.
 */

/** `node:vm` as Jest has it, so that what is put into it is what Jest calls. */
const vm = createRequire(import.meta.url)('node:vm');
const { compileFunction, SourceTextModule } = vm;

/** What V8 has compiled, by source. */
const compiled = new Map();

vm.compileFunction = (source, names, options) => {
  const cachedData = compiled.get(source);
  const made = compileFunction(source, names, { ...options, cachedData, produceCachedData: !cachedData });
  if (!cachedData) compiled.set(source, made.cachedData);
  return made;
};

vm.SourceTextModule = new Proxy(SourceTextModule, {
  construct(_, [source, options]) {
    const cachedData = compiled.get(source);
    if (cachedData) {
      try {
        return new SourceTextModule(source, { ...options, cachedData });
      } catch (error) {
        // Once a test has set a flag of V8, V8 takes nothing that it compiled before.
        if (error.code !== 'ERR_VM_MODULE_CACHED_DATA_REJECTED') throw error;
      }
    }
    const module = new SourceTextModule(source, options);
    compiled.set(source, module.createCachedData());
    return module;
  },
});
