/** What the overlay says, in each language. `{…}` is filled in. */
const languages = {
  en: {
    kinds: {
      show: 'Show',
      show_funding: 'Show tickets',
      karaoke: 'Karaoke',
      exclusive: 'Exclusive',
      trigger_exclusive: 'Exclusive',
      trigger_private: 'Private show',
    },
    units: { tickets: 'tickets', coins: 'coins', votes: 'votes' },
    heading: 'Goals of the stream',
    level: 'Level {number}',
    of: 'of {target} {unit}',
    opens_in: 'Opens in',
    ends_in: 'Ends in',
    show_in: 'Show in',
    show_soon: 'Funded! The show is about to start',
    waits_for_show: 'Not funded yet; the show may still come',
    show_on: 'The show is on',
    show_on_ends: 'The show is on, ends in',
    show_paused: 'Short break',
    show_waits: 'The show is about to start',
    performed: 'performed {time} of {target}',
    delivered: 'The show was delivered. Thank you!',
    returned: 'All tickets are given back',
    show_over: 'The show is over',
    reached: 'Goal reached!',
    ended: 'Ended',
    cancelled: 'Cancelled',
    until_stream_ends: 'Until the stream ends',
    level_reached: '{level} reached!',
    gave: '{name}: {amount} {unit}',
    reconnecting: 'Reconnecting…',
    test: 'TEST',
    d: ' d',
    h: ' h',
    min: ' min',
    month: ' months',
    year: ' years',
    gap: ' ',
  },
  de: {
    kinds: {
      show: 'Show',
      show_funding: 'Tickets zur Show',
      karaoke: 'Karaoke',
      exclusive: 'Exklusiv',
      trigger_exclusive: 'Exklusiv',
      trigger_private: 'Private Show',
    },
    units: { tickets: 'Tickets', coins: 'Coins', votes: 'Stimmen' },
    heading: 'Ziele des Streams',
    level: 'Stufe {number}',
    of: 'von {target} {unit}',
    opens_in: 'Öffnet in',
    ends_in: 'Endet in',
    show_in: 'Show in',
    show_soon: 'Geschafft! Gleich beginnt die Show',
    waits_for_show: 'Noch nicht finanziert; die Show kann noch kommen',
    show_on: 'Die Show läuft',
    show_on_ends: 'Die Show läuft, endet in',
    show_paused: 'Kurze Pause',
    show_waits: 'Gleich beginnt die Show',
    performed: '{time} von {target} gespielt',
    delivered: 'Die Show ist gespielt. Danke!',
    returned: 'Alle Tickets werden erstattet',
    show_over: 'Die Show ist vorbei',
    reached: 'Ziel erreicht!',
    ended: 'Beendet',
    cancelled: 'Abgesagt',
    until_stream_ends: 'Bis zum Ende des Streams',
    level_reached: '{level} erreicht!',
    gave: '{name}: {amount} {unit}',
    reconnecting: 'Verbindung wird wiederhergestellt…',
    test: 'TEST',
    d: ' T',
    h: ' Std',
    min: ' Min',
    month: ' Monate',
    year: ' Jahre',
    gap: ' ',
  },
  ja: {
    kinds: {
      show: 'ショー',
      show_funding: 'ショーのチケット',
      karaoke: 'カラオケ',
      exclusive: '限定',
      trigger_exclusive: '限定',
      trigger_private: 'プライベートショー',
    },
    units: { tickets: '枚', coins: 'コイン', votes: '票' },
    heading: '配信の目標',
    level: 'レベル{number}',
    of: '/ {target} {unit}',
    opens_in: '開始まで',
    ends_in: '終了まで',
    show_in: 'ショーまで',
    show_soon: '達成!まもなくショーが始まります',
    waits_for_show: '未達成ですが、ショーはまだ可能です',
    show_on: 'ショー開催中',
    show_on_ends: 'ショー開催中、終了まで',
    show_paused: '休憩中',
    show_waits: 'まもなくショーが始まります',
    performed: '{target}中{time}上演',
    delivered: 'ショーが終了しました。ありがとう!',
    returned: 'チケットは全て返金されます',
    show_over: 'ショーは終了しました',
    reached: '目標達成!',
    ended: '終了',
    cancelled: '中止',
    until_stream_ends: '配信終了まで',
    level_reached: '{level} 達成!',
    gave: '{name}さん:{amount}{unit}',
    reconnecting: '再接続中…',
    test: 'テスト',
    d: '日',
    h: '時間',
    min: '分',
    month: 'か月',
    year: '年',
    gap: '',
  },
};

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
/** A number from here on is shortened: 12.5M. */
const shortFrom = 10_000_000;

const two = (value) => String(value).padStart(2, '0');

/** What to say in a language, and how numbers and times are written in it. */
export function wordsIn(lang) {
  const words = languages[lang] ?? languages.en;
  const whole = new Intl.NumberFormat(lang);
  const short = new Intl.NumberFormat(lang, { notation: 'compact', maximumFractionDigits: 1 });

  const say = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '').trim();
  const number = (value) => (value >= shortFrom ? short : whole).format(value);

  /** A time left as people say it: 2 d 1 h, 3 h 5 min, 4:09. */
  function duration(ms) {
    const left = Math.max(0, Math.ceil(ms / second)) * second;
    const parts = (...pairs) =>
      pairs
        .filter(([value], index) => index === 0 || value > 0)
        .map(([value, unit]) => `${whole.format(value)}${words[unit]}`)
        .join(words.gap);
    if (left >= 730 * day) return parts([Math.floor(left / (365 * day)), 'year']);
    if (left >= 60 * day) return parts([Math.floor(left / (30 * day)), 'month']);
    if (left >= day) return parts([Math.floor(left / day), 'd'], [Math.floor((left % day) / hour), 'h']);
    if (left >= hour)
      return parts([Math.floor(left / hour), 'h'], [Math.floor((left % hour) / minute), 'min']);
    return clock(left / second);
  }

  /** An amount in the unit of a goal; seconds as a clock. */
  const amount = (unit, value) => (unit === 'seconds' ? clock(value) : number(value));
  const unitOf = (unit) => (unit === 'seconds' || unit === null ? '' : (words.units[unit] ?? unit));
  const kindOf = (goalType) => words.kinds[goalType] ?? '';
  /** The title of a level, or its number. */
  const levelName = (level, index) => level?.title ?? say('level', { number: index + 1 });

  return { say, number, duration, amount, unitOf, kindOf, levelName };
}

/** Seconds as 4:09 or 1:04:09. */
function clock(seconds) {
  const whole = Math.floor(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
