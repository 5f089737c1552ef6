/**
 * The files of a model directory, behind an address or chosen by a person, under one interface.
 */
import { type ByteSource, blobSource, urlSource } from '@marco-ts/checkpoint/web';
import type { ModelPlace } from './messages.ts';

export interface ModelFiles {
  /** @returns the text, or nothing where there is no such file */
  text(name: string): Promise<string | undefined>;
  /** @throws when there is no such file */
  bytes(name: string): Promise<ByteSource>;
}

export function modelFiles(place: ModelPlace): ModelFiles {
  return 'url' in place ? filesBehind(place.url) : chosenFiles(place.files);
}

function filesBehind(url: string): ModelFiles {
  const base = new URL(url.endsWith('/') ? url : `${url}/`, globalThis.location.href);
  return {
    async text(name) {
      const response = await fetch(new URL(name, base));
      if (response.ok) return response.text();
      if (response.status === 404) return undefined;
      throw new Error(`${name} must be readable, got status ${response.status} at ${base.href}. Check the address.`);
    },
    bytes: (name) => urlSource(new URL(name, base)),
  };
}

function chosenFiles(files: readonly File[]): ModelFiles {
  const byName = new Map(files.map((file) => [file.name, file]));
  return {
    text: async (name) => byName.get(name)?.text(),
    async bytes(name) {
      const file = byName.get(name);
      if (file === undefined)
        throw new Error(`${name} must be among the files chosen. Choose the whole model directory.`);
      return blobSource(file);
    },
  };
}
