/** A text generator that asks nothing twice: what a server was paid for before a run was stopped is taken from the disk. */
import { type RequestCache, requestKey, type TextGenerator } from '@marco-ts/data';

/** @param cache of this run; stays open */
export function cachedGenerator(generator: TextGenerator, cache: RequestCache): TextGenerator {
  return {
    name: generator.name,
    async generate(request, signal) {
      const key = requestKey(generator.name, request);
      const known = cache.get(key);
      if (known !== undefined) return known;
      const answer = await generator.generate(request, signal);
      await cache.set(key, answer);
      return answer;
    },
  };
}
