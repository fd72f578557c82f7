/** How the TypeScript of libs, apps and test is compiled where it runs without a build. */
export const swcOptions = {
  jsc: {
    experimental: { keepImportAttributes: true },
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
  module: { type: 'es6' },
};
