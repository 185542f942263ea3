import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { metrics } from '../src/operations/metrics/metrics.ts';
import { registry } from '../src/operations/metrics/registry.ts';
import { readConfig } from '../src/settings/config.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface Service {
  image?: string;
  build?: string;
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  profiles?: string[];
  depends_on?: unknown;
  deploy?: { replicas: number };
  stop_grace_period?: string;
  healthcheck?: { test: string[] };
}

const compose = parse(read('compose.yaml')) as { services: Record<string, Service>; volumes: object };
const { bobbin, postgres, prometheus, grafana } = compose.services;

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; description: string };
}

const rules = (parse(read('deploy/alerts.yaml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string }[];
}

const dashboard = JSON.parse(read('deploy/dashboard.json')) as {
  uid: string;
  panels: Panel[];
  annotations: { list: { expr: string }[] };
  templating: { list: { query: string | { query: string } }[] };
};

const queries = [
  ...rules.map(({ alert, expr }) => ({ name: alert, expr })),
  ...dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ name: title, expr })),
  ),
  ...dashboard.annotations.list.map(({ expr }) => ({ name: 'annotation', expr })),
];

/** What Prometheus knows by itself of whom it asks. */
const OF_PROMETHEUS = ['up'];

/** The names of the series that a query reads: words that are no function, no label and no keyword. */
function seriesIn(expr: string): string[] {
  const bare = expr
    .replace(/"[^"]*"/g, '""')
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ')
    .replace(/\{[^}]*\}/g, ' ')
    .replace(/\[[^\]]*\]/g, ' ');
  return [...bare.matchAll(/[a-zA-Z_:][\w:]*(?!\w)(?!\s*\()/g)]
    .map(([word]) => word)
    .filter((word) => !/^(and|or|unless|on|by|offset|bool)$/.test(word));
}

/** The labels that a query filters and groups by. */
function labelsIn(expr: string): string[] {
  const grouped = [...expr.matchAll(/\b(?:by|without)\s*\(([^)]*)\)/g)].flatMap(([, names = '']) =>
    names.split(','),
  );
  const filtered = [...expr.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, name = '']) => name);
  return [...grouped, ...filtered].map((name) => name.trim()).filter(Boolean);
}

/** Every series that `/metrics` can show, with the labels it has. */
async function known(): Promise<Map<string, Set<string>>> {
  const series = new Map<string, Set<string>>();
  // Prometheus puts these on all of them.
  const always = ['job', 'instance'];
  for (const { name } of await registry.getMetricsAsJSON()) {
    const metric = registry.getSingleMetric(name) as unknown as {
      type?: string;
      labelNames: string[];
      buckets?: unknown;
    };
    const labels = new Set([...always, ...metric.labelNames]);
    const ends = metric.buckets === undefined ? [''] : ['_bucket', '_count', '_sum'];
    for (const end of ends) series.set(name + end, end === '_bucket' ? new Set([...labels, 'le']) : labels);
  }
  return series;
}

test('every alert and every panel reads only what /metrics shows, by the labels that it has', async () => {
  const series = await known();
  expect(queries.length).toBeGreaterThan(30);
  for (const { name, expr } of queries) {
    const names = seriesIn(expr);
    expect(names, `${name}: ${expr}`).not.toEqual([]);
    for (const found of names) {
      if (OF_PROMETHEUS.includes(found)) continue;
      expect([...series.keys()], name).toContain(found);
      for (const label of labelsIn(expr)) expect([...(series.get(found) ?? [])], name).toContain(label);
    }
  }
});

test('every metric of ours is in the dashboard or in an alert', async () => {
  const own = (await registry.getMetricsAsJSON())
    .map(({ name }) => name)
    .filter((name) => name.startsWith('bobbin_'));
  const all = queries.map(({ expr }) => expr).join('\n');
  for (const name of own) expect(all).toContain(name);
  expect(await metrics.text()).toContain('bobbin_queue_depth');
});

test('each alert says who should act, on what and how', () => {
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  for (const { alert, labels, annotations } of rules) {
    expect(['page', 'ticket'], alert).toContain(labels.severity);
    expect(annotations.summary, alert).toMatch(/\.$/);
    expect(annotations.description, alert).toMatch(/\.$/);
  }
});

test('the panels of the dashboard stand beside each other', () => {
  const { panels } = dashboard;
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  for (const one of panels)
    for (const other of panels) if (one.id < other.id) expect(overlap(one, other), other.title).toBe(false);
});

function overlap({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/** As Compose fills in a variable that is set. */
const filled = (text: string) => text.replace(/\$\{(\w+)(?::[?-][^}]*)?\}/g, (_, name) => `a${name}`);

test('two Bobbins share one database, and set only what Bobbin reads', () => {
  expect(bobbin?.build).toBe('.');
  expect(bobbin?.deploy?.replicas).toBe(2);
  const names = Object.keys(parseEnv(read('.env.example').replace(/^#(?=[A-Z_]+=)/gm, '')));
  const environment = bobbin?.environment ?? {};
  expect(Object.keys(environment).filter((name) => !names.includes(name))).toEqual([]);
  const given = Object.fromEntries(Object.entries(environment).map(([name, text]) => [name, filled(text)]));
  const { value, mistakes } = readConfig(given);
  expect(mistakes).toBeUndefined();
  const { username, password, hostname, port, pathname } = new URL(value?.store.databaseUrl ?? '');
  const { POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD } = postgres?.environment ?? {};
  expect([username, password, pathname]).toEqual([
    POSTGRES_USER,
    filled(POSTGRES_PASSWORD ?? ''),
    `/${POSTGRES_DB}`,
  ]);
  expect(compose.services).toHaveProperty(hostname);
  expect(port).toBe('5432');
});

test('a stopped Bobbin has time for its grace and for handing over', () => {
  const grace = Number(bobbin?.environment?.SHUTDOWN_GRACE_SECONDS);
  const [, seconds] = /^(\d+)s$/.exec(bobbin?.stop_grace_period ?? '') ?? [];
  expect(Number(seconds)).toBeGreaterThanOrEqual(grace + 5);
});

test('each replica finds a port of this machine, which no other service takes', () => {
  const ports = Object.entries(compose.services).flatMap(([name, { ports = [] }]) =>
    ports.map((port) => ({ name, ...portsOf(port) })),
  );
  for (const { name, host } of ports) expect(host, name).toBe('127.0.0.1');
  const taken = ports.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
  expect(new Set(taken).size).toBe(taken.length);
  const own = ports.find(({ name }) => name === 'bobbin');
  expect(Number(own?.to) - Number(own?.from) + 1).toBeGreaterThanOrEqual(bobbin?.deploy?.replicas ?? 0);
  expect(own?.inside).toBe(bobbin?.environment?.PORT);
  expect(bobbin?.healthcheck?.test.join(' ')).toContain(`http://127.0.0.1:${own?.inside}/readyz`);
});

function portsOf(text: string) {
  const [, host, from = '', to = from, inside] = /^([\d.]+):(\d+)(?:-(\d+))?:(\d+)$/.exec(text) ?? [];
  return { host, from: Number(from), to: Number(to), inside };
}

test('every file and volume that a service is given exists, and every service it waits for', () => {
  for (const [name, { volumes = [], depends_on = {} }] of Object.entries(compose.services)) {
    for (const volume of volumes) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('.')) expect(existsSync(join(root, source)), `${name}: ${source}`).toBe(true);
      else expect(compose.volumes, name).toHaveProperty(source);
    }
    const others = Array.isArray(depends_on) ? depends_on : Object.keys(depends_on as object);
    for (const other of others) expect(compose.services, name).toHaveProperty(other);
  }
  expect(postgres?.healthcheck?.test.join(' ')).toContain('pg_isready');
});

test('Prometheus asks each replica, knows the alerts, and Grafana shows the dashboard, only where they are wanted', () => {
  for (const service of [prometheus, grafana]) expect(service?.profiles).toEqual(['monitoring']);
  const { rule_files, scrape_configs } = parse(read('deploy/prometheus.yaml')) as {
    rule_files: string[];
    scrape_configs: { job_name: string; dns_sd_configs: { names: string[]; port: number }[] }[];
  };
  const mounts = prometheus?.volumes?.map((volume) => volume.split(':')[1]);
  for (const file of rule_files) expect(mounts).toContain(`/etc/prometheus/${file}`);
  const [{ job_name, dns_sd_configs }] = scrape_configs as [(typeof scrape_configs)[0]];
  expect(dns_sd_configs[0]).toMatchObject({
    names: ['bobbin'],
    port: Number(bobbin?.environment?.METRICS_PORT),
  });
  expect(bobbin?.environment?.METRICS_HOST).toBe('0.0.0.0');
  const inside = bobbin?.ports?.map((text) => portsOf(text).inside);
  expect(inside).not.toContain(bobbin?.environment?.METRICS_PORT);
  for (const [, job] of queries
    .map(({ expr }) => expr)
    .join('\n')
    .matchAll(/job="([^"]+)"/g))
    expect(['$job', job_name]).toContain(job);
  const { path } = (
    parse(read('deploy/grafana/dashboards.yaml')) as { providers: { options: { path: string } }[] }
  ).providers[0]?.options ?? { path: '' };
  expect(grafana?.volumes).toContain(`./deploy/dashboard.json:${path}/${dashboard.uid}.json:ro`);
});
