import type { Results } from './conclusions.ts'
import { type Row, sweetSpot } from './speed-up.ts'

const HEADING = 'ranks,nodes,runs,seconds,min,max,speedup,efficiency,serial_fraction'

/** Text of --csv: a heading, and a line for each number of ranks (RFC 4180, with newlines alone). Times in seconds. */
export function csvText({ rows }: Results): string {
  const lines = rows.map((row) => {
    const { ranks, nodes, seconds, median, min, max, speedUp, efficiency, serialFraction } = row
    const figures = [median, min, max, speedUp, efficiency, serialFraction].map((value) => value?.toFixed(6) ?? '')
    return [ranks, nodes, seconds.length, ...figures].join(',')
  })
  return `${[HEADING, ...lines].join('\n')}\n`
}

/** Text of --json: one object. `seconds` has every run that was timed; `serialFraction` is null where one rank was not measured. */
export function jsonText(results: Results, version: string): string {
  const { command, isWeak, repeat, leastEfficiency, rows, isComplete } = results
  const best = sweetSpot(rows, leastEfficiency)
  const object = {
    program: command,
    mode: isWeak ? 'weak' : 'strong',
    time: 'whole command, s',
    repeat,
    complete: isComplete,
    runs: rows.map(runOf),
    sweetSpot:
      best === undefined || rows.length < 2
        ? null
        : { ranks: best.ranks, speedup: best.speedUp, efficiency: best.efficiency, leastEfficiency },
    version,
  }
  return `${JSON.stringify(object, null, 2)}\n`
}

function runOf({ ranks, nodes, seconds, median, min, max, speedUp, efficiency, serialFraction }: Row): object {
  return {
    ranks,
    nodes,
    seconds,
    median,
    min,
    max,
    speedup: speedUp,
    efficiency,
    serialFraction: serialFraction ?? null,
  }
}
