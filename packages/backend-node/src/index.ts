export { type NodeBackendProbe, probeNodeBackend } from './probe-node-backend.ts';
export { type NodeBackendOptions, type NodeBackendRecord, registerNodeBackend } from './register-node-backend.ts';
