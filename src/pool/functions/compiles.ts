import { Script } from 'node:vm'

/** Whether V8 takes the text for a script. Nothing of it runs. */
export function compiles(text: string): boolean {
  try {
    new Script(text)
    return true
  } catch {
    return false
  }
}
