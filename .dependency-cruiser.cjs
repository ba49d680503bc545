// Import boundaries. A stage may use what comes before it and never what comes after:
//   project → compile → graph → plan → procedures → engines → run → report → commands → bin
// Data flows so; dialects (text alone) and graph (functions over the compiled graph) also serve compile, and know nothing of it.
// Types that several stages speak in (graph/types, plan/types, engines/engine) and the two modules below every stage
// (error, effects) may be used from anywhere.
const leaves = '^src/(error|effects|graph/types|plan/types|engines/engine)[.]ts$'

/** Stages in order; `below` are the folders each may import beside itself and the leaves. */
const stages = {
  project: [],
  graph: ['project'],
  dialects: ['graph'],
  compile: ['project', 'graph', 'dialects'],
  plan: ['graph', 'dialects'],
  transpile: ['graph', 'dialects'],
  scripting: ['graph', 'dialects'],
  schedule: ['graph'],
  procedures: ['project', 'graph', 'dialects', 'plan', 'scripting', 'schedule'],
  engines: ['project', 'graph', 'dialects', 'plan', 'transpile', 'scripting'],
  report: ['project', 'graph', 'dialects', 'plan'],
  run: ['project', 'compile', 'graph', 'dialects', 'plan', 'transpile', 'procedures', 'engines', 'report'],
}

const stageRules = Object.entries(stages).map(([stage, below]) => ({
  name: `stage-${stage}`,
  comment: `src/${stage} may import ${[...below, stage].map(name => `src/${name}`).join(', ')} and the shared types`,
  severity: 'error',
  from: { path: `^src/${stage}/` },
  to: { path: '^src/', pathNot: [`^src/(${[stage, ...below].join('|')})/`, leaves] },
}))

/** Each third-party SDK and the one file that imports it, so that it can be replaced in one place. */
const sdks = {
  '@duckdb/node-api': '^src/engines/duckdb/driver[.]ts$',
  'snowflake-sdk': '^src/engines/snowflake/driver[.]ts$',
  'smol-toml': '^src/engines/snowflake/connections-file[.]ts$',
  '@polyglot-sql/sdk': '^src/transpile/parser[.]ts$',
  '@dataform/core': '^src/compile/',
  protobufjs: '^src/compile/',
  yaml: '^src/project/yaml[.]ts$',
  'csv-parse': '^ingestion-lambda/csv[.]ts$',
  '@clack/prompts': '^src/commands/prompts[.]ts$',
  '@aws-sdk/client-s3': '^ingestion-lambda/s3-store[.]ts$',
  '@aws-sdk/client-glue': '^pipeline/cloud/job-runs[.]ts$',
  '@aws-sdk/client-sfn': '^pipeline/cloud/executions[.]ts$',
  '@aws-sdk/lib-storage': '^pipeline/s3-bucket[.]ts$',
  '@aws-sdk/client-sns': '^ingestion-lambda/topic[.]ts$',
  '@aws-lambda-powertools/logger': '^ingestion-lambda/telemetry[.]ts$',
  '@aws-lambda-powertools/metrics': '^ingestion-lambda/telemetry[.]ts$',
  commander: '^src/commands/program[.]ts$',
  croner: '^src/schedule/next-runs[.]ts$',
  'p-limit': '^src/run/',
  tinyglobby: '^src/project/files[.]ts$',
  picomatch: '^src/graph/select[.]ts$',
  handlebars: '^src/project/templates[.]ts$',
  picocolors: '^src/commands/colours[.]ts$',
  'aws-cdk-lib': '^infra/[^/]+[.]ts$',
  constructs: '^infra/[^/]+[.]ts$',
}

const sdkRules = Object.entries(sdks).map(([sdk, home]) => ({
  name: `sdk-${sdk.replace('@', '').replace('/', '-')}`,
  comment: `${sdk} is imported in one place`,
  severity: 'error',
  from: { path: '^(src|pipeline|ingestion-lambda|glue|infra)/', pathNot: home },
  to: { path: `^node_modules/${sdk}/` },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'two modules that need each other are one module, or hide a third',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...stageRules,
    ...sdkRules,
    {
      name: 'leaves-first',
      comment: 'what every stage may import must not pull a stage in',
      severity: 'error',
      from: { path: leaves },
      to: { path: '^(src|pipeline)/', pathNot: leaves },
    },
    {
      name: 'commands-above-stages',
      comment: 'only bin and the public index may import commands',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(commands|bin)/|^src/index[.]ts$' },
      to: { path: '^src/(commands|bin)/' },
    },
    {
      name: 'pure',
      comment: 'dialects and plan are pure: the same input gives the same plan on every machine',
      severity: 'error',
      from: { path: '^src/(dialects|plan)/' },
      to: { path: '^(node:)?(fs|child_process|net|http|https|os|process|worker_threads|fs/promises)$' },
    },
    {
      name: 'pure-no-packages',
      comment: 'dialects and plan use no third-party package',
      severity: 'error',
      from: { path: '^src/(dialects|plan)/' },
      to: { path: '^node_modules/' },
    },
    {
      name: 'framework-knows-no-flagship',
      comment: 'src/ is the framework; the flagship uses it and never the other way round',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(pipeline|ingestion-lambda|glue|infra|tests|bench)/' },
    },
    {
      name: 'framework-by-its-front-door',
      comment: 'the pipeline uses the framework through its public functions (and its commands, errors and effects)',
      severity: 'error',
      from: { path: '^pipeline/' },
      to: {
        path: '^src/',
        pathNot:
          '^src/(index|error|effects|engines/duckdb/driver|project/(yaml|paths)|commands/program|commands/colours)[.]ts$',
      },
    },
    {
      name: 'validation-core-stands-alone',
      comment:
        'the ingestion core is the same code in a function in the cloud: it brings nothing of the framework along',
      severity: 'error',
      from: { path: '^ingestion-lambda/' },
      to: { path: '^(src|pipeline|glue|infra)/', pathNot: '^src/error[.]ts$' },
    },
    {
      name: 'no-tests-in-product',
      severity: 'error',
      from: { path: '^(src|pipeline|ingestion-lambda|glue|infra)/' },
      to: { path: '^(tests|bench|scripts)/' },
    },
    {
      name: 'no-development-packages-in-product',
      severity: 'error',
      from: { path: '^(src|pipeline|ingestion-lambda|glue)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|target|[.]local)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
