/**
 * The types of values that JSON can carry, shared by configs, manifests and checkpoint states.
 */

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** An object whose undefined fields are left out when it is written, as `JSON.stringify` does. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}
