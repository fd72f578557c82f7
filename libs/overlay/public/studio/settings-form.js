import { settingsTable } from '../overlay/settings.js';

const labels = {
  goals: 'Goals (ids or types, with commas)',
  theme: 'Theme',
  accent: 'Accent',
  font: 'Font of this machine',
  scale: 'Scale',
  position: 'Position',
  layout: 'Layout',
  hold: 'Seconds that a goal stays when it is over',
  sound: 'Sound',
  motion: 'Motion',
  lang: 'Language',
};
const names = { en: 'English', de: 'Deutsch', ja: '日本語' };

/** A field for each setting of the table; `onChange` gets them all whenever one changes. */
export function createSettingsForm(form, onChange) {
  form.append(...Object.entries(settingsTable).map(([name, setting]) => fieldOf(name, setting)));
  const change = () => onChange(valuesOf(form));
  form.addEventListener('input', change);
  form.addEventListener('submit', (event) => event.preventDefault());
  return { change };
}

function valuesOf(form) {
  const values = Object.fromEntries(new FormData(form));
  // A color field always has a color; whether it counts is said beside it.
  if (!form.elements.own_accent.checked) delete values.accent;
  delete values.own_accent;
  return values;
}

function fieldOf(name, setting) {
  const label = document.createElement('label');
  label.append(labels[name] ?? name, ' ', controlOf(name, setting));
  if (name !== 'accent') return label;
  const box = Object.assign(document.createElement('input'), { type: 'checkbox', name: 'own_accent' });
  const own = document.createElement('label');
  own.className = 'check';
  own.append(box, ' A color of my own');
  const group = document.createElement('div');
  group.append(own, label);
  label.querySelector('input').addEventListener('input', () => (box.checked = true));
  return group;
}

function controlOf(name, { choices, least, most, step, default: byDefault }) {
  if (choices) {
    const select = Object.assign(document.createElement('select'), { name });
    select.append(...choices.map((choice) => new Option(names[choice] ?? choice.replace('-', ' '), choice)));
    return select;
  }
  const input = Object.assign(document.createElement('input'), { name });
  if (name === 'accent') Object.assign(input, { type: 'color', value: '#4fd1a1' });
  else if (least !== undefined)
    Object.assign(input, { type: 'number', min: least, max: most, step, value: byDefault });
  else
    Object.assign(input, {
      type: 'text',
      placeholder: name === 'font' ? 'Inter' : 'all',
      autocomplete: 'off',
    });
  return input;
}
