import { call } from './call.ts'
import { compile } from './compile.ts'
import { deploy } from './deploy.ts'
import { freshness } from './freshness.ts'
import { initCreds } from './init-creds.ts'
import type { Verb } from './program.ts'
import { report } from './report.ts'
import { run } from './run.ts'
import { show } from './show.ts'
import { test } from './test.ts'

/** The verbs of `dataform`. A new one is a file beside these and a word here. */
export const VERBS: readonly Verb[] = [compile, run, test, show, report, freshness, deploy, call, initCreds]
