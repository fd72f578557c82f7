/** What may import what: data flows one way, each lib is entered through its root. */
const lib = (name, allowed) => ({
  name: `${name}-depends-only-on-what-comes-before-it`,
  severity: 'error',
  from: { path: `^libs/${name}/` },
  to: { path: '^(libs|apps)/', pathNot: [`^libs/${name}/`, ...allowed.map((other) => `^libs/${other}/`)] },
});

/**
 * The folders of libs/goals in the order of the data: each may import those before it, the table of events,
 * the configuration, and the queues of all: what has to be done elsewhere is asked for by a job. */
const goalFolders = [
  'goal',
  'read-goal',
  'create-goal',
  'publishing',
  'lifecycle',
  'handlers',
  'leaderboard',
  'contributions',
  'funding',
  'performance',
  'cancel-goal',
  'edit-goal',
  'end-session',
  'show-access',
  'messages',
  'reconcile',
  'broadcast',
  'rehearse',
];
const goalFolder = (folder, index) => ({
  name: `goals-${folder}-imports-no-folder-after-it`,
  severity: 'error',
  from: { path: `^libs/goals/src/${folder}/`, pathNot: '\\.spec\\.ts$' },
  to: {
    path: '^libs/goals/',
    pathNot: `^libs/goals/src/(?:(?:${goalFolders.slice(0, index + 1).join('|')})/|(?:event-routes|goals\\.config|[^/]+/[^/]+\\.queue)\\.ts$)`,
  },
});
const unlistedGoalFolders = {
  name: 'folders-of-goals-stand-in-the-order',
  severity: 'error',
  from: {},
  to: { path: '^libs/goals/src/[^/]+/', pathNot: `^libs/goals/src/(?:${goalFolders.join('|')})/` },
};

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'libs-are-entered-through-their-root',
      severity: 'error',
      from: { path: '^(?:apps|test|libs/([^/]+))/' },
      to: { path: '^libs/[^/]+/src/.+', pathNot: ['^libs/[^/]+/src/index\\.ts$', '^libs/$1/'] },
    },
    lib('contracts', []),
    lib('platform', ['contracts']),
    lib('messaging', ['contracts', 'platform']),
    lib('audit', ['contracts', 'platform']),
    lib('sessions', ['contracts', 'platform']),
    lib('realtime', ['contracts', 'platform']),
    lib('contributions', ['contracts', 'platform']),
    lib('pusher-server', ['contracts', 'platform']),
    lib('analytics', ['contracts', 'platform']),
    lib('event-log', ['contracts', 'platform', 'sessions']),
    lib('webhooks', ['contracts', 'platform', 'audit', 'sessions', 'event-log']),
    lib('livestream', ['contracts', 'platform', 'sessions', 'realtime', 'contributions']),
    lib('goals', [
      'contracts',
      'platform',
      'messaging',
      'audit',
      'sessions',
      'realtime',
      'contributions',
      'analytics',
      'event-log',
      'webhooks',
      'livestream',
    ]),
    lib('overlay', ['contracts', 'platform', 'audit', 'sessions', 'realtime', 'event-log', 'goals']),
    lib('people', ['contracts', 'platform', 'audit', 'sessions', 'realtime', 'contributions', 'goals']),
    lib('operations', [
      'contracts',
      'platform',
      'messaging',
      'audit',
      'sessions',
      'realtime',
      'event-log',
      'webhooks',
      'goals',
      'people',
      'livestream',
      'analytics',
      'overlay',
    ]),
    lib('local-stack', ['contracts', 'platform']),
    lib('demo', ['contracts', 'platform', 'realtime']),
    lib('viewer-client', []),
    {
      name: 'contracts-need-no-framework',
      severity: 'error',
      from: { path: '^libs/contracts/' },
      to: { dependencyTypes: ['npm'], pathNot: '^node_modules/@nestjs/.+\\.d\\.ts$' },
    },
    {
      name: 'second-app-knows-contracts-and-nest-alone',
      severity: 'error',
      from: { path: '^test/second-app/' },
      to: {
        pathNot:
          '^(test/second-app|libs/contracts)/|^node_modules/@nestjs/(common|core|microservices)/|^events$',
      },
    },
    ...goalFolders.map(goalFolder),
    unlistedGoalFolders,
    {
      name: 'rules-of-goals-need-no-framework',
      severity: 'error',
      from: {
        path: '^libs/goals/src/goal/',
        pathNot: '(schema|store|module|dto|queue|service)\\.ts$|\\.spec\\.ts$',
      },
      to: { dependencyTypes: ['npm'] },
    },
    {
      name: 'mongoose-only-in-schemas-and-stores',
      severity: 'error',
      from: {
        path: '^(apps|libs)/',
        pathNot:
          '(schema|store|module|schemas|stores|indexes)\\.ts$|\\.spec\\.ts$|^libs/(platform/src/mongo|local-stack)/',
      },
      to: { path: '^node_modules/(mongoose|@nestjs/mongoose|mongodb)/' },
    },
    {
      name: 'pusher-only-in-its-driver',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '^libs/realtime/src/pusher/' },
      to: { path: '^node_modules/pusher/' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { conditionNames: ['source', 'import', 'require', 'node', 'default', 'types'] },
  },
};
