import { readFileSync } from 'node:fs';
import { appVariables as variables } from './app-config.js';

/** The lines of the file that set a variable, whether they are commented out or not. */
function settings(): Map<string, string> {
  const text = readFileSync('.env.example', 'utf8');
  const lines = text.matchAll(/^(?:# )?([A-Z][A-Z0-9_]*)=(.*)$/gm);
  return new Map([...lines].map(([, name = '', value = '']) => [name, value]));
}

describe('.env.example', () => {
  it('has every variable that a process reads, and no other', () => {
    expect([...settings().keys()].toSorted()).toEqual(Object.keys(variables).toSorted());
  });

  it('shows the default of each that has one', () => {
    const shown = settings();
    for (const [name, spec] of Object.entries(variables)) {
      const { default: value } = spec as { default?: string | number | boolean };
      if (value !== undefined) expect([name, shown.get(name)]).toEqual([name, String(value)]);
    }
  });
});
