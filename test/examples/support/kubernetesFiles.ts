import type { KubernetesObject, Schemas } from './schemas.js';

interface Selector {
    matchLabels: Record<string, string>;
}

interface Variable {
    name: string;
    value?: string;
    valueFrom?: { secretKeyRef?: { name: string; key: string } };
}

interface Probe {
    httpGet: { path: string; port: string };
}

interface Container {
    ports: { name: string; containerPort: number }[];
    env: Variable[];
    readinessProbe: Probe;
    livenessProbe: Probe;
    lifecycle: { preStop: { sleep: { seconds: number } } };
}

interface Deployment extends KubernetesObject {
    spec: {
        replicas: number;
        selector: Selector;
        strategy: { rollingUpdate: object };
        template: {
            metadata: { labels: Record<string, string> };
            spec: { terminationGracePeriodSeconds: number; containers: Container[] };
        };
    };
}

interface ServiceObject extends KubernetesObject {
    spec: { selector: Record<string, string>; sessionAffinity: string; ports: { targetPort: string }[] };
}

interface DisruptionBudget extends KubernetesObject {
    spec: { minAvailable: number; selector: Selector };
}

/** What the manifests say that tests go by. */
export interface Manifests {
    objects: KubernetesObject[];
    deployment: Deployment;
    service: ServiceObject;
    budget: DisruptionBudget;
    container: Container;
    /** The variables with a value in the manifest. */
    env: Record<string, string>;
    redisSecret: { name: string; key: string };
    preStopMs: number;
    terminationGraceMs: number;
}

export function readManifests(schemas: Schemas, text: string): Manifests {
    const objects = schemas.parse<KubernetesObject>(text);
    const find = (kind: string) => found(objects.find(object => object.kind === kind));
    const deployment = find('Deployment') as Deployment;
    const { spec } = deployment.spec.template;
    const container = found(spec.containers[0]);
    return {
        objects,
        deployment,
        container,
        service: find('Service') as ServiceObject,
        budget: find('PodDisruptionBudget') as DisruptionBudget,
        env: Object.fromEntries(container.env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]))),
        redisSecret: found(container.env.find(({ name }) => name === 'REDIS_URL')?.valueFrom?.secretKeyRef),
        preStopMs: 1000 * container.lifecycle.preStop.sleep.seconds,
        terminationGraceMs: 1000 * spec.terminationGracePeriodSeconds
    };
}

/** What the Compose file says that tests go by. */
export interface Compose {
    file: unknown;
    /** The services that are nodes. */
    nodes: string[];
    /** Of each node. */
    env: Record<string, string>;
    healthcheck: string[];
    stopGraceMs: number;
}

interface ComposeService {
    build?: string;
    environment: Record<string, string>;
    stop_grace_period: string;
    healthcheck: { test: string[] };
}

export function readCompose(schemas: Schemas, text: string): Compose {
    const [file] = schemas.parse<{ services: Record<string, ComposeService> }>(text);
    const nodes = Object.entries(found(file).services).filter(([, { build }]) => build === './kubernetes');
    const [, node] = found(nodes[0]);
    return {
        file,
        nodes: nodes.map(([name]) => name),
        env: node.environment,
        healthcheck: node.healthcheck.test,
        stopGraceMs: 1000 * Number.parseInt(node.stop_grace_period)
    };
}

function found<T>(value: T | undefined): T {
    if (value === undefined) throw new Error('What the test goes by is not in the file.');
    return value;
}
