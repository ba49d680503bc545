import Handlebars from 'handlebars'

/** What a template may call besides its values. */
export type Helpers = Readonly<Record<string, (value: never) => unknown>>

export interface TemplateOptions {
  readonly helpers?: Helpers | undefined
  /** Templates that others include by name. */
  readonly partials?: Readonly<Record<string, string>> | undefined
  /** Whether a value that is missing is an error; otherwise it is nothing. */
  readonly strict?: boolean | undefined
}

/** Renders a template with values. */
export type Template = (values: unknown) => string

/**
 * Makes templates of SQL. Handlebars escapes for HTML, which would spoil SQL: whoever gives a value has made SQL of it, or a
 * helper does. Templates are texts of the program; values are never taken for templates.
 */
export function sqlTemplates<Name extends string>(
  texts: Readonly<Record<Name, string>>,
  { helpers = {}, partials = {}, strict = false }: TemplateOptions,
): Readonly<Record<Name, Template>> {
  const engine = Handlebars.create()
  engine.registerHelper(helpers as Handlebars.HelperDeclareSpec)
  const options = { noEscape: true, preventIndent: true, strict }
  for (const [name, text] of Object.entries(partials)) engine.registerPartial(name, engine.compile(text, options))
  const made = Object.entries<string>(texts).map(([name, text]) => [name, engine.compile(text, options)] as const)
  return Object.fromEntries(made) as Readonly<Record<Name, Template>>
}
