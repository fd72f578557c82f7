export * from './contribution.js';
export * from './events.js';
export * from './goal-class.js';
export * from './goal.js';
export * from './lifecycle.js';
export * from './patterns.js';
export * from './session.js';
