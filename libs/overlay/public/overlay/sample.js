const texts = {
  en: [
    'acoustic set by candlelight',
    'first song',
    'sing the song that chat picks',
    'encore',
    'the whole evening',
  ],
  de: [
    'Akustik-Set bei Kerzenschein',
    'erstes Lied',
    'das Lied singen, das der Chat wählt',
    'Zugabe',
    'der ganze Abend',
  ],
  ja: ['キャンドルの灯りでアコースティック', '最初の曲', 'チャットが選んだ曲を歌う', 'アンコール', '一晩中'],
};

/** Titles as long as they may be: of many words, of one, and of the widest letters. */
const longest = [
  'a whole evening of songs that nobody has heard for ten years',
  'W'.repeat(60),
  '長い曲名'.repeat(15),
  'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunte',
  'one more 🎤🎶 and another one, and then the very last of them',
];

/** Made-up goals, for a preview without a token. */
export function sampleGoals(now, lang, hasLongTitles) {
  const [set, first, wish, encore, evening] = hasLongTitles ? longest : (texts[lang] ?? texts.en);
  const at = (seconds) => new Date(now + 1000 * seconds).toISOString();
  const goal = (id, more) => ({
    goal_id: id.padStart(24, '0'),
    status: 'active',
    version: 1,
    level: 0,
    progress: 0,
    unit: 'coins',
    context: {},
    nbf: at(-600),
    exp: null,
    completed_at: null,
    outcome: null,
    delivered: null,
    performance: null,
    ...more,
  });
  return [
    goal('1', {
      goal_type: 'karaoke',
      levels: [{ title: wish, target: 500 }],
      progress: 120,
    }),
    goal('2', {
      goal_type: 'show_funding',
      unit: 'tickets',
      levels: [
        { title: set, target: 50 },
        { title: evening, target: 200 },
      ],
      progress: 68,
      level: 1,
      minimum_level: 1,
      outcome: 'open',
      show: { start: 'on_countdown_end' },
      exp: at(2 * 86_400 + 3_700),
    }),
    goal('3', {
      goal_type: 'show',
      unit: 'seconds',
      levels: [
        { title: first, target: 600 },
        { title: encore, target: 1_800 },
      ],
      progress: 754,
      level: 1,
      performance: 'live',
      exp: at(1_405),
    }),
  ];
}
