/**
 * A Kubernetes Indexed Job for each stage of a plan: the pod with completion index r is rank r.
 *
 * Source: the API `batch/v1` of Kubernetes (Indexed Jobs; retries by index since 1.33). A Job knows no Job before it: they are applied in turn,
 * each when the one before it is complete; `applyScript` does that with kubectl.
 */
import type { KubernetesOptions } from '../plan/data-plan.ts';
import type { Stage } from '../world/stage.ts';

export interface KubernetesJobsOptions {
  readonly stages: readonly Stage[];
  readonly name: string;
  readonly worldSize: number;
  /** Directory of the run, as pods see it. */
  readonly output: string;
  readonly kubernetes: KubernetesOptions;
}

/** Plain objects of the API; checked against its schema in the tests. */
export type KubernetesJob = ReturnType<typeof jobOf>;

const RANK_ANNOTATION = "metadata.annotations['batch.kubernetes.io/job-completion-index']";
const MAX_NAME_LENGTH = 63;

/** A DNS label: lower-case letters, digits and hyphens. */
const labelOf = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, MAX_NAME_LENGTH)
    .replace(/-+$/, '');

function jobOf(options: KubernetesJobsOptions, stage: Stage) {
  const { name, output, kubernetes } = options;
  const worldSize = Math.max(1, Math.min(options.worldSize, stage.fixedUnits ?? options.worldSize));
  const labels = { 'app.kubernetes.io/name': 'marco-data', 'app.kubernetes.io/instance': labelOf(name) };
  const resources = { cpu: kubernetes.cpu, memory: kubernetes.memory };
  return {
    apiVersion: 'batch/v1' as const,
    kind: 'Job' as const,
    metadata: {
      name: labelOf(`${name}-${stage.name}`),
      labels,
      ...(kubernetes.namespace === undefined ? {} : { namespace: kubernetes.namespace }),
    },
    spec: {
      completionMode: 'Indexed',
      completions: worldSize,
      parallelism: Math.min(worldSize, kubernetes.maxRunning ?? worldSize),
      backoffLimitPerIndex: kubernetes.retries,
      maxFailedIndexes: 0,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: 'Never',
          containers: [
            {
              name: 'rank',
              image: kubernetes.image,
              command: [...kubernetes.command],
              args: [
                'data',
                'run',
                output,
                '--stage',
                stage.name,
                '--rank',
                '$(MARCO_RANK)',
                '--world-size',
                `${worldSize}`,
              ],
              env: [{ name: 'MARCO_RANK', valueFrom: { fieldRef: { fieldPath: RANK_ANNOTATION } } }],
              resources: { requests: resources, limits: resources },
              volumeMounts: [{ name: 'data', mountPath: kubernetes.mountPath }],
            },
          ],
          volumes: [{ name: 'data', persistentVolumeClaim: { claimName: kubernetes.volumeClaim } }],
        },
      },
    },
  };
}

/** One Job for each stage, in their order. */
export function kubernetesJobs(options: KubernetesJobsOptions): KubernetesJob[] {
  return options.stages.map((stage) => jobOf(options, stage));
}

/**
 * @param files manifests in the order of their stages, beside the script
 * @returns a shell script that applies each manifest when the one before it is complete
 */
export function applyScript(jobs: readonly KubernetesJob[], files: readonly string[]): string {
  const steps = jobs.flatMap(({ metadata }, index) => {
    const namespace = 'namespace' in metadata ? ` --namespace ${metadata.namespace}` : '';
    return [
      `kubectl apply -f ${files[index]}`,
      `kubectl wait --for=condition=complete --timeout=-1s${namespace} job/${metadata.name}`,
    ];
  });
  return ['#!/bin/bash', 'set -euo pipefail', 'cd "$(dirname "$0")"', ...steps, ''].join('\n');
}
