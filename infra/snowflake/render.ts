import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { identifier, literal } from '../../src/dialects/snowflake.ts'
import { type Helpers, sqlTemplates } from '../../src/project/templates.ts'
import type { AccountModel } from './model.ts'

/** The scripts in the order in which they are run, each made of the template of its name. */
export const SCRIPTS = [
  '10_roles.sql',
  '20_warehouses.sql',
  '30_database.sql',
  '40_lake.sql',
  '50_access.sql',
  '60_account.sql',
  '70_protection.sql',
  '80_service_user.sql',
  '90_after_deploy.sql',
] as const
/** In folders of their own, so that nobody runs them who runs all that is in one. */
const APART = ['teardown/teardown.sql', 'examples/row_access_by_country.sql'] as const

/** How a rendered file begins: what is written anew may replace such files and no others. */
export const MARK = '-- Rendered from infra/snowflake/account.yaml'

/**
 * All scripts of one stage, by their path below the output folder. The same model gives the same bytes.
 *
 * @param templates the folder of the templates
 */
export function render(model: AccountModel, templates: string): ReadonlyMap<string, string> {
  const paths = [...SCRIPTS, ...APART]
  const sources = Object.fromEntries(paths.map(path => [path, readFileSync(join(templates, `${path}.hbs`), 'utf8')]))
  const made = Object.entries(sqlTemplates(sources, { helpers: helpers(model), strict: true }))
  return new Map(
    made.map(([path, template]) => {
      const text = template(model)
        .replaceAll(/\n{3,}/g, '\n\n')
        .trim()
      return [path, `${MARK} for the stage ${model.stage}: change that file and render again.\n${text}\n`]
    }),
  )
}

/** The only ways in which a template writes a value. */
function helpers({ database }: AccountModel): Helpers {
  return {
    identifier: (name: unknown) => identifier(text(name)),
    /** SCHEMA or SCHEMA.NAME with the database before it. */
    inDatabase: (name: unknown) => [database.name, ...text(name).split('.')].map(identifier).join('.'),
    literal: (value: unknown) => literal(text(value)),
    literalOrNull: (value: unknown) => (value === null ? 'null' : literal(text(value))),
    literals: (values: readonly unknown[]) => values.map(value => literal(text(value))).join(', '),
    number: (value: unknown) => {
      if (!Number.isSafeInteger(value)) throw new Error(`${String(value)} is no whole number`)
      return String(value)
    },
    /** A word of SQL that the schema lists. */
    word: (value: unknown) => {
      if (!/^[A-Za-z_]+( [A-Za-z_]+)*$/.test(text(value))) throw new Error(`${String(value)} is no word of SQL`)
      return text(value).toLowerCase()
    },
  }
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`${String(value)} is no text`)
  return value
}
