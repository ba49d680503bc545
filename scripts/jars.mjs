// Hadoop's file system for S3, with which plain Spark reads and writes a server that stands for S3; Glue brings its own. Spark's
// own resolver fetches it, and every file is compared with its hash here.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pythonPath } from './python.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
// Inside the environment, so that both are made anew together.
const folder = join(root, '.venv', 'jars')

const PACKAGES = [
  'org.apache.hadoop:hadoop-aws:3.3.4',
  ...['s3', 'dynamodb', 'sts'].map(name => `com.amazonaws:aws-java-sdk-${name}:1.12.262`),
]
// The bundle holds every client of AWS, 280 MB of it; the others are a part of Spark.
const LEFT_OUT = [
  'com.amazonaws:aws-java-sdk-bundle',
  'org.wildfly.openssl:wildfly-openssl',
  'commons-logging:commons-logging',
  'commons-codec:commons-codec',
  'com.fasterxml.jackson.core:jackson-databind',
  'com.fasterxml.jackson.dataformat:jackson-dataformat-cbor',
  'org.apache.httpcomponents:httpclient',
]
const HASHES = {
  'com.amazonaws_aws-java-sdk-core-1.12.262.jar': '06fed99f929c389e168278c1b111aaf1afb270d07202fbbce92e73d1e4279678',
  'com.amazonaws_aws-java-sdk-dynamodb-1.12.262.jar':
    '7af4ba06d0d9b3c2ab435089caecd0567810d203aa285f7aa72861f1964d442e',
  'com.amazonaws_aws-java-sdk-kms-1.12.262.jar': 'c00f5ae7b334255f661d85512e7203af9523a04fb65d0c431c2eea2003ed8ae2',
  'com.amazonaws_aws-java-sdk-s3-1.12.262.jar': 'a0cb7580178bc0d4d3558295a5bb890008478da8a6b3241989c71238b0ed3be5',
  'com.amazonaws_aws-java-sdk-sts-1.12.262.jar': '659f48d8ebc02025c5042cc4b925f62610e81f334498f1b9e7a271ce20ecbcae',
  'com.amazonaws_jmespath-java-1.12.262.jar': '9001ea993a45d82a2d3086edcbda8a40b4e012d049a70fbf071fd329c0fbd777',
  'joda-time_joda-time-2.8.1.jar': 'b4670b95f75957c974284c5f3ada966040be2578f643c5c6083d262162061fa2',
  'org.apache.hadoop_hadoop-aws-3.3.4.jar': '53f9ae03c681a30a50aa17524bd9790ab596b28481858e54efd989a826ed3a4a',
  'software.amazon.ion_ion-java-1.0.2.jar': '0d127b205a1fce0abc2a3757a041748651bc66c15cf4c059bac5833b27d471a5',
}

const hashOf = path => (existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : undefined)
const paths = () => Object.keys(HASHES).map(name => join(folder, name))

/** Fetches what is missing and returns the files. Throws an Error that says what went wrong. */
export function ensureJars() {
  if (Object.entries(HASHES).every(([name, hash]) => hashOf(join(folder, name)) === hash)) return paths()
  process.stderr.write("Fetching Hadoop's file system for S3 into .venv/jars…\n")
  const scratch = mkdtempSync(join(tmpdir(), 'jars-'))
  try {
    fetch(scratch)
    mkdirSync(folder, { recursive: true })
    for (const [name, hash] of Object.entries(HASHES)) {
      const fetched = join(scratch, 'jars', name)
      if (hashOf(fetched) !== hash) throw new Error(`${name} is missing or is not the file that was asked for`)
      copyFileSync(fetched, join(folder, name))
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return paths()
}

/** Lets Spark resolve the packages; it does so before it starts a script, and this one does nothing. */
function fetch(scratch) {
  const script = join(scratch, 'nothing.py')
  writeFileSync(script, '')
  const submit = join(dirname(pythonPath()), 'spark-submit')
  const options = ['--master', 'local[1]', '--packages', PACKAGES.join(), '--exclude-packages', LEFT_OUT.join()]
  const settings = [`spark.jars.ivy=${scratch}`, 'spark.ui.enabled=false'].flatMap(setting => ['--conf', setting])
  const { status, stdout, stderr, error } = spawnSync(submit, [...options, ...settings, script], {
    encoding: 'utf8',
    env: { ...process.env, PYSPARK_PYTHON: pythonPath(), SPARK_LOCAL_IP: '127.0.0.1' },
  })
  if (status === 0) return
  const words = `${error?.message ?? ''}\n${stdout}\n${stderr}`.trim().split('\n').slice(-20).join('\n')
  throw new Error(`Spark could not fetch its file system for S3; Java 17 and a network are needed:\n${words}`)
}
