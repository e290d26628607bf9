import { choiceValue, patternValue, textValue } from './values.ts'
import type { Draft } from './draft.ts'

/** Open MPI 5's `--display map,allocation`. Throws ERR_USAGE (exit status 2). */
export function displayEffect(option: string, text: string): Partial<Draft> {
  return text.split(',').reduce<Partial<Draft>>((before, word) => {
    // Modifiers such as :parseable say how it is written.
    const [what = ''] = word.toLowerCase().split(':')
    const choices = ['map', 'map-devel', 'allocation', 'alloc', 'bind', 'bindings', 'topo', 'cpus'] as const
    const choice = choiceValue(option, what, choices)
    if (choice.startsWith('map')) return { ...before, displayMap: true }
    return choice.startsWith('alloc') ? { ...before, displayAllocation: true } : before
  }, {})
}

/** Open MPI 5's `--output tag,timestamp,merge,dir=D,file=F`. Throws ERR_USAGE (exit status 2). */
export function outputEffect(option: string, text: string): Partial<Draft> {
  return text.split(',').reduce<Partial<Draft>>((before, word) => {
    const equals = word.indexOf('=')
    const [name = ''] = (equals < 0 ? word : word.slice(0, equals)).toLowerCase().split(':')
    const [value = ''] = equals < 0 ? [] : word.slice(equals + 1).split(':')
    const choices = [
      'tag',
      'tag-detailed',
      'tag-fullname',
      'rank',
      'timestamp',
      'merge',
      'merge-stderr-to-stdout',
    ] as const
    const more = ['dir', 'directory', 'file', 'filename', 'raw', 'xml'] as const
    const choice = choiceValue(option, name, [...choices, ...more])
    if (choice.startsWith('tag')) return { ...before, outputPrefix: { type: 'tag' } }
    if (choice === 'rank') return { ...before, outputPrefix: { type: 'rank' } }
    if (choice === 'timestamp') return { ...before, timestampOutput: true }
    if (choice.startsWith('merge')) return { ...before, mergeStderr: true }
    if (choice.startsWith('dir')) return { ...before, outputDirectory: textValue(option, value) }
    if (choice.startsWith('file')) {
      // Open MPI adds the rank to the name.
      const file = `${patternValue(option, value)}.%r`
      return { ...before, outfilePattern: `${file}.out`, errfilePattern: `${file}.err` }
    }
    return before
  }, {})
}
