// A plugin of oxlint: imports follow the table of layers.mjs, those of types too.
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { wrongImport, wrongPackage } from './layers.mjs'

const src = fileURLToPath(new URL('../../src', import.meta.url))

const imports = {
  create(context) {
    const file = relative(src, context.filename).split(sep).join('/')
    if (file.startsWith('..')) return {}
    const check = ({ source }) => {
      if (typeof source?.value !== 'string') return
      const specifier = source.value
      const wrong = specifier.startsWith('.')
        ? wrongImport(
            file,
            relative(src, join(dirname(context.filename), specifier))
              .split(sep)
              .join('/'),
          )
        : wrongPackage(file, specifier)
      if (wrong !== null) context.report({ node: source, message: `${wrong}: docs/architecture.md#layers` })
    }
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      TSImportType: check,
    }
  },
}

export default { meta: { name: 'layers' }, rules: { imports } }
