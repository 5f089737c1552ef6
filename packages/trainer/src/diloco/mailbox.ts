/**
 * Where workers leave files for each other: a directory that all of them see, or a bucket. Nothing else connects them.
 *
 * Keys are paths with forward slashes. What lies under a key is whole, whenever it is read.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

/** Files under keys, shared by all workers of a run. */
export interface Mailbox {
  /** for messages */
  readonly place: string;
  /** Replaces what was there. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** @returns whether this call was the one that put it: of several at once exactly one is */
  putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean>;
  /** The bytes under a key; undefined when there are none. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** @returns every key that begins with `prefix`, in order */
  list(prefix: string): Promise<string[]>;
  /** Removes a key; one that is not there is no error. */
  remove(key: string): Promise<void>;
}

/**
 * A mailbox in a directory that every worker sees.
 *
 * @param root made when absent; on a file system with atomic renames and hard links, such as NFS or Lustre
 */
export function createDirectoryMailbox(root: string): Mailbox {
  const write = async (key: string, bytes: Uint8Array): Promise<{ path: string; temporary: string }> => {
    const path = join(root, key);
    await mkdir(dirname(path), { recursive: true });
    const temporary = join(dirname(path), `.${randomUUID()}`);
    await writeFile(temporary, bytes, { flush: true });
    return { path, temporary };
  };
  return {
    place: root,
    async put(key, bytes) {
      const { path, temporary } = await write(key, bytes);
      await rename(temporary, path);
    },
    async putIfAbsent(key, bytes) {
      const { path, temporary } = await write(key, bytes);
      try {
        await link(temporary, path);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw error;
      } finally {
        await rm(temporary, { force: true });
      }
    },
    async get(key) {
      try {
        return await readFile(join(root, key));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    async list(prefix) {
      // Only the folder that the prefix names, not the whole mailbox.
      const folder = join(root, prefix.slice(0, prefix.lastIndexOf('/') + 1));
      let entries: { readonly name: string; readonly parentPath: string; isFile(): boolean }[];
      try {
        entries = await readdir(folder, { recursive: true, withFileTypes: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw error;
      }
      return entries
        .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
        .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
        .filter((key) => key.startsWith(prefix))
        .sort();
    },
    async remove(key) {
      await rm(join(root, key), { force: true });
    },
  };
}
