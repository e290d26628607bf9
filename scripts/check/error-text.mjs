import Mocha from 'mocha'

const { Base } = Mocha.reporters
const LONGEST = 20_000

/** What a person needs to see of an error: its message and stack, what was expected, and what caused it. */
export function errorText(error) {
  if (!(error instanceof Error)) return String(error)
  const parts = [error.stack?.includes(error.message) ? error.stack : `${error.message}\n${error.stack ?? ''}`]
  if (Base.showDiff(error)) parts.push(Base.generateDiff(text(error.actual), text(error.expected)))
  if (error.cause !== undefined) parts.push(`because of ${errorText(error.cause)}`)
  return parts.join('\n').slice(0, LONGEST)
}

function text(value) {
  return typeof value === 'string' ? value : Mocha.utils.stringify(value)
}
