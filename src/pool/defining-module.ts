import { Session } from 'node:inspector'
import type { AnyFunction } from './task-registry.ts'

/**
 * URL of the file that defines a function, as V8's debugger knows it; undefined where it cannot tell. Takes some 20 ms, so it is for functions
 * that nothing else has found: exports of ES modules, whose list Node does not give.
 */
export function definingUrl(fn: AnyFunction): string | undefined {
  const holder = globalThis as { [KEY]?: AnyFunction }
  const session = new Session()
  try {
    session.connect()
    const urls = new Map<string, string>()
    session.on('Debugger.scriptParsed', ({ params }) => void urls.set(params.scriptId, params.url))
    session.post('Debugger.enable')
    holder[KEY] = fn
    let scriptId: string | undefined
    session.post('Runtime.evaluate', { expression: `globalThis[${JSON.stringify(KEY)}]` }, (_error, evaluated) => {
      const { objectId } = evaluated.result
      if (objectId === undefined) return
      session.post('Runtime.getProperties', { objectId, ownProperties: true }, (_failed, properties) => {
        const location = properties.internalProperties?.find(({ name }) => name === '[[FunctionLocation]]')
        scriptId = (location?.value?.value as { scriptId?: string } | undefined)?.scriptId
      })
    })
    return scriptId === undefined ? undefined : urls.get(scriptId)
  } catch {
    // No inspector in this build of Node.
    return undefined
  } finally {
    delete holder[KEY]
    session.disconnect()
  }
}

const KEY = 'mpirun-ts: function in question'
