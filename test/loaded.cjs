/** Required by a process under test: says at its end which packages it has loaded. */
process.on('exit', () => {
  const names = Object.keys(require.cache).map(
    (file) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1],
  );
  console.log(JSON.stringify([...new Set(names)]));
});
